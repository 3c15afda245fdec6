import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { hex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';
import type { FieldCipher, Place } from './field-cipher.ts';
import type { HubKeyTable } from './schema.ts';
import type { Handle, Store } from './store.ts';

export interface HubKey {
  readonly id: string;
  readonly key: Sm2PrivateKey;
}

interface Deps {
  readonly gm: Gm;
  readonly cipher: FieldCipher;
  readonly clock: Clock;
  readonly random: Random;
}

const place = (id: string): Place => ({ table: 'hub_key', row: id, column: 'private_sealed' });

/** The hub's own live SM2 key for a purpose, made at first use. Processes that race get the same one. */
export async function loadHubKey(store: Store, deps: Deps, purpose: HubKeyTable['purpose']): Promise<HubKey> {
  const known = await find(store.read, deps, purpose);
  if (known) return known;
  const key = deps.gm.sm2.generateKey();
  const id = newId('key', deps.random);
  return store.tx(async (tx) => {
    const winner = await find(tx, deps, purpose);
    if (winner) return winner;
    const row: HubKeyTable = {
      id,
      purpose,
      public_point: hex(key.publicKey.point),
      private_sealed: deps.cipher.seal(place(id), deps.gm.sm2.exportPrivate(key)),
      status: 'live',
      created_at: deps.clock.now(),
    };
    await tx.db.insertInto('hub_key').values(row).execute();
    return { id, key };
  });
}

/** Public points (hex) of every key of a purpose, retired ones too, by id: what a verifier needs. */
export async function hubPublicKeys(h: Handle, purpose: HubKeyTable['purpose']): Promise<Map<string, string>> {
  const rows = await h.db.selectFrom('hub_key').select(['id', 'public_point']).where('purpose', '=', purpose).execute();
  return new Map(rows.map((row) => [row.id, row.public_point]));
}

async function find(h: Handle, deps: Deps, purpose: HubKeyTable['purpose']): Promise<HubKey | undefined> {
  const row = await h.db
    .selectFrom('hub_key')
    .selectAll()
    .where('purpose', '=', purpose)
    .where('status', '=', 'live')
    .executeTakeFirst();
  if (!row) return undefined;
  const key = deps.gm.sm2.importPrivate(deps.cipher.open(place(row.id), row.private_sealed));
  if (!key) throw new HubError('INTERNAL', `hub key ${row.id} is out of range`);
  // A swapped public point would make every signature of this key look false, or another key look like ours.
  if (hex(key.publicKey.point) !== row.public_point)
    throw new HubError('INTERNAL', `hub key ${row.id} does not match its point`);
  return { id: row.id, key };
}
