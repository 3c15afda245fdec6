import { prepared } from '#store/prepared.ts';
import type { OpeningAmendmentTable, OpeningEventTable } from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';

const insertion = prepared((db, row: OpeningEventTable) => db.insertInto('opening_event').values(row));

export async function insertEvent(tx: Tx, row: OpeningEventTable): Promise<void> {
  await insertion.run(tx, row);
}

/** Oldest first; events of one millisecond in no order that says anything. */
export const eventsOf = (h: Handle, openingId: string): Promise<OpeningEventTable[]> =>
  h.db
    .selectFrom('opening_event')
    .selectAll()
    .where('opening_id', '=', openingId)
    .orderBy('at')
    .orderBy('id')
    .execute();

/** The same order, without what is in them. */
export const eventIdsOf = async (h: Handle, openingId: string): Promise<string[]> =>
  (
    await h.db
      .selectFrom('opening_event')
      .select('id')
      .where('opening_id', '=', openingId)
      .orderBy('at')
      .orderBy('id')
      .execute()
  ).map(({ id }) => id);

export const eventsNamed = (h: Handle, ids: readonly string[]): Promise<OpeningEventTable[]> =>
  h.db
    .selectFrom('opening_event')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();

export async function insertAmendment(tx: Tx, row: OpeningAmendmentTable): Promise<void> {
  await tx.db.insertInto('opening_amendment').values(row).execute();
}

export const amendmentsOf = (h: Handle, openingId: string): Promise<OpeningAmendmentTable[]> =>
  h.db.selectFrom('opening_amendment').selectAll().where('opening_id', '=', openingId).orderBy('number').execute();
