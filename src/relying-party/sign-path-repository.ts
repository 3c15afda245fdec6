import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { prepared } from '#store/prepared.ts';
import type { SignPathTable } from '#store/schema.ts';
import type { Store, Tx } from '#store/store.ts';

/** A signed string and where it was given: of two interfaces that could share it, only the first one takes it. */
export interface SignProof {
  /** As printed, `/api/ca/startCheck`. */
  readonly path: string;
  /** Lower hex SM3 of the canonical string under `sign`, never of the `sign` itself: an SM2 signature can be written in several forms. */
  readonly digest: string;
}

const claim = prepared((db, row: SignPathTable) =>
  db
    .insertInto('sign_path')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['unit_id', 'digest'])
        .doUpdateSet((to) => ({ taken_at: to.ref('excluded.taken_at') }))
        .whereRef('sign_path.path', '=', 'excluded.path'),
    ),
);

/**
 * Remembers on which path a unit's signed string was taken. SIGN_OTHER_PATH where it was taken on another one before (readings L1); the same
 * path again is right, for a request may be repeated, and is remembered from then on. One conditional insert: of two paths racing for one string
 * exactly one is told yes. `at`: UTC ms.
 */
export async function claimSignPath(
  tx: Tx,
  { unitId, digest, path, at }: SignProof & { readonly unitId: string; readonly at: number },
): Promise<Result<void>> {
  const taken = await claim.run(tx, { unit_id: unitId, digest, path, taken_at: at });
  return taken === 1 ? ok(undefined) : refused(refusal('SIGN_OTHER_PATH'));
}

/** Forgets strings last taken before `before` (UTC ms); those whose time was not written down count from `now` on. Returns how many went. */
export async function forgetSignPaths(
  store: Pick<Store, 'tx'>,
  { before, now }: { readonly before: number; readonly now: number },
): Promise<number> {
  return store.tx(async (tx) => {
    await tx.db.updateTable('sign_path').set({ taken_at: now }).where('taken_at', 'is', null).execute();
    const { numDeletedRows } = await tx.db.deleteFrom('sign_path').where('taken_at', '<', before).executeTakeFirst();
    return Number(numDeletedRows);
  });
}
