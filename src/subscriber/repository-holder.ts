import type { EnrolmentTable } from '#store/schema.ts';
import type { Handle } from '#store/store.ts';

/** One unit's record of a key, found by its encryption certificate. */
export interface HolderRow extends Pick<EnrolmentTable, 'id' | 'unit_id' | 'record_sealed' | 'status'> {
  readonly subscriber_id: string;
  readonly enc_certificate_id: string;
  readonly sign_certificate_id: string;
  readonly enc_der_sealed: string;
  readonly sign_der_sealed: string;
  readonly authority_id: string;
  readonly unit_profile: string;
}

/** Every unit's record of one encryption certificate, oldest first; retired ones included: they still open what was sealed to them. */
export const holdersOfKey = (h: Handle, fingerprintIndex: string): Promise<HolderRow[]> =>
  h.db
    .selectFrom('enrolment')
    .innerJoin('certificate as enc', 'enc.id', 'enrolment.enc_certificate_id')
    .innerJoin('certificate as sign', 'sign.id', 'enrolment.sign_certificate_id')
    .innerJoin('unit', 'unit.id', 'enrolment.unit_id')
    .select([
      'enrolment.id',
      'enrolment.unit_id',
      'enrolment.record_sealed',
      'enrolment.status',
      'enrolment.subscriber_id',
      'enrolment.enc_certificate_id',
      'enrolment.sign_certificate_id',
      'enc.der_sealed as enc_der_sealed',
      'sign.der_sealed as sign_der_sealed',
      'enc.authority_id as authority_id',
      'unit.profile as unit_profile',
    ])
    .where('enc.fingerprint_index', '=', fingerprintIndex)
    .orderBy('enrolment.created_at')
    .orderBy('enrolment.id')
    .execute();

/** Keyed hashes of the public keys of these certificates, by certificate id. */
export async function keyIndexes(h: Handle, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await h.db
    .selectFrom('certificate')
    .select(['id', 'spki_index'])
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id, row.spki_index]));
}
