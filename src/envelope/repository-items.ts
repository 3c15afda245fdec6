import type { Updateable } from 'kysely';
import { prepared } from '#store/prepared.ts';
import type { DecryptItemTable } from '#store/schema-envelope.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Without the ciphertext: it may be a megabyte, and only opening needs it. */
export type ItemRow = Omit<DecryptItemTable, 'body_sealed'>;
export type ItemState = DecryptItemTable['state'];

const COLUMNS = [
  'decrypt_item.id',
  'decrypt_item.interaction_id',
  'decrypt_item.unit_id',
  'decrypt_item.place',
  'decrypt_item.kind',
  'decrypt_item.state',
  'decrypt_item.ciphertext_id',
  'decrypt_item.capsule_id',
  'decrypt_item.words_sealed',
  'decrypt_item.wraps_sealed',
  'decrypt_item.bytes',
  'decrypt_item.opened_by',
  'decrypt_item.opened_at',
  'decrypt_item.outbox_id',
  'decrypt_item.held_by',
  'decrypt_item.held_until',
  'decrypt_item.refusal_code',
  'decrypt_item.refusal_sealed',
  'decrypt_item.updated_at',
] as const;

const insertion = prepared((db, row: DecryptItemTable) => db.insertInto('decrypt_item').values(row));

export async function insertItem(tx: Tx, row: DecryptItemTable, recipientIndexes: readonly string[]): Promise<void> {
  await insertion.run(tx, row);
  const recipients = [...new Set(recipientIndexes)].map((recipient_index) => ({ item_id: row.id, recipient_index }));
  if (recipients.length > 0) await tx.db.insertInto('decrypt_recipient').values(recipients).execute();
}

export async function bodyOf(h: Handle, id: string): Promise<string> {
  const row = await h.db.selectFrom('decrypt_item').select('body_sealed').where('id', '=', id).executeTakeFirst();
  return row?.body_sealed ?? '';
}

const ownItems = prepared((db, { interactionId }: { interactionId: string }) =>
  db.selectFrom('decrypt_item').select(COLUMNS).where('interaction_id', '=', interactionId).orderBy('place'),
);

export const itemsOf = (h: Handle, interactionId: string): Promise<ItemRow[]> => ownItems.all(h, { interactionId });

const openedHere = prepared((db, { interactionId }: { interactionId: string }) =>
  db
    .selectFrom('decrypt_item')
    .select(COLUMNS)
    .where('opened_by', '=', interactionId)
    .where('interaction_id', '!=', interactionId)
    .orderBy('updated_at')
    .orderBy('id'),
);

/** Items of other interactions that were opened on this one's page. */
export const itemsOpenedBy = (h: Handle, interactionId: string): Promise<ItemRow[]> =>
  openedHere.all(h, { interactionId });

interface SiblingsOf {
  readonly interactionId: string;
  readonly unitId: string;
  readonly now: number;
  readonly limit: number;
}

const siblings = prepared((db, { interactionId, unitId, now, limit }: SiblingsOf) =>
  db
    .selectFrom('decrypt_item')
    .innerJoin('interaction', 'interaction.id', 'decrypt_item.interaction_id')
    .select(COLUMNS)
    .where('decrypt_item.id', 'in', (e) =>
      e
        .selectFrom('decrypt_recipient as other')
        .innerJoin('decrypt_recipient as own', 'own.recipient_index', 'other.recipient_index')
        .innerJoin('decrypt_item as mine', 'mine.id', 'own.item_id')
        .select('other.item_id')
        .where('mine.interaction_id', '=', interactionId),
    )
    .where('decrypt_item.interaction_id', '!=', interactionId)
    .where('decrypt_item.unit_id', '=', unitId)
    .where('decrypt_item.state', 'in', ['waiting', 'failed'])
    .where('interaction.kind', '=', 'decrypt')
    .where('interaction.state', 'in', ['open', 'claimed'])
    .where('interaction.expires_at', '>', now)
    .orderBy('interaction.created_at')
    .orderBy('decrypt_item.place')
    .limit(limit),
);

/** Waiting items of the unit's other live interactions that one of this interaction's recipients opens, oldest first. */
export const siblingItems = (
  h: Handle,
  of: { interactionId: string; unitId: string },
  now: number,
  limit: number,
): Promise<ItemRow[]> => siblings.all(h, { interactionId: of.interactionId, unitId: of.unitId, now, limit });

/** One conditional UPDATE: of any number of callers one wins. undefined: the item was in none of these states. */
export const changeItem = (
  tx: Tx,
  id: string,
  states: readonly ItemState[],
  change: Updateable<DecryptItemTable>,
): Promise<ItemRow | undefined> =>
  tx.db
    .updateTable('decrypt_item')
    .set(change)
    .where('id', '=', id)
    .where('state', 'in', [...states])
    .returning(COLUMNS)
    .executeTakeFirst();

/** The ciphertexts of an interaction that is over. */
export const eraseBodies = (tx: Tx, interactionId: string, at: number): Promise<unknown> =>
  tx.db
    .updateTable('decrypt_item')
    .set({ body_sealed: '', wraps_sealed: '', updated_at: at })
    .where('interaction_id', '=', interactionId)
    .execute();

/** "Still here": for the items whose content this process holds in memory. */
export const keepHolding = (tx: Tx, holder: string, ids: readonly string[], until: number): Promise<unknown> =>
  tx.db
    .updateTable('decrypt_item')
    .set({ held_until: until })
    .where('held_by', '=', holder)
    .where('id', 'in', [...ids])
    .execute();

/** Opened items whose content was held by a process that is gone. */
export const lostItems = (h: Handle, now: number, limit: number): Promise<ItemRow[]> =>
  h.db
    .selectFrom('decrypt_item')
    .select(COLUMNS)
    .where('state', '=', 'opened')
    .where('held_by', 'is not', null)
    .where('held_until', '<', now)
    .limit(limit)
    .execute();

const BATCH = 500;

/** Live interactions with an item of one of these capsules, and their messages that are still under way. */
export async function prolong(tx: Tx, capsules: readonly string[], endsAt: number, now: number): Promise<void> {
  for (let at = 0; at < capsules.length; at += BATCH) {
    const some = capsules.slice(at, at + BATCH);
    const owners = tx.db.selectFrom('decrypt_item').select('interaction_id').where('capsule_id', 'in', some);
    await tx.db
      .updateTable('interaction')
      .set((eb) => ({ expires_at: endsAt, version: eb('version', '+', 1), updated_at: now }))
      .where('kind', '=', 'decrypt')
      .where('state', 'in', ['open', 'claimed', 'proved'])
      .where('expires_at', '>', now)
      .where('expires_at', '<', endsAt)
      .where('id', 'in', owners)
      .execute();
    await tx.db
      .updateTable('outbox')
      .set({ deadline_at: endsAt })
      .where('kind', '=', 'decrypt.opened')
      .where('state', '=', 'pending')
      .where('deadline_at', '<', endsAt)
      .where('interaction_id', 'in', owners)
      .execute();
  }
}
