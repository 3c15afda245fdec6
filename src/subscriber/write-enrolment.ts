import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import { tailOf } from '#pki/certificate.ts';
import type { CertifiedIdentity } from '#pki/identity.ts';
import type { Tx } from '#store/store.ts';
import type { Enrolled, Enrolling } from './enrol.ts';
import { provenUnitName, standsForUnit } from './identity-check.ts';
import type { JudgedCertificate } from './pair.ts';
import type { ParsedRecord } from './record.ts';
import * as rows from './repository.ts';
import type { ProvenIdentity, StoredRecord } from './vault.ts';
import type { Workbench } from './workbench.ts';

/** Row ids of what an enrolment joins. */
export interface Parts {
  readonly subscriberId: string;
  readonly sign: string;
  readonly encrypt: string;
}

/** The first record of this key at this unit. */
export async function insertEnrolment(bench: Workbench, tx: Tx, enrolling: Enrolling, parts: Parts): Promise<Enrolled> {
  const { clock, random, vault } = bench;
  const { unit, record, change } = enrolling;
  const id = newId('enr', random);
  const now = clock.now();
  await rows.insertEnrolment(tx, {
    id,
    unit_id: unit.id,
    subscriber_id: parts.subscriberId,
    sign_certificate_id: parts.sign,
    enc_certificate_id: parts.encrypt,
    record_sealed: vault.sealRecord(id, storedRecord(enrolling)),
    seal_sealed: vault.sealSeal(id, record.sent.seal),
    content_index: vault.index.content(record),
    status: 'active',
    superseded_by: null,
    version: 1,
    created_at: now,
    updated_at: now,
  });
  await rows.insertHistory(tx, { id: newId('his', random), enrolment_id: id, change, before_sealed: '', at: now });
  await note(bench, tx, 'subscriber.enrolled', enrolling, id);
  return enrolled(id, parts, 'active', null);
}

/** What the unit says now in place of what it said; nothing is written when it says the same. */
export async function replaceEnrolment(
  bench: Workbench,
  tx: Tx,
  enrolling: Enrolling,
  parts: Parts,
  own: rows.KeyRow,
): Promise<Enrolled> {
  const { clock, random, vault } = bench;
  const { record, change } = enrolling;
  const status = (await staysSuperseded(tx, own, change)) ? 'superseded' : 'active';
  const content = vault.index.content(record);
  const outcome = enrolled(own.id, parts, status, own);
  if (content === own.content_index && status === own.status) return outcome;
  const history = newId('his', random);
  const oldSeal = vault.openSeal(own.id, await rows.sealOf(tx, own.id));
  const newSeal = oldSeal !== record.sent.seal;
  const before = {
    record: vault.openRecord(own),
    status: own.status,
    encryptionCertificateId: own.enc_certificate_id,
    ...(newSeal ? { seal: oldSeal } : {}),
  };
  await rows.insertHistory(tx, {
    id: history,
    enrolment_id: own.id,
    change,
    before_sealed: vault.sealBefore(history, before),
    at: clock.now(),
  });
  await rows.updateEnrolment(tx, own.id, {
    subscriber_id: parts.subscriberId,
    enc_certificate_id: parts.encrypt,
    record_sealed: vault.sealRecord(own.id, storedRecord(enrolling)),
    ...(newSeal ? { seal_sealed: vault.sealSeal(own.id, record.sent.seal) } : {}),
    content_index: content,
    status,
    superseded_by: status === 'superseded' ? own.superseded_by : null,
    version: own.version + 1,
    updated_at: clock.now(),
  });
  if (own.enc_certificate_id !== parts.encrypt) {
    await rows.retireCertificate(tx, own.enc_certificate_id, 'superseded', clock.now());
  }
  await note(bench, tx, status === own.status ? 'subscriber.updated' : 'subscriber.reinstated', enrolling, own.id);
  return outcome;
}

/** A superseded key comes back by 变更 with it, or when the key that took its place is itself given up; not by a push of old records. */
async function staysSuperseded(tx: Tx, own: rows.KeyRow, change: Enrolling['change']): Promise<boolean> {
  if (own.status !== 'superseded' || change === 'change') return false;
  return own.superseded_by === null || (await rows.enrolmentStatus(tx, own.superseded_by)) !== 'cancelled';
}

const enrolled = (
  enrolmentId: string,
  { subscriberId, sign, encrypt }: Parts,
  status: Enrolled['status'],
  before: rows.KeyRow | null,
): Enrolled => ({
  enrolmentId,
  subscriberId,
  signCertificateId: sign,
  encryptionCertificateId: encrypt,
  status,
  was: before?.status ?? null,
  replacedEncryptionId: before === null || before.enc_certificate_id === encrypt ? null : before.enc_certificate_id,
});

function storedRecord({ record, pair }: Enrolling): StoredRecord {
  const { signCertificate: _sign, encryptionCertificate: _encrypt, seal: _seal, ...texts } = record.sent;
  return { ...texts, sealKind: record.sealKind, proven: provenOf(record, pair.identity) };
}

/** In the certificate's spelling; a person's number in a company's certificate does not displace the company's own entry. */
function provenOf(record: ParsedRecord, identity: CertifiedIdentity): ProvenIdentity {
  const unitName = provenUnitName(identity);
  const { unitCode } = identity;
  const idNumber = standsForUnit(record, identity) ? undefined : identity.idNumber;
  return {
    ...(unitName === undefined ? {} : { unitName }),
    ...(unitCode === undefined ? {} : { unitCode }),
    ...(idNumber === undefined ? {} : { idNumber }),
  };
}

function note(
  bench: Workbench,
  tx: Tx,
  kind: string,
  { unit, pair, change }: Enrolling,
  enrolment: string,
): Promise<void> {
  const brief = (judged: JudgedCertificate): JsonObject => ({
    tail: tailOf(judged.certificate),
    status: judged.status,
    statusKnown: judged.statusKnown,
  });
  const body = {
    enrolment,
    change,
    authority: pair.authority.id,
    sign: brief(pair.sign),
    encrypt: brief(pair.encrypt),
  };
  return bench.journal.append(tx, { kind, unitId: unit.id, body });
}
