import { ok, type Result } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import { cancelKey } from './cancel.ts';
import { type CheckedRecord, checkRecord } from './check.ts';
import { type Enrolled, enrol } from './enrol.ts';
import { maskSerial } from './mask.ts';
import type { ChangeRequest } from './record.ts';
import * as rows from './repository.ts';
import { retire } from './retire.ts';
import { tellOfReplacement } from './tell-others.ts';
import * as warn from './warnings.ts';
import type { ChangeOutcome, Workbench } from './workbench.ts';
import { writeOnce } from './write.ts';

/** A key that ends within this time is taken to be the one a renewal replaces (readings L24). */
const RENEWAL_WINDOW = 90 * 24 * 3600_000;

/** changeCert (readings L24 to L26). */
export async function changeKey(bench: Workbench, unit: Unit, request: ChangeRequest): Promise<Result<ChangeOutcome>> {
  switch (request.change) {
    case 'cancel':
      return cancelKey(bench, unit, request);
    case 'renew':
    case 'change':
      return replaceKey(bench, unit, request, request.change);
  }
}

async function replaceKey(
  bench: Workbench,
  unit: Unit,
  request: ChangeRequest,
  change: 'renew' | 'change',
): Promise<Result<ChangeOutcome>> {
  const checked = await checkRecord(bench, unit, request);
  if (!checked.ok) return checked;
  return writeOnce(bench.store, async (tx) => {
    const written = await enrol(bench, tx, { unit, change, ...checked.value });
    if (!written.ok) return written;
    const outcome = written.value;
    const effect =
      outcome.was === null
        ? await supersede(bench, tx, unit, checked.value, outcome, change)
        : await keepOthers(bench, tx, unit, checked.value, outcome, change);
    return ok({
      status: checked.value.pair.sign.status,
      warnings: [...warn.warningsOf(checked.value), ...effect.warnings],
      created: outcome.was === null,
      enrolmentId: outcome.enrolmentId,
      certificateId: outcome.signCertificateId,
      retired: effect.retired.map(maskSerial),
    });
  });
}

interface Effect {
  readonly retired: readonly string[];
  readonly warnings: readonly string[];
}

/** A new key: the old one steps back where it can be told which one it is; nothing is ever overwritten. */
async function supersede(
  bench: Workbench,
  tx: Tx,
  unit: Unit,
  { record }: CheckedRecord,
  fresh: Enrolled,
  change: 'renew' | 'change',
): Promise<Effect> {
  const { vault, clock } = bench;
  const spki = vault.index.spki(record.sign);
  const others = (await rows.keysOfUnit(tx, unit.id, fresh.subscriberId, spki)).filter(
    (key) => key.status === 'active' && key.id !== fresh.enrolmentId,
  );
  const old = replacedBy(others, spki, fresh.subscriberId, clock.now());
  if (old.length === 0) {
    return { retired: [], warnings: [warn.nothingSupersededWarning(serialsOf(bench, others))] };
  }
  for (const key of old) await retire(bench, tx, key, { status: 'superseded', change, by: fresh.enrolmentId });
  const retired = serialsOf(bench, old);
  const told = await tellOfReplacement(bench, tx, unit, change, fresh, old);
  return { retired, warnings: [warn.keepOldKeyWarning(retired), ...told] };
}

/** The same key, else the only one of this subscriber that has ended or ends soon, else none. */
function replacedBy(
  others: readonly rows.KeyRow[],
  spki: string,
  subscriberId: string,
  now: number,
): readonly rows.KeyRow[] {
  const sameKey = others.filter((key) => key.sign_spki_index === spki);
  if (sameKey.length > 0) return sameKey;
  const ending = others.filter(
    (key) => key.subscriber_id === subscriberId && key.sign_not_after <= now + RENEWAL_WINDOW,
  );
  return ending.length === 1 ? ending : [];
}

/** The certificate was on record already: a repeat, or new particulars of the same key. It replaces no other. */
async function keepOthers(
  bench: Workbench,
  tx: Tx,
  unit: Unit,
  { record }: CheckedRecord,
  present: Enrolled,
  change: 'renew' | 'change',
): Promise<Effect> {
  const tail = tailOf(record.sign);
  const told = await tellOfReplacement(bench, tx, unit, change, present, []);
  if (present.status === 'superseded') return { retired: [], warnings: [warn.stillSupersededWarning(tail), ...told] };
  if (present.was !== 'active') return { retired: [], warnings: [warn.reinstatedWarning(tail), ...told] };
  const others = (await rows.keysOfSubscribers(tx, unit.id, [present.subscriberId])).filter(
    (key) => key.status === 'active' && key.id !== present.enrolmentId,
  );
  const kept = others.length === 0 ? [] : [warn.alreadyThereWarning(serialsOf(bench, others))];
  return { retired: [], warnings: [...kept, ...told] };
}

const serialsOf = ({ vault }: Workbench, keys: readonly rows.KeyRow[]): string[] =>
  keys.map((key) => vault.openCertificate(key.sign_certificate_id, key.sign_der_sealed).serial);
