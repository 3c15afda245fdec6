import { prepared } from '#store/prepared.ts';
import type { TimeTrustTable } from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';

const newest = prepared((db) =>
  db.selectFrom('time_trust').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(1),
);

/** The present word about the clock; undefined: nobody has ever doubted it. */
export const lastWord = (h: Handle): Promise<TimeTrustTable | undefined> => newest.first(h, {});

export async function insertWord(tx: Tx, row: TimeTrustTable): Promise<void> {
  await tx.db.insertInto('time_trust').values(row).execute();
}
