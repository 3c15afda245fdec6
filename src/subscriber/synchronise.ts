import { ok, type Result } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import { type CheckedRecord, checkRecord } from './check.ts';
import { enrol } from './enrol.ts';
import type { SubjectRecord } from './record.ts';
import * as rows from './repository.ts';
import { tellOfReplacement } from './tell-others.ts';
import { reinstatedWarning, stillSupersededWarning, warningsOf } from './warnings.ts';
import type { SyncOutcome, Workbench } from './workbench.ts';
import { writeOnce } from './write.ts';

/** userSynchro: a unit's record of one key, written once however often it is sent (readings L3, L27). */
export async function synchronise(bench: Workbench, unit: Unit, sent: SubjectRecord): Promise<Result<SyncOutcome>> {
  const checked = await checkRecord(bench, unit, sent);
  if (!checked.ok) return checked;
  const repeated = await unchanged(bench, unit, checked.value);
  if (repeated !== undefined) return ok(repeated);
  const { record, pair } = checked.value;
  return writeOnce(bench.store, async (tx) => {
    const written = await enrol(bench, tx, { unit, change: 'sync', ...checked.value });
    if (!written.ok) return written;
    const told = await tellOfReplacement(bench, tx, unit, 'change', written.value, []);
    const { was, status, enrolmentId, signCertificateId } = written.value;
    return ok({
      status: pair.sign.status,
      warnings: [...warningsOf(checked.value), ...reinstatement(was, status, tailOf(record.sign)), ...told],
      created: was === null,
      enrolmentId,
      certificateId: signCertificateId,
    });
  });
}

/** A repeat of what stands already, certificates' status included: answered without a transaction. */
async function unchanged(bench: Workbench, unit: Unit, checked: CheckedRecord): Promise<SyncOutcome | undefined> {
  const { vault, store } = bench;
  const { record, pair } = checked;
  const own = (await rows.keysByFingerprint(store.read, vault.index.certificate(record.sign))).find(
    (row) => row.unit_id === unit.id,
  );
  if (own === undefined || own.status !== 'active') return undefined;
  const same =
    own.content_index === vault.index.content(record) &&
    own.sign_status === pair.sign.status &&
    own.enc_status === pair.encrypt.status;
  if (!same) return undefined;
  return {
    status: pair.sign.status,
    warnings: warningsOf(checked),
    created: false,
    enrolmentId: own.id,
    certificateId: own.sign_certificate_id,
  };
}

function reinstatement(was: string | null, status: string, tail: string): string[] {
  if (status === 'superseded') return [stillSupersededWarning(tail)];
  return was === null || was === 'active' ? [] : [reinstatedWarning(tail)];
}
