import type { Updateable } from 'kysely';
import { prepared } from '#store/prepared.ts';
import type {
  CapsuleKoTable,
  CapsuleState,
  CapsuleTable,
  CapsuleWrapTable,
  ContentLinkTable,
  RehearsalTable,
} from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Rows of capsules and of what hangs on them. */

export async function insertCapsule(tx: Tx, capsule: CapsuleTable, wraps: readonly CapsuleWrapTable[]): Promise<void> {
  await tx.db.insertInto('capsule').values(capsule).execute();
  await tx.db
    .insertInto('capsule_wrap')
    .values([...wraps])
    .execute();
}

const byId = prepared((db, { id }: { id: string }) => db.selectFrom('capsule').selectAll().where('id', '=', id));

export const findCapsule = (h: Handle, id: string): Promise<CapsuleTable | undefined> => byId.first(h, { id });

export const capsuleByUpload = (h: Handle, uploadIndex: string): Promise<CapsuleTable | undefined> =>
  h.db.selectFrom('capsule').selectAll().where('upload_index', '=', uploadIndex).executeTakeFirst();

/** The newest version of one bid, withdrawn ones included. */
export const newestOfSlot = (h: Handle, slotIndex: string): Promise<CapsuleTable | undefined> =>
  h.db
    .selectFrom('capsule')
    .selectAll()
    .where('slot_index', '=', slotIndex)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();

export const capsuleByContent = (
  h: Handle,
  contentIndex: string,
  ownerIndex: string,
): Promise<CapsuleTable | undefined> =>
  h.db
    .selectFrom('capsule')
    .selectAll()
    .where('content_index', '=', contentIndex)
    .where('owner_index', '=', ownerIndex)
    .orderBy('sealed_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** In the order of their ids, which says nothing. Only after the gate. */
export const capsulesOf = (h: Handle, openingId: string, states: readonly CapsuleState[]): Promise<CapsuleTable[]> =>
  h.db
    .selectFrom('capsule')
    .selectAll()
    .where('opening_id', '=', openingId)
    .where('state', 'in', [...states])
    .orderBy('id')
    .execute();

/** Compare and set on the state; undefined when it is in none of `states`. */
export const changeCapsule = (
  tx: Tx,
  id: string,
  states: readonly CapsuleState[],
  change: Updateable<CapsuleTable>,
): Promise<CapsuleTable | undefined> =>
  tx.db
    .updateTable('capsule')
    .set(change)
    .where('id', '=', id)
    .where('state', 'in', [...states])
    .returningAll()
    .executeTakeFirst();

const wraps = prepared((db, { capsuleId }: { capsuleId: string }) =>
  db.selectFrom('capsule_wrap').selectAll().where('capsule_id', '=', capsuleId).orderBy('created_at').orderBy('id'),
);

export const wrapsOf = (h: Handle, capsuleId: string): Promise<CapsuleWrapTable[]> => wraps.all(h, { capsuleId });

export async function insertWrap(tx: Tx, row: CapsuleWrapTable): Promise<void> {
  await tx.db.insertInto('capsule_wrap').values(row).execute();
}

/** Capsules still closed that can only be opened with one of these keys. */
export const sealedForKeys = (
  h: Handle,
  keyIndexes: readonly string[],
): Promise<{ id: string; opening_id: string; owner_index: string; key: string }[]> =>
  keyIndexes.length === 0
    ? Promise.resolve([])
    : h.db
        .selectFrom('capsule_wrap')
        .innerJoin('capsule', 'capsule.id', 'capsule_wrap.capsule_id')
        .innerJoin('opening', 'opening.id', 'capsule.opening_id')
        .select(['capsule.id', 'capsule.opening_id', 'capsule.owner_index', 'capsule_wrap.spki_index as key'])
        .where('capsule_wrap.kind', '=', 'bidder')
        .where('capsule_wrap.spki_index', 'in', [...keyIndexes])
        .where('capsule.state', '=', 'sealed')
        .where('opening.ended_at', 'is', null)
        .execute();

export const bidderKeysOf = async (h: Handle, capsuleIds: readonly string[]): Promise<Map<string, Set<string>>> => {
  const found = new Map<string, Set<string>>();
  if (capsuleIds.length === 0) return found;
  const rows = await h.db
    .selectFrom('capsule_wrap')
    .select(['capsule_id', 'spki_index'])
    .where('kind', '=', 'bidder')
    .where('capsule_id', 'in', [...capsuleIds])
    .execute();
  for (const row of rows) {
    const keys = found.get(row.capsule_id) ?? new Set<string>();
    found.set(row.capsule_id, keys.add(row.spki_index));
  }
  return found;
};

/** Capsules of an opening that wait for a key of this certificate: what a bidder who is in the hall may open. */
export const sealedForKey = async (h: Handle, openingId: string, keyIndex: string): Promise<string[]> => {
  const rows = await h.db
    .selectFrom('capsule_wrap')
    .innerJoin('capsule', 'capsule.id', 'capsule_wrap.capsule_id')
    .select('capsule.id')
    .distinct()
    .where('capsule.opening_id', '=', openingId)
    .where('capsule_wrap.kind', '=', 'bidder')
    .where('capsule_wrap.spki_index', '=', keyIndex)
    .where('capsule.state', 'in', ['sealed', 'opened', 'failed'])
    .orderBy('capsule.id')
    .execute();
  return rows.map((row) => row.id);
};

const koOf = prepared((db, { capsuleId }: { capsuleId: string }) =>
  db.selectFrom('capsule_ko').selectAll().where('capsule_id', '=', capsuleId),
);

export const findKo = (h: Handle, capsuleId: string): Promise<CapsuleKoTable | undefined> =>
  koOf.first(h, { capsuleId });

const BATCH = 500;

export async function insertKos(tx: Tx, rows: readonly CapsuleKoTable[]): Promise<void> {
  for (let at = 0; at < rows.length; at += BATCH)
    await tx.db
      .insertInto('capsule_ko')
      .values(rows.slice(at, at + BATCH))
      .onConflict((conflict) => conflict.column('capsule_id').doNothing())
      .execute();
}

export async function insertRehearsal(tx: Tx, row: RehearsalTable): Promise<void> {
  await tx.db.insertInto('rehearsal').values(row).execute();
}

export const findRehearsal = (h: Handle, id: string): Promise<RehearsalTable | undefined> =>
  h.db.selectFrom('rehearsal').selectAll().where('id', '=', id).executeTakeFirst();

export const rehearsalsOf = (h: Handle, capsuleId: string): Promise<RehearsalTable[]> =>
  h.db
    .selectFrom('rehearsal')
    .selectAll()
    .where('capsule_id', '=', capsuleId)
    .where('verdict', 'is not', null)
    .orderBy('ended_at', 'desc')
    .limit(20)
    .execute();

/** False: it was ended by another call. */
export async function endRehearsal(
  tx: Tx,
  id: string,
  end: { readonly verdict: 'good' | 'bad'; readonly wrapId: string },
  at: number,
): Promise<boolean> {
  const result = await tx.db
    .updateTable('rehearsal')
    .set({ verdict: end.verdict, wrap_id: end.wrapId, ended_at: at, test_sealed: '' })
    .where('id', '=', id)
    .where('verdict', 'is', null)
    .where('expires_at', '>', at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function insertLink(tx: Tx, row: ContentLinkTable): Promise<void> {
  await tx.db.insertInto('content_link').values(row).execute();
}

/** Takes the link out of circulation: of any number of parallel calls one gets the row. */
export const useLink = (tx: Tx, tokenIndex: string, now: number): Promise<ContentLinkTable | undefined> =>
  tx.db
    .updateTable('content_link')
    .set({ used_at: now })
    .where('token_index', '=', tokenIndex)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();

/** Random values and tests whose time is over; keys of contents nobody may fetch any more. */
export async function eraseOverdue(tx: Tx, now: number, keysBefore: number): Promise<void> {
  await tx.db
    .updateTable('rehearsal')
    .set({ test_sealed: '' })
    .where('expires_at', '<=', now)
    .where('test_sealed', '<>', '')
    .execute();
  await tx.db
    .updateTable('capsule')
    .set({ key_sealed: null })
    .where('key_sealed', 'is not', null)
    .where('updated_at', '<=', keysBefore)
    .execute();
}

/** Asked before a transaction is begun for it: mostly there is nothing. */
export async function anythingToErase(h: Handle, now: number, keysBefore: number): Promise<boolean> {
  const test = await h.db
    .selectFrom('rehearsal')
    .select('id')
    .where('expires_at', '<=', now)
    .where('test_sealed', '<>', '')
    .limit(1)
    .executeTakeFirst();
  if (test !== undefined) return true;
  const key = await h.db
    .selectFrom('capsule')
    .select('id')
    .where('key_sealed', 'is not', null)
    .where('updated_at', '<=', keysBefore)
    .limit(1)
    .executeTakeFirst();
  return key !== undefined;
}
