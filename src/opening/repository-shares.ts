import type { RecoveryApprovalTable, ReleaseShareTable } from '#store/schema-opening.ts';
import type { Handle, Tx } from '#store/store.ts';

export const sharesOf = (h: Handle, openingId: string): Promise<ReleaseShareTable[]> =>
  h.db.selectFrom('release_share').selectAll().where('opening_id', '=', openingId).orderBy('received_at').execute();

export async function insertShare(tx: Tx, row: ReleaseShareTable): Promise<void> {
  await tx.db.insertInto('release_share').values(row).execute();
}

/** False: it was judged before. */
export async function judgeShare(tx: Tx, id: string, verdict: 'good' | 'bad', at: number): Promise<boolean> {
  const result = await tx.db
    .updateTable('release_share')
    .set({ verdict, judged_at: at })
    .where('id', '=', id)
    .where('verdict', '=', 'received')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export const approvalsOf = (h: Handle, capsuleId: string): Promise<RecoveryApprovalTable[]> =>
  h.db.selectFrom('recovery_approval').selectAll().where('capsule_id', '=', capsuleId).orderBy('received_at').execute();

/** Who has given his share of which capsule's key. */
export const approvalsOfOpening = (
  h: Handle,
  openingId: string,
): Promise<{ capsule_id: string; person_id: string }[]> =>
  h.db
    .selectFrom('recovery_approval')
    .select(['capsule_id', 'person_id'])
    .where('opening_id', '=', openingId)
    .execute();

export const dropApproval = (tx: Tx, capsuleId: string, personId: string): Promise<unknown> =>
  tx.db.deleteFrom('recovery_approval').where('capsule_id', '=', capsuleId).where('person_id', '=', personId).execute();

/** The newest of one person counts: a token that failed may try again. */
export async function putApproval(tx: Tx, row: RecoveryApprovalTable): Promise<void> {
  await tx.db
    .insertInto('recovery_approval')
    .values(row)
    .onConflict((on) =>
      on
        .columns(['capsule_id', 'person_id'])
        .doUpdateSet({ wrapped_sealed: row.wrapped_sealed, id: row.id, received_at: row.received_at }),
    )
    .execute();
}
