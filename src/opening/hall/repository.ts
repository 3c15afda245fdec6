import { sql, type Updateable } from 'kysely';
import type {
  HallActTable,
  HallFactTable,
  HallLotEndTable,
  HallProposalTable,
  HallResponseTable,
  HallSeatTable,
  HallTable,
} from '#store/schema-hall.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Rows of the hall, as they stand. */

export const findHall = (h: Handle, openingId: string): Promise<HallTable | undefined> =>
  h.db.selectFrom('hall').selectAll().where('opening_id', '=', openingId).executeTakeFirst();

export const versionsOfHalls = (h: Handle, ids: readonly string[]): Promise<{ id: string; version: number }[]> =>
  h.db
    .selectFrom('opening')
    .leftJoin('hall', 'hall.opening_id', 'opening.id')
    .select(['opening.id', sql<number>`opening.version + coalesce(hall.version, 0)`.as('version')])
    .where('opening.id', 'in', [...ids])
    .execute();

/** Raises the hall's version, and makes its row where there is none; returns the row as it is then. */
export async function touchHall(
  tx: Tx,
  openingId: string,
  now: number,
  change: Updateable<HallTable> = {},
): Promise<HallTable> {
  const fresh: HallTable = {
    opening_id: openingId,
    version: 1,
    closed_at: null,
    confirm_until: null,
    minutes_sealed: null,
    minutes_digest: null,
    minutes_signature: null,
    minutes_key_id: null,
    finished_at: null,
    beat_at: null,
    created_at: now,
    updated_at: now,
    ...(change as Partial<HallTable>),
  };
  return tx.db
    .insertInto('hall')
    .values(fresh)
    .onConflict((on) =>
      on.column('opening_id').doUpdateSet({ ...change, version: sql<number>`hall.version + 1`, updated_at: now }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Set once: false when it was set before. */
export async function closeHall(tx: Tx, openingId: string, now: number, confirmUntil: number): Promise<boolean> {
  await touchHall(tx, openingId, now);
  const result = await tx.db
    .updateTable('hall')
    .set({ closed_at: now, confirm_until: confirmUntil })
    .where('opening_id', '=', openingId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function finishHall(
  tx: Tx,
  openingId: string,
  minutes: Pick<
    HallTable,
    'minutes_sealed' | 'minutes_digest' | 'minutes_signature' | 'minutes_key_id' | 'finished_at'
  >,
): Promise<boolean> {
  const result = await tx.db
    .updateTable('hall')
    .set(minutes)
    .where('opening_id', '=', openingId)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Quiet: no page needs to know. */
export const beatHall = (tx: Tx, openingId: string, now: number): Promise<unknown> =>
  tx.db.updateTable('hall').set({ beat_at: now }).where('opening_id', '=', openingId).execute();

export async function insertSeat(tx: Tx, row: HallSeatTable): Promise<void> {
  await tx.db.insertInto('hall_seat').values(row).execute();
}

export const findSeat = (h: Handle, id: string): Promise<HallSeatTable | undefined> =>
  h.db.selectFrom('hall_seat').selectAll().where('id', '=', id).executeTakeFirst();

export const seatOfBrowser = (h: Handle, browserIndex: string, now: number): Promise<HallSeatTable | undefined> =>
  h.db
    .selectFrom('hall_seat')
    .selectAll()
    .where('browser_index', '=', browserIndex)
    .where('state', '=', 'taken')
    .where('ends_at', '>', now)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Of this browser in this opening: one person sits here at a time. */
export const leaveSeats = (tx: Tx, browserIndex: string, now: number): Promise<unknown> =>
  tx.db
    .updateTable('hall_seat')
    .set({ state: 'left', updated_at: now })
    .where('browser_index', '=', browserIndex)
    .where('state', '=', 'taken')
    .execute();

export async function insertAct(tx: Tx, row: HallActTable): Promise<void> {
  await tx.db.insertInto('hall_act').values(row).execute();
}

export async function endAct(tx: Tx, id: string, state: 'done' | 'refused', proofSealed: string, now: number) {
  const result = await tx.db
    .updateTable('hall_act')
    .set({ state, proof_sealed: proofSealed, done_at: now })
    .where('id', '=', id)
    .where('state', '=', 'asked')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function insertProposal(tx: Tx, row: HallProposalTable): Promise<void> {
  await tx.db.insertInto('hall_proposal').values(row).execute();
}

export const proposalsOf = (h: Handle, openingId: string): Promise<HallProposalTable[]> =>
  h.db
    .selectFrom('hall_proposal')
    .selectAll()
    .where('opening_id', '=', openingId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();

export const findProposal = (h: Handle, openingId: string, id: string): Promise<HallProposalTable | undefined> =>
  h.db
    .selectFrom('hall_proposal')
    .selectAll()
    .where('opening_id', '=', openingId)
    .where('id', '=', id)
    .executeTakeFirst();

/** One conditional UPDATE: a proposal is decided once, by somebody else than who proposed it, in time. */
export async function decideProposal(
  tx: Tx,
  id: string,
  state: 'confirmed' | 'refused',
  by: { index: string; sealed: string },
  now: number,
): Promise<boolean> {
  const result = await tx.db
    .updateTable('hall_proposal')
    .set({ state, decider_index: by.index, decision_sealed: by.sealed, decided_at: now })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('proposer_index', '<>', by.index)
    .where('lapses_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function withdrawProposal(tx: Tx, id: string, proposerIndex: string, now: number): Promise<boolean> {
  const result = await tx.db
    .updateTable('hall_proposal')
    .set({ state: 'withdrawn', decided_at: now })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('proposer_index', '=', proposerIndex)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Those whose time is over; returns their openings. */
export async function lapseProposals(tx: Tx, now: number): Promise<{ id: string; openingId: string }[]> {
  return tx.db
    .updateTable('hall_proposal')
    .set({ state: 'lapsed', decided_at: now })
    .where('state', '=', 'waiting')
    .where('lapses_at', '<=', now)
    .returning(['id', 'opening_id as openingId'])
    .execute();
}

export const anyLapsing = async (h: Handle, now: number): Promise<boolean> =>
  (await h.db
    .selectFrom('hall_proposal')
    .select('id')
    .where('state', '=', 'waiting')
    .where('lapses_at', '<=', now)
    .limit(1)
    .executeTakeFirst()) !== undefined;

/** false: the lot had been ended before. */
export async function insertLotEnd(tx: Tx, row: HallLotEndTable): Promise<boolean> {
  const result = await tx.db
    .insertInto('hall_lot_end')
    .values(row)
    .onConflict((on) => on.columns(['opening_id', 'lot_id']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) === 1n;
}

export const lotEndsOf = (h: Handle, openingId: string): Promise<HallLotEndTable[]> =>
  h.db.selectFrom('hall_lot_end').selectAll().where('opening_id', '=', openingId).execute();

/** false: the same had been noted before. */
export async function insertFact(tx: Tx, row: HallFactTable): Promise<boolean> {
  const result = await tx.db
    .insertInto('hall_fact')
    .values(row)
    .onConflict((on) => on.column('once_index').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) === 1n;
}

/** Oldest first. */
export const factIdsOf = async (h: Handle, openingId: string): Promise<string[]> =>
  (
    await h.db
      .selectFrom('hall_fact')
      .select('id')
      .where('opening_id', '=', openingId)
      .orderBy('at')
      .orderBy('id')
      .execute()
  ).map(({ id }) => id);

export const factsNamed = (h: Handle, ids: readonly string[]): Promise<HallFactTable[]> =>
  h.db
    .selectFrom('hall_fact')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();

/** false: this bid's bidder has spoken already. */
export async function insertResponse(tx: Tx, row: HallResponseTable): Promise<boolean> {
  const result = await tx.db
    .insertInto('hall_response')
    .values(row)
    .onConflict((on) => on.columns(['opening_id', 'bid_id']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) === 1n;
}

export const responsesOf = (h: Handle, openingId: string): Promise<HallResponseTable[]> =>
  h.db.selectFrom('hall_response').selectAll().where('opening_id', '=', openingId).orderBy('at').execute();

export async function answerResponse(tx: Tx, openingId: string, bidId: string, sealed: string, now: number) {
  const result = await tx.db
    .updateTable('hall_response')
    .set({ answer_sealed: sealed, answered_at: now })
    .where('opening_id', '=', openingId)
    .where('bid_id', '=', bidId)
    .where('kind', '=', 'objected')
    .where('answer_sealed', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Openings whose window runs: the hub leaves its sign of life there. */
export const openingsReleased = (h: Handle): Promise<{ id: string; windowEndsAt: number; beatAt: number | null }[]> =>
  h.db
    .selectFrom('opening')
    .leftJoin('hall', 'hall.opening_id', 'opening.id')
    .select(['opening.id as id', 'opening.window_ends_at as windowEndsAt', 'hall.beat_at as beatAt'])
    .where('opening.state', '=', 'released')
    .where('opening.ended_at', 'is', null)
    .where('hall.closed_at', 'is', null)
    .execute()
    .then((rows) =>
      rows.flatMap((row) => (row.windowEndsAt === null ? [] : [{ ...row, windowEndsAt: row.windowEndsAt }])),
    );

/** Sealed capsules of an opening whose bidder's half is wrapped to a certificate of this subscriber. */
export const sealedOfSubscriber = async (h: Handle, openingId: string, subscriberId: string): Promise<string[]> => {
  const found = await h.db
    .selectFrom('capsule')
    .innerJoin('capsule_wrap', 'capsule_wrap.capsule_id', 'capsule.id')
    .innerJoin('certificate', 'certificate.spki_index', 'capsule_wrap.spki_index')
    .select('capsule.id')
    .distinct()
    .where('capsule.opening_id', '=', openingId)
    .where('capsule.state', '=', 'sealed')
    .where('capsule_wrap.kind', '=', 'bidder')
    .where('certificate.subscriber_id', '=', subscriberId)
    .orderBy('capsule.id')
    .execute();
  return found.map((row) => row.id);
};

/** Whether anything reached anybody outside since then. */
export const deliveredSince = async (h: Handle, since: number): Promise<boolean> =>
  (await h.db
    .selectFrom('outbox')
    .select('id')
    .where('state', '=', 'delivered')
    .where('done_at', '>=', since)
    .limit(1)
    .executeTakeFirst()) !== undefined;
