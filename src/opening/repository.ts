import { sql, type Updateable } from 'kysely';
import { prepared } from '#store/prepared.ts';
import type { OpeningLotTable, OpeningPersonTable, OpeningState, OpeningTable } from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Rows of openings, lots and persons, as they stand. */

export async function insertOpening(
  tx: Tx,
  rows: { opening: OpeningTable; lots: readonly OpeningLotTable[]; persons: readonly OpeningPersonTable[] },
): Promise<void> {
  await tx.db.insertInto('opening').values(rows.opening).execute();
  await tx.db
    .insertInto('opening_lot')
    .values([...rows.lots])
    .execute();
  if (rows.persons.length > 0)
    await tx.db
      .insertInto('opening_person')
      .values([...rows.persons])
      .execute();
}

const byId = prepared((db, { id }: { id: string }) => db.selectFrom('opening').selectAll().where('id', '=', id));

export const findOpening = (h: Handle, id: string): Promise<OpeningTable | undefined> => byId.first(h, { id });

export const openingByTask = (h: Handle, taskIndex: string): Promise<OpeningTable | undefined> =>
  h.db.selectFrom('opening').selectAll().where('task_index', '=', taskIndex).executeTakeFirst();

export const openingsInState = (h: Handle, state: OpeningState): Promise<OpeningTable[]> =>
  h.db.selectFrom('opening').selectAll().where('state', '=', state).where('ended_at', 'is', null).execute();

export const lotsOf = (h: Handle, openingId: string): Promise<OpeningLotTable[]> =>
  h.db.selectFrom('opening_lot').selectAll().where('opening_id', '=', openingId).orderBy('place').execute();

export const personsOf = (h: Handle, openingId: string): Promise<OpeningPersonTable[]> =>
  h.db
    .selectFrom('opening_person')
    .selectAll()
    .where('opening_id', '=', openingId)
    .orderBy('role')
    .orderBy('seat')
    .orderBy('id')
    .execute();

export const findPerson = (h: Handle, openingId: string, id: string): Promise<OpeningPersonTable | undefined> =>
  h.db
    .selectFrom('opening_person')
    .selectAll()
    .where('opening_id', '=', openingId)
    .where('id', '=', id)
    .executeTakeFirst();

export const personsBySign = (h: Handle, openingId: string, signIndex: string): Promise<OpeningPersonTable[]> =>
  h.db
    .selectFrom('opening_person')
    .selectAll()
    .where('opening_id', '=', openingId)
    .where('sign_index', '=', signIndex)
    .execute();

/** Compare and set: raises the version; undefined when the opening is no longer in one of `states`. */
export const changeOpening = (
  tx: Tx,
  id: string,
  states: readonly OpeningState[],
  change: Updateable<OpeningTable>,
  now: number,
): Promise<OpeningTable | undefined> =>
  tx.db
    .updateTable('opening')
    .set({ ...change, version: sql<number>`version + 1`, updated_at: now })
    .where('id', '=', id)
    .where('state', 'in', [...states])
    .returningAll()
    .executeTakeFirst();

/** False: the person's row no longer met `expect`. */
export async function changePerson(
  tx: Tx,
  id: string,
  change: Updateable<OpeningPersonTable>,
  expect: { readonly testSealed?: string; readonly released?: boolean } = {},
): Promise<boolean> {
  let update = tx.db.updateTable('opening_person').set(change).where('id', '=', id);
  if (expect.testSealed !== undefined) update = update.where('test_sealed', '=', expect.testSealed);
  if (expect.released === false) update = update.where('released_at', 'is', null);
  return (await update.executeTakeFirst()).numUpdatedRows === 1n;
}
