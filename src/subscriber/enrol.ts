import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { CertificateTable, EnrolmentTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import { compareWithOthers, type Saying } from './differences.ts';
import type { JudgedCertificate, JudgedPair } from './pair.ts';
import type { ChangeKind, ParsedRecord } from './record.ts';
import * as rows from './repository.ts';
import type { Workbench } from './subscribers.ts';
import type { ProvenIdentity, StoredRecord } from './vault.ts';

/** A record that has passed every check, about to be written for one unit. */
export interface Enrolling {
  readonly unit: Unit;
  readonly record: ParsedRecord;
  readonly pair: JudgedPair;
  readonly change: 'sync' | Exclude<ChangeKind, 'cancel'>;
}

export interface Enrolled {
  readonly enrolmentId: string;
  readonly subscriberId: string;
  readonly signCertificateId: string;
  readonly encryptionCertificateId: string;
  readonly status: EnrolmentTable['status'];
  /** What stood before: nothing, or the status it had. */
  readonly was: EnrolmentTable['status'] | null;
}

/** Upsert by (unit, signing certificate), readings L27. History and journal rows are written in the same transaction. */
export async function enrol(bench: Workbench, tx: Tx, enrolling: Enrolling): Promise<Result<Enrolled>> {
  const { vault } = bench;
  const { unit, record, pair } = enrolling;
  const subscriberId = await subscriberOf(bench, tx, enrolling);
  const certificates = await storeCertificates(bench, tx, pair, subscriberId);
  if (!certificates.ok) return certificates;
  const [sign, encrypt] = certificates.value;
  const all = await rows.keysByFingerprint(tx, vault.index.certificate(record.sign));
  const own = all.find((row) => row.unit_id === unit.id);
  const parts = { subscriberId, sign, encrypt };
  const written =
    own === undefined
      ? await insert(bench, tx, enrolling, parts)
      : await replace(bench, tx, enrolling, { ...parts, own });
  await restate(bench, tx, pair.sign, sign, written);
  if (sign !== encrypt) await restate(bench, tx, pair.encrypt, encrypt, written);
  if (written.status === 'active') await compareWithOthers(bench, tx, unit, sayingNow(enrolling, encrypt), all);
  return ok(written);
}

const sayingNow = ({ unit, record }: Enrolling, encryptionCertificateId: string): Saying => ({
  unitId: unit.id,
  status: 'active',
  idNumber: record.sent.idNumber,
  unitName: record.sent.unitName,
  unitCode: record.sent.unitCode,
  encryptionCertificateId,
  encryptionTail: tailOf(record.encrypt),
});

interface Parts {
  readonly subscriberId: string;
  readonly sign: string;
  readonly encrypt: string;
}

async function insert(bench: Workbench, tx: Tx, enrolling: Enrolling, parts: Parts): Promise<Enrolled> {
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

async function replace(
  bench: Workbench,
  tx: Tx,
  enrolling: Enrolling,
  parts: Parts & { readonly own: rows.KeyRow },
): Promise<Enrolled> {
  const { clock, random, vault } = bench;
  const { record, change } = enrolling;
  const { own } = parts;
  const status = own.status === 'superseded' && change !== 'change' ? 'superseded' : 'active';
  const content = vault.index.content(record);
  const outcome = enrolled(own.id, parts, status, own.status);
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
  await note(bench, tx, status === own.status ? 'subscriber.updated' : 'subscriber.reinstated', enrolling, own.id);
  return outcome;
}

const enrolled = (
  enrolmentId: string,
  { subscriberId, sign, encrypt }: Parts,
  status: Enrolled['status'],
  was: Enrolled['was'],
): Enrolled => ({
  enrolmentId,
  subscriberId,
  signCertificateId: sign,
  encryptionCertificateId: encrypt,
  status,
  was,
});

function storedRecord({ record, pair }: Enrolling): StoredRecord {
  const { signCertificate: _sign, encryptionCertificate: _encrypt, seal: _seal, ...texts } = record.sent;
  return { ...texts, sealKind: record.sealKind, proven: provenOf(pair) };
}

function provenOf({ identity }: JudgedPair): ProvenIdentity {
  const { unitName, unitCode, personName, idNumber } = identity;
  return {
    ...(unitName === undefined ? {} : { unitName }),
    ...(unitCode === undefined ? {} : { unitCode }),
    ...(personName === undefined ? {} : { personName }),
    ...(idNumber === undefined ? {} : { idNumber }),
  };
}

/** A subscriber is (unitCode, idNumber): two persons of one company hold keys of their own, which no renewal may mix up. */
async function subscriberOf({ vault, random, clock }: Workbench, tx: Tx, { record, pair }: Enrolling): Promise<string> {
  const unitCode = vault.index.unitCode(record.unitCode);
  const idNumber = vault.index.idNumber(record.idNumber);
  const { kind } = pair.identity;
  const known = (await rows.subscribersByIndexes(tx, unitCode, idNumber)).find((row) => row.kind === kind);
  if (known !== undefined) return known.id;
  const id = newId('sub', random);
  await rows.insertSubscriber(tx, {
    id,
    kind,
    unit_code_index: unitCode,
    id_number_index: idNumber,
    created_at: clock.now(),
  });
  return id;
}

/** Ids of both certificates' rows, in the order sign, encrypt; one row where both are the same certificate. */
async function storeCertificates(
  bench: Workbench,
  tx: Tx,
  pair: JudgedPair,
  subscriberId: string,
): Promise<Result<[string, string]>> {
  const { vault } = bench;
  const indexOf = ({ certificate }: JudgedCertificate): string => vault.index.certificate(certificate);
  const wanted = [...new Map([pair.sign, pair.encrypt].map((judged) => [indexOf(judged), judged])).entries()];
  const known = await rows.certificatesByFingerprint(
    tx,
    wanted.map(([index]) => index),
  );
  const ids = new Map(known.map((row) => [row.fingerprint_index, row.id]));
  const fresh: CertificateTable[] = [];
  for (const [index, judged] of wanted) {
    if (ids.has(index)) continue;
    const made = certificateRow(bench, pair.authority.id, judged, subscriberId);
    // A vendor that gave one serial to two certificates: which of them is meant could never be told again (T26).
    if ((await rows.certificateBySerial(tx, made.issuer_key, made.serial_index)) !== undefined) {
      return refused(refusal('SERIAL_REUSED', { tail: tailOf(judged.certificate), authority: pair.authority.name }));
    }
    fresh.push(made);
    ids.set(index, made.id);
  }
  if (fresh.length > 0) await rows.insertCertificates(tx, fresh);
  return ok([ids.get(indexOf(pair.sign)) ?? '', ids.get(indexOf(pair.encrypt)) ?? '']);
}

/** The status judged now replaces what was stored. Silence of the status source proves nothing: what was known to be revoked stays so. */
async function restate(
  { clock }: Workbench,
  tx: Tx,
  judged: JudgedCertificate,
  certificateId: string,
  written: Enrolled,
): Promise<void> {
  if (written.status !== 'active' && judged.status !== 'revoked') return;
  await rows.restateCertificate(tx, certificateId, judged.status, clock.now(), judged.statusKnown);
}

function certificateRow(
  { vault, random, clock }: Workbench,
  authorityId: string,
  { certificate, purpose, issuerKey, status, statusAt }: JudgedCertificate,
  subscriberId: string,
): CertificateTable {
  const id = newId('crt', random);
  return {
    id,
    fingerprint_index: vault.index.certificate(certificate),
    issuer_key: issuerKey,
    serial_index: vault.index.serial(certificate),
    spki_index: vault.index.spki(certificate),
    purpose,
    authority_id: authorityId,
    subscriber_id: subscriberId,
    der_sealed: vault.sealCertificate(id, certificate),
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
    status,
    status_at: statusAt,
    created_at: clock.now(),
  };
}

function note(
  bench: Workbench,
  tx: Tx,
  kind: string,
  { unit, pair, change }: Enrolling,
  enrolment: string,
): Promise<void> {
  const brief = (judged: JudgedCertificate & { certificate: Certificate }): JsonObject => ({
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
