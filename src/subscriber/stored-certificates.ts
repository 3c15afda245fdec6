import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { CertificateTable, EnrolmentTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import type { JudgedCertificate, JudgedPair } from './pair.ts';
import * as rows from './repository.ts';
import type { Workbench } from './workbench.ts';

type NewCertificate = Omit<CertificateTable, 'subscriber_id'>;

/** Which rows a pair has, and which it needs; one row where both are the same certificate. */
export interface CertificatePlan {
  readonly sign: string;
  readonly encrypt: string;
  readonly fresh: readonly NewCertificate[];
}

/** Looks only. SERIAL_REUSED: the vendor gave one serial to two certificates, and which is meant could never be told again (T26). */
export async function planCertificates(bench: Workbench, tx: Tx, pair: JudgedPair): Promise<Result<CertificatePlan>> {
  const { vault } = bench;
  const indexOf = ({ certificate }: JudgedCertificate): string => vault.index.certificate(certificate);
  const wanted = new Map([pair.sign, pair.encrypt].map((judged) => [indexOf(judged), judged]));
  const known = await rows.certificatesByFingerprint(tx, [...wanted.keys()]);
  const ids = new Map(known.map((row) => [row.fingerprint_index, row.id]));
  const fresh: NewCertificate[] = [];
  for (const [index, judged] of wanted) {
    if (ids.has(index)) continue;
    const made = certificateRow(bench, pair.authority.id, judged);
    if ((await rows.certificateBySerial(tx, made.issuer_key, made.serial_index)) !== undefined) {
      return refused(refusal('SERIAL_REUSED', { tail: tailOf(judged.certificate), authority: pair.authority.name }));
    }
    fresh.push(made);
    ids.set(index, made.id);
  }
  return ok({ sign: ids.get(indexOf(pair.sign)) ?? '', encrypt: ids.get(indexOf(pair.encrypt)) ?? '', fresh });
}

/** The status judged now replaces what was stored. Silence of the status source proves nothing: what was known to be revoked stays so. */
export async function restateCertificate(
  { clock, journal }: Workbench,
  tx: Tx,
  certificateId: string,
  judged: JudgedCertificate,
  enrolment: EnrolmentTable['status'],
): Promise<void> {
  if (enrolment !== 'active' && judged.status !== 'revoked') return;
  const changed = await rows.restateCertificate(tx, certificateId, judged.status, clock.now(), judged.statusKnown);
  if (!changed) return;
  const body = { certificate: certificateId, tail: tailOf(judged.certificate), status: judged.status };
  await journal.append(tx, { kind: 'certificate.restated', body });
}

function certificateRow(
  { vault, random, clock }: Workbench,
  authorityId: string,
  { certificate, purpose, issuerKey, status, statusAt }: JudgedCertificate,
): NewCertificate {
  const id = newId('crt', random);
  return {
    id,
    fingerprint_index: vault.index.certificate(certificate),
    issuer_key: issuerKey,
    serial_index: vault.index.serial(certificate),
    spki_index: vault.index.spki(certificate),
    purpose,
    authority_id: authorityId,
    der_sealed: vault.sealCertificate(id, certificate),
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    status,
    status_at: statusAt,
    created_at: clock.now(),
  };
}
