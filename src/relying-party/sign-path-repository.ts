import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { prepared } from '#store/prepared.ts';
import type { SignPathTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';

/** A signed string and where it was given: of two interfaces that could share it, only the first one takes it. */
export interface SignProof {
  /** As printed, `/api/ca/startCheck`. */
  readonly path: string;
  /** Lower hex SM3 of the canonical string under `sign`, never of the `sign` itself: an SM2 signature can be written in several forms. */
  readonly digest: string;
}

const insertion = prepared((db, row: SignPathTable) =>
  db
    .insertInto('sign_path')
    .values(row)
    .onConflict((conflict) => conflict.columns(['unit_id', 'digest']).doNothing()),
);

/**
 * Remembers on which path a unit's signed string was taken. SIGN_OTHER_PATH where it was taken on another one before (readings L1); the same
 * path again is right, for a request may be repeated. One conditional insert: of two paths racing for one string exactly one is told yes.
 */
export async function claimSignPath(
  tx: Tx,
  { unitId, digest, path }: SignProof & { readonly unitId: string },
): Promise<Result<void>> {
  if ((await insertion.run(tx, { unit_id: unitId, digest, path })) === 1) return ok(undefined);
  const taken = await tx.db
    .selectFrom('sign_path')
    .select('path')
    .where('unit_id', '=', unitId)
    .where('digest', '=', digest)
    .executeTakeFirst();
  return taken?.path === path ? ok(undefined) : refused(refusal('SIGN_OTHER_PATH'));
}
