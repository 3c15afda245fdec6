import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { type CertificateRef, mayName } from '#pki/cms.ts';
import { serialNames } from '#pki/serial.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import * as rows from './repository-recipients.ts';
import { isShared } from './sharing.ts';
import { plainCode } from './texts.ts';
import type { Workbench } from './workbench.ts';

/** An encryption certificate on record. */
export interface RecipientKey {
  readonly certificateId: string;
  readonly certificate: Certificate;
  readonly authorityId: string;
  /** No unit uses it any more: superseded by a newer one, or cancelled. It still decrypts what was encrypted to it (readings L25). */
  readonly retired: boolean;
}

export interface RecipientName {
  readonly unitCode: string;
  readonly idNumber: string;
  /** Of the encryption certificate, in any accepted form (readings L21). */
  readonly encryptionSerial: string;
}

/**
 * The encryption certificate of exactly this holder and serial, enrolled by this unit or by one that shares with it (readings L6, L28).
 * RECIPIENT_UNKNOWN; RECIPIENT_UNUSABLE where the key was superseded or cancelled. Chain, dates and status are the caller's to judge.
 */
export async function findForEncryption(
  bench: Workbench,
  h: Handle,
  unit: Unit,
  name: RecipientName,
): Promise<Result<RecipientKey>> {
  const { vault } = bench;
  const found = await rows.encryptionKeysOf(h, ...indexesOf(bench, name));
  const visible = found.filter((row) => seenBy(unit, row));
  let why: Refusal = refusal('RECIPIENT_UNKNOWN');
  for (const row of [...visible.filter((row) => row.unit_id === unit.id), ...visible]) {
    const certificate = vault.openCertificate(row.id, row.der_sealed);
    if (!serialNames(name.encryptionSerial, certificate)) continue;
    if (row.enrolment_status === 'active')
      return ok({ certificateId: row.id, certificate, authorityId: row.authority_id, retired: false });
    const reason = row.enrolment_status === 'superseded' ? '已办理延期或变更' : '已注销';
    why = refusal('RECIPIENT_UNUSABLE', { tail: tailOf(certificate), reason });
  }
  return refused(why);
}

/** Which units have this holder on record: they may be the caller of `encrypt` (readings L6). */
export const unitsWithHolder = (
  bench: Workbench,
  h: Handle,
  name: Pick<RecipientName, 'unitCode' | 'idNumber'>,
): Promise<string[]> => rows.unitsOf(h, ...indexesOf(bench, name));

/** Encryption certificates that a ciphertext names or was remembered with, retired ones too; only those this unit may know of. */
export async function namedRecipients(
  bench: Workbench,
  h: Handle,
  unit: Unit,
  wanted: { readonly ids: readonly string[]; readonly refs: readonly CertificateRef[] },
): Promise<readonly RecipientKey[]> {
  const { vault } = bench;
  const serials = wanted.refs.flatMap((ref) => (ref.kind === 'issuer-serial' ? [vault.index.serial(ref)] : []));
  const byId = await rows.certificatesById(h, wanted.ids);
  const bySerial = (await rows.certificatesBySerial(h, serials)).filter(({ id }) => !wanted.ids.includes(id));
  const opened = [...byId, ...bySerial].map((row) => ({
    certificateId: row.id,
    certificate: vault.openCertificate(row.id, row.der_sealed),
    authorityId: row.authority_id,
  }));
  const meant = opened.filter(
    ({ certificateId, certificate }) =>
      wanted.ids.includes(certificateId) || wanted.refs.some((ref) => mayName(bench.gm, ref, certificate)),
  );
  const records = await rows.recordsOfCertificates(
    h,
    meant.map((key) => key.certificateId),
  );
  return meant.flatMap((key) => {
    const own = records.filter((record) => record.id === key.certificateId);
    if (!own.some((record) => seenBy(unit, record))) return [];
    return [{ ...key, retired: !own.some((record) => record.named === 1 && record.status === 'active') }];
  });
}

const indexesOf = ({ vault }: Workbench, { unitCode, idNumber }: Pick<RecipientName, 'unitCode' | 'idNumber'>) =>
  [vault.index.unitCode(plainCode(unitCode)), vault.index.idNumber(plainCode(idNumber))] as const;

const seenBy = (unit: Unit, record: { unit_id: string; unit_profile: string }): boolean =>
  record.unit_id === unit.id || (isShared(unit.profile) && isShared(record.unit_profile));
