import type { CertificateTable, EnrolmentTable } from '#store/schema.ts';
import type { Handle } from '#store/store.ts';

/** Look-ups of encryption certificates. Always through the enrolment: a certificate row names only the subscriber of its first enroller. */

export interface EncryptionRow {
  readonly id: string;
  readonly der_sealed: string;
  readonly authority_id: string;
  readonly enrolment_status: EnrolmentTable['status'];
  readonly subscriber_id: string;
  readonly unit_id: string;
  readonly unit_profile: string;
}

const COLUMNS = [
  'certificate.id',
  'certificate.der_sealed',
  'certificate.authority_id',
  'enrolment.status as enrolment_status',
  'enrolment.subscriber_id',
  'enrolment.unit_id',
  'unit.profile as unit_profile',
] as const;

/** Every unit's record of the encryption keys of one (unitCode, idNumber), newest first. */
export const encryptionKeysOf = (h: Handle, unitCodeIndex: string, idNumberIndex: string): Promise<EncryptionRow[]> =>
  h.db
    .selectFrom('subscriber')
    .innerJoin('enrolment', 'enrolment.subscriber_id', 'subscriber.id')
    .innerJoin('certificate', 'certificate.id', 'enrolment.enc_certificate_id')
    .innerJoin('unit', 'unit.id', 'enrolment.unit_id')
    .select(COLUMNS)
    .where('subscriber.unit_code_index', '=', unitCodeIndex)
    .where('subscriber.id_number_index', '=', idNumberIndex)
    .orderBy('enrolment.updated_at', 'desc')
    .orderBy('enrolment.id')
    .execute();

/** The units that have enrolled this (unitCode, idNumber). */
export async function unitsOf(h: Handle, unitCodeIndex: string, idNumberIndex: string): Promise<string[]> {
  const rows = await h.db
    .selectFrom('subscriber')
    .innerJoin('enrolment', 'enrolment.subscriber_id', 'subscriber.id')
    .select('enrolment.unit_id')
    .distinct()
    .where('subscriber.unit_code_index', '=', unitCodeIndex)
    .where('subscriber.id_number_index', '=', idNumberIndex)
    .execute();
  return rows.map((row) => row.unit_id);
}

type Certificates = Pick<CertificateTable, 'id' | 'der_sealed' | 'authority_id'>;

export const certificatesById = (h: Handle, ids: readonly string[]): Promise<Certificates[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : h.db
        .selectFrom('certificate')
        .select(['id', 'der_sealed', 'authority_id'])
        .where('id', 'in', [...ids])
        .execute();

/** Ids of the certificates with the same public key as this one, itself included. */
export async function certificatesOfSameKey(h: Handle, id: string): Promise<string[]> {
  const rows = await h.db
    .selectFrom('certificate')
    .innerJoin('certificate as same', 'same.spki_index', 'certificate.spki_index')
    .select('same.id')
    .where('certificate.id', '=', id)
    .execute();
  return rows.map((row) => row.id);
}

/** Any issuer's: the caller compares the issuer. */
export const certificatesBySerial = (h: Handle, serialIndexes: readonly string[]): Promise<Certificates[]> =>
  serialIndexes.length === 0
    ? Promise.resolve([])
    : h.db
        .selectFrom('certificate')
        .select(['id', 'der_sealed', 'authority_id'])
        .where('serial_index', 'in', [...serialIndexes])
        .execute();

/**
 * The records that speak of these certificates: those that name one as their encryption certificate now, and those of the subscriber it was first
 * enrolled for (a key that was replaced within its record stands in no record any more).
 */
export const recordsOfCertificates = (
  h: Handle,
  ids: readonly string[],
): Promise<{ id: string; status: EnrolmentTable['status']; named: number; unit_id: string; unit_profile: string }[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : h.db
        .selectFrom('certificate')
        .innerJoin('enrolment', (join) =>
          join.on((on) =>
            on.or([
              on('enrolment.enc_certificate_id', '=', on.ref('certificate.id')),
              on('enrolment.subscriber_id', '=', on.ref('certificate.subscriber_id')),
            ]),
          ),
        )
        .innerJoin('unit', 'unit.id', 'enrolment.unit_id')
        .select((e) => [
          'certificate.id',
          'enrolment.status',
          'enrolment.unit_id',
          'unit.profile as unit_profile',
          e.case().when('enrolment.enc_certificate_id', '=', e.ref('certificate.id')).then(1).else(0).end().as('named'),
        ])
        .where('certificate.id', 'in', [...ids])
        .execute();
