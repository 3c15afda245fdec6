import type { Gm } from '#crypto/gm.ts';
import { HubError } from '#kernel/errors.ts';
import { type Certificate, parseCertificate, spkiFingerprint } from '#pki/certificate.ts';
import type { CertifiedIdentity } from '#pki/identity.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { EnrolmentTable } from '#store/schema.ts';
import type { ParsedRecord, SubjectRecord } from './record.ts';
import type { SealKind } from './seals.ts';

/** What of the certificate's identity decides over what a unit says (readings L28), in the certificate's own spelling. */
export type ProvenIdentity = Pick<CertifiedIdentity, 'unitName' | 'unitCode' | 'idNumber'>;

/** The text members of a record as the unit sent them, and what its certificate proved that day. */
export interface StoredRecord extends Omit<SubjectRecord, 'signCertificate' | 'encryptionCertificate' | 'seal'> {
  readonly sealKind: SealKind;
  readonly proven: ProvenIdentity;
}

/** What stood before a change. The seal only where the change replaced it: it is large. */
interface StoredBefore {
  readonly record: StoredRecord;
  readonly status: EnrolmentTable['status'];
  readonly encryptionCertificateId: string;
  readonly seal?: string;
}

/** The room's sealed columns and keyed indexes, by name. Nothing else in the room knows where a value is bound to. */
export interface Vault {
  readonly index: {
    certificate(certificate: Pick<Certificate, 'fingerprint'>): string;
    serial(certificate: Pick<Certificate, 'serial'>): string;
    spki(certificate: Certificate): string;
    /** Of a normalised code. */
    unitCode(code: string): string;
    idNumber(code: string): string;
    /** Everything a unit said, but for standBy: that is its own note and may carry a timestamp. */
    content(record: ParsedRecord): string;
  };
  sealRecord(enrolmentId: string, record: StoredRecord): string;
  openRecord(row: Pick<EnrolmentTable, 'id' | 'record_sealed'>): StoredRecord;
  sealSeal(enrolmentId: string, seal: string): string;
  openSeal(enrolmentId: string, sealed: string): string;
  sealCertificate(certificateId: string, certificate: Certificate): string;
  openCertificate(certificateId: string, sealed: string): Certificate;
  sealBefore(historyId: string, before: StoredBefore): string;
  openBefore(historyId: string, sealed: string): StoredBefore;
  sealDetail(conflictId: string, detail: Readonly<Record<string, readonly [string, string]>>): string;
  openDetail(conflictId: string, sealed: string): Record<string, [string, string]>;
}

export function createVault(gm: Gm, cipher: FieldCipher): Vault {
  const seal = (table: 'enrolment' | 'enrolment_history' | 'conflict', row: string, column: string, value: unknown) =>
    cipher.seal({ table, row, column }, JSON.stringify(value));
  const open = (table: 'enrolment' | 'enrolment_history' | 'conflict', row: string, column: string, sealed: string) =>
    JSON.parse(cipher.openText({ table, row, column }, sealed));

  return {
    index: {
      certificate: (certificate) => cipher.index('certificate', certificate.fingerprint),
      serial: (certificate) => cipher.index('certificate.serial', certificate.serial),
      spki: (certificate) => cipher.index('certificate.spki', spkiFingerprint(gm, certificate)),
      unitCode: (code) => cipher.index('subscriber.unit-code', code),
      idNumber: (code) => cipher.index('subscriber.id-number', code),
      content: ({ sent, sign, encrypt, endTime, unitCode, idNumber }) =>
        cipher.index(
          'enrolment.content',
          sign.fingerprint,
          encrypt.fingerprint,
          String(endTime),
          unitCode,
          idNumber,
          sent.userName,
          sent.idType,
          sent.unitName,
          sent.legalName,
          sent.legalIdNumber,
          sent.seal,
        ),
    },
    sealRecord: (id, record) => seal('enrolment', id, 'record_sealed', record),
    openRecord: (row) => open('enrolment', row.id, 'record_sealed', row.record_sealed) as StoredRecord,
    sealSeal: (row, text) => (text === '' ? '' : cipher.seal({ table: 'enrolment', row, column: 'seal_sealed' }, text)),
    openSeal: (row, sealed) =>
      sealed === '' ? '' : cipher.openText({ table: 'enrolment', row, column: 'seal_sealed' }, sealed),
    sealCertificate: (row, { der }) => cipher.seal({ table: 'certificate', row, column: 'der_sealed' }, der),
    openCertificate(row, sealed) {
      const certificate = parseCertificate(
        gm,
        cipher.open({ table: 'certificate', row, column: 'der_sealed' }, sealed),
      );
      if (certificate === undefined) throw new HubError('INTERNAL', `certificate ${row} does not parse any more`);
      return certificate;
    },
    sealBefore: (id, before) => seal('enrolment_history', id, 'before_sealed', before),
    openBefore: (id, sealed) => open('enrolment_history', id, 'before_sealed', sealed) as StoredBefore,
    sealDetail: (id, detail) => seal('conflict', id, 'detail_sealed', detail),
    openDetail: (id, sealed) => open('conflict', id, 'detail_sealed', sealed) as Record<string, [string, string]>,
  };
}
