import type { ErrandTable } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';

/** How far the look through the enrolments of before the seal library has come. */
const ERRAND = 'adopt-seals';

export const adoption = (h: Handle): Promise<ErrandTable | undefined> =>
  h.db.selectFrom('errand').selectAll().where('name', '=', ERRAND).executeTakeFirst();

/** False: it does not stand at `from` any more, another process of the hub was first. '' is the beginning. */
export async function advance(
  tx: Tx,
  from: string,
  to: { readonly reached: string; readonly doneAt: number | null },
): Promise<boolean> {
  const done = await tx.db
    .insertInto('errand')
    .values({ name: ERRAND, reached: to.reached, done_at: to.doneAt })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ reached: to.reached, done_at: to.doneAt })
        .where('errand.reached', '=', from),
    )
    .executeTakeFirst();
  return (done.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export interface LookedAt {
  readonly id: string;
  /** Null: the library has no seal of this enrolment. */
  readonly seal_id: string | null;
}

/** The next enrolments in the order of their ids, whatever they brought: what they sent is not read here. */
export const enrolmentsAfter = (h: Handle, after: string, limit: number): Promise<LookedAt[]> =>
  h.db
    .selectFrom('enrolment')
    .leftJoin('enrolment_seal', 'enrolment_seal.enrolment_id', 'enrolment.id')
    .select(['enrolment.id', 'enrolment_seal.seal_id'])
    .where('enrolment.id', '>', after)
    .orderBy('enrolment.id')
    .limit(limit)
    .execute();

export interface BringingEnrolment {
  readonly id: string;
  readonly unit_id: string;
  readonly record_sealed: string;
  readonly seal_sealed: string;
  readonly sign_certificate_id: string;
  readonly sign_der_sealed: string;
  readonly kind: 'organisation' | 'person';
  readonly owner_index: string;
}

export const bringingEnrolment = (h: Handle, id: string): Promise<BringingEnrolment | undefined> =>
  h.db
    .selectFrom('enrolment')
    .innerJoin('certificate', 'certificate.id', 'enrolment.sign_certificate_id')
    .innerJoin('subscriber', 'subscriber.id', 'enrolment.subscriber_id')
    .select([
      'enrolment.id',
      'enrolment.unit_id',
      'enrolment.record_sealed',
      'enrolment.seal_sealed',
      'enrolment.sign_certificate_id',
      'certificate.der_sealed as sign_der_sealed',
      'subscriber.kind',
      'subscriber.unit_code_index as owner_index',
    ])
    .where('enrolment.id', '=', id)
    .executeTakeFirst();
