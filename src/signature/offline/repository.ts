import type { OfflineJobTable } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';

export type OfflineJob = Readonly<OfflineJobTable>;

export async function insertJob(tx: Tx, job: OfflineJob): Promise<void> {
  await tx.db.insertInto('offline_job').values(job).execute();
}

/** A unit's own; another's reads as none. */
export function jobOf(h: Handle, unitId: string, id: string): Promise<OfflineJob | undefined> {
  return h.db
    .selectFrom('offline_job')
    .selectAll()
    .where('id', '=', id)
    .where('unit_id', '=', unitId)
    .executeTakeFirst();
}

/** One conditional update: of two results at once exactly one is told true, and a result that comes again never is. */
export async function useJob(
  tx: Tx,
  { id, now, resultSm3 }: { id: string; now: number; resultSm3: string },
): Promise<boolean> {
  const used = await tx.db
    .updateTable('offline_job')
    .set({ used_at: now, result_sm3: resultSm3 })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return used.numUpdatedRows === 1n;
}
