import { HubError } from '#kernel/errors.ts';
import type { FieldCipher, Place } from '#store/field-cipher.ts';
import type { DB } from '#store/schema.ts';
import type { Store } from '#store/store.ts';

/** Tables with sealed columns, as the red team names them: what the master key gives. */
const TABLES: readonly (keyof DB)[] = [
  'opening',
  'opening_lot',
  'opening_person',
  'opening_event',
  'capsule',
  'capsule_wrap',
  'release_share',
  'hub_key',
  'unit_secret',
  'interaction',
  'outbox',
  'ciphertext',
];

/** Every sealed value that opens with the hub's own keys, by column; how many there were of each. */
export async function openSealed(
  store: Store,
  cipher: FieldCipher,
  take: (place: Place, value: Uint8Array) => void,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of TABLES) {
    const rows = (await store.read.db.selectFrom(table).selectAll().execute()) as unknown as Record<string, unknown>[];
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (!column.endsWith('_sealed') || typeof value !== 'string' || value === '') continue;
        const place: Place = { table, row: String(row['id']), column };
        try {
          take(place, cipher.open(place, value));
          counts.set(`${table}.${column}`, (counts.get(`${table}.${column}`) ?? 0) + 1);
        } catch (error) {
          if (!(error instanceof HubError)) throw error; // bound to another place than its row's id
        }
      }
    }
  }
  return counts;
}
