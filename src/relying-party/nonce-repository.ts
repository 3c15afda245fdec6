import type { Tx } from '#store/store.ts';

/**
 * Remembers a unit's nonce until `expiresAt` (UTC ms) and forgets those that have expired; false when it was spent already. One conditional
 * insert, so of two callers at once exactly one is told true.
 */
export async function spendNonce(
  tx: Tx,
  { unitId, nonce, now, expiresAt }: { unitId: string; nonce: string; now: number; expiresAt: number },
): Promise<boolean> {
  await tx.db.deleteFrom('request_nonce').where('expires_at', '<', now).execute();
  const inserted = await tx.db
    .insertInto('request_nonce')
    .values({ unit_id: unitId, nonce, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['unit_id', 'nonce']).doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}
