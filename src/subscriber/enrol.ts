import { newId } from '#kernel/ids.ts';
import { ok, type Result } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { EnrolmentTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import type { CheckedRecord } from './check.ts';
import { compareWithOthers, type Saying } from './differences.ts';
import type { ChangeKind } from './record.ts';
import * as rows from './repository.ts';
import { bringSeal } from './seals/bring.ts';
import { planCertificates, restateCertificate } from './stored-certificates.ts';
import type { Workbench } from './workbench.ts';
import { insertEnrolment, replaceEnrolment } from './write-enrolment.ts';

/** A record that has passed every check, about to be written for one unit. */
export interface Enrolling extends CheckedRecord {
  readonly unit: Unit;
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
  /** Row id of the encryption certificate that this record named before, where it now names another. */
  readonly replacedEncryptionId: string | null;
}

/** Upsert by (unit, signing certificate), readings L27. History and journal rows are written in the same transaction. */
export async function enrol(bench: Workbench, tx: Tx, enrolling: Enrolling): Promise<Result<Enrolled>> {
  const { unit, record, pair } = enrolling;
  const planned = await planCertificates(bench, tx, pair);
  if (!planned.ok) return planned;
  const { sign, encrypt, fresh } = planned.value;
  const subscriberId = await subscriberOf(bench, tx, enrolling);
  if (fresh.length > 0)
    await rows.insertCertificates(
      tx,
      fresh.map((row) => ({ ...row, subscriber_id: subscriberId })),
    );
  const all = await rows.keysByFingerprint(tx, bench.vault.index.certificate(record.sign));
  const own = all.find((row) => row.unit_id === unit.id);
  const parts = { subscriberId, sign, encrypt };
  const written =
    own === undefined
      ? await insertEnrolment(bench, tx, enrolling, parts)
      : await replaceEnrolment(bench, tx, enrolling, parts, own);
  await restateCertificate(bench, tx, sign, pair.sign, written.status);
  if (sign !== encrypt) await restateCertificate(bench, tx, encrypt, pair.encrypt, written.status);
  if (written.status !== 'active') return ok(written);
  await compareWithOthers(bench, tx, unit, sayingNow(enrolling, encrypt), all);
  const ownerIndex = bench.vault.index.unitCode(record.unitCode);
  const { enrolmentId } = written;
  const brought = { unitId: unit.id, enrolmentId, ownerIndex, certificate: record.sign, material: enrolling.seal };
  await bringSeal(bench, tx, brought);
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
