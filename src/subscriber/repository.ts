import { prepared } from '#store/prepared.ts';
import type {
  CertificateTable,
  ConflictTable,
  EnrolmentHistoryTable,
  EnrolmentTable,
  SubscriberTable,
} from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';

/** Every statement of this room. Rows go out as they stand; opening sealed columns is `sealing.ts`'s work. */

type EnrolmentRow = Omit<EnrolmentTable, 'seal_sealed'>;

/** One key as a unit has it on record: the enrolment with both certificates. */
export interface KeyRow extends EnrolmentRow {
  readonly sign_der_sealed: string;
  readonly sign_not_after: number;
  readonly sign_spki_index: string;
  readonly sign_status: CertificateTable['status'];
  readonly enc_der_sealed: string;
  readonly enc_status: CertificateTable['status'];
  readonly unit_profile: string;
  readonly authority_id: string;
}

const ENROLMENT = [
  'enrolment.id',
  'enrolment.unit_id',
  'enrolment.subscriber_id',
  'enrolment.sign_certificate_id',
  'enrolment.enc_certificate_id',
  'enrolment.record_sealed',
  'enrolment.content_index',
  'enrolment.status',
  'enrolment.superseded_by',
  'enrolment.version',
  'enrolment.created_at',
  'enrolment.updated_at',
] as const;

/** Keys on record, oldest first, with everything a decision needs in one statement. */
const keys = ({ db }: Pick<Handle, 'db'>) =>
  db
    .selectFrom('enrolment')
    .innerJoin('certificate as sign', 'sign.id', 'enrolment.sign_certificate_id')
    .innerJoin('certificate as enc', 'enc.id', 'enrolment.enc_certificate_id')
    .innerJoin('unit', 'unit.id', 'enrolment.unit_id')
    .select(ENROLMENT)
    .select([
      'sign.der_sealed as sign_der_sealed',
      'sign.not_after as sign_not_after',
      'sign.spki_index as sign_spki_index',
      'sign.status as sign_status',
      'sign.authority_id as authority_id',
      'enc.der_sealed as enc_der_sealed',
      'enc.status as enc_status',
      'unit.profile as unit_profile',
    ])
    .orderBy('enrolment.created_at')
    .orderBy('enrolment.id');

/** Every unit's record of one signing certificate. */
export const keysByFingerprint = (h: Handle, fingerprintIndex: string): Promise<KeyRow[]> =>
  byFingerprint.all(h, { fingerprintIndex });

const byFingerprint = prepared((db, { fingerprintIndex }: { fingerprintIndex: string }) =>
  keys({ db }).where('sign.fingerprint_index', '=', fingerprintIndex),
);

/** One unit's keys of one subscriber, and its keys with the same public key. */
export const keysOfUnit = (h: Handle, unitId: string, subscriberId: string, spkiIndex: string): Promise<KeyRow[]> =>
  keys(h)
    .where('enrolment.unit_id', '=', unitId)
    .where((e) => e.or([e('enrolment.subscriber_id', '=', subscriberId), e('sign.spki_index', '=', spkiIndex)]))
    .execute();

export const keysOfSubscribers = (h: Handle, unitId: string, subscriberIds: readonly string[]): Promise<KeyRow[]> =>
  subscriberIds.length === 0
    ? Promise.resolve([])
    : keys(h).where('enrolment.unit_id', '=', unitId).where('enrolment.subscriber_id', 'in', subscriberIds).execute();

export const certificatesByFingerprint = (h: Handle, indexes: readonly string[]): Promise<CertificateTable[]> =>
  h.db.selectFrom('certificate').selectAll().where('fingerprint_index', 'in', indexes).execute();

export const certificateBySerial = (
  h: Handle,
  issuerKey: string,
  serialIndex: string,
): Promise<CertificateTable | undefined> =>
  h.db
    .selectFrom('certificate')
    .selectAll()
    .where('issuer_key', '=', issuerKey)
    .where('serial_index', '=', serialIndex)
    .executeTakeFirst();

/** Marks a certificate that no active key is made of any more; what the CA revoked stays revoked. */
export const retireCertificate = (
  tx: Tx,
  id: string,
  status: 'superseded' | 'cancelled',
  at: number,
): Promise<unknown> =>
  tx.db
    .updateTable('certificate')
    .set({ status, status_at: at })
    .where('id', '=', id)
    .where('status', '!=', 'revoked')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('enrolment')
            .select('enrolment.id')
            .where('enrolment.status', '=', 'active')
            .where((e) =>
              e.or([e('enrolment.sign_certificate_id', '=', id), e('enrolment.enc_certificate_id', '=', id)]),
            ),
        ),
      ),
    )
    .execute();

/** One of each kind at most: a person and a company may stand under the same pair of numbers. */
export const subscribersByIndexes = (
  h: Handle,
  unitCodeIndex: string,
  idNumberIndex: string,
): Promise<SubscriberTable[]> =>
  h.db
    .selectFrom('subscriber')
    .selectAll()
    .where('unit_code_index', '=', unitCodeIndex)
    .where('id_number_index', '=', idNumberIndex)
    .execute();

export const insertSubscriber = (tx: Tx, row: SubscriberTable): Promise<unknown> =>
  tx.db.insertInto('subscriber').values(row).execute();
export const insertCertificates = (tx: Tx, rows: CertificateTable[]): Promise<unknown> =>
  tx.db.insertInto('certificate').values(rows).execute();
export const insertEnrolment = (tx: Tx, row: EnrolmentTable): Promise<unknown> =>
  tx.db.insertInto('enrolment').values(row).execute();
export const insertHistory = (tx: Tx, row: EnrolmentHistoryTable): Promise<unknown> =>
  tx.db.insertInto('enrolment_history').values(row).execute();

/** Writes only where the status changes, and says whether it did; without `known` a revocation on record is not undone. */
export async function restateCertificate(
  tx: Tx,
  id: string,
  status: CertificateTable['status'],
  at: number,
  known: boolean,
): Promise<boolean> {
  const update = tx.db
    .updateTable('certificate')
    .set({ status, status_at: at })
    .where('id', '=', id)
    .where('status', '!=', status);
  const done = await (known ? update : update.where('status', '!=', 'revoked')).executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

export const updateEnrolment = (tx: Tx, id: string, set: Partial<EnrolmentTable>): Promise<unknown> =>
  tx.db.updateTable('enrolment').set(set).where('id', '=', id).execute();

export async function enrolmentStatus(h: Handle, id: string): Promise<EnrolmentTable['status'] | undefined> {
  const row = await h.db.selectFrom('enrolment').select('status').where('id', '=', id).executeTakeFirst();
  return row?.status;
}

/** seal_sealed stands apart: it may be two megabytes and no decision needs it. */
export async function sealOf(h: Handle, enrolmentId: string): Promise<string> {
  const row = await h.db.selectFrom('enrolment').select('seal_sealed').where('id', '=', enrolmentId).executeTakeFirst();
  return row?.seal_sealed ?? '';
}

export const historyOf = (h: Handle, enrolmentId: string): Promise<EnrolmentHistoryTable[]> =>
  h.db
    .selectFrom('enrolment_history')
    .selectAll()
    .where('enrolment_id', '=', enrolmentId)
    .orderBy('at')
    .orderBy('id')
    .execute();

export const conflictsOf = (h: Handle, certificateId: string): Promise<ConflictTable[]> =>
  h.db
    .selectFrom('conflict')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();

export interface ConflictRow extends ConflictTable {
  readonly der_sealed: string;
  readonly authority_id: string;
}

/** Newest first. */
export const conflicts = (h: Handle, status?: ConflictTable['status'], id?: string): Promise<ConflictRow[]> => {
  let query = h.db
    .selectFrom('conflict')
    .innerJoin('certificate', 'certificate.id', 'conflict.certificate_id')
    .selectAll('conflict')
    .select(['certificate.der_sealed', 'certificate.authority_id'])
    .orderBy('conflict.created_at', 'desc')
    .orderBy('conflict.id', 'desc');
  if (status !== undefined) query = query.where('conflict.status', '=', status);
  if (id !== undefined) query = query.where('conflict.id', '=', id);
  return query.execute();
};

export const insertConflict = (tx: Tx, row: ConflictTable): Promise<unknown> =>
  tx.db.insertInto('conflict').values(row).execute();
export const updateConflict = (tx: Tx, id: string, set: Partial<ConflictTable>): Promise<unknown> =>
  tx.db.updateTable('conflict').set(set).where('id', '=', id).execute();
