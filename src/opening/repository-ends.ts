import type { Tx } from '#store/store.ts';

/** What is still closed gets its end; `lotIndex` null: of every lot. */
export async function endCapsules(
  tx: Tx,
  openingId: string,
  lotIndex: string | null,
  state: 'failed' | 'returned',
  now: number,
): Promise<void> {
  let update = tx.db
    .updateTable('capsule')
    .set({ state, ended_at: now, updated_at: now })
    .where('opening_id', '=', openingId)
    .where('state', '=', 'sealed');
  if (lotIndex !== null) update = update.where('lot_index', '=', lotIndex);
  await update.execute();
}
