import { ok, type Result } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { compareEndTime } from './dates.ts';
import { checkIdentity } from './identity-check.ts';
import { type JudgedPair, judgePair } from './pair.ts';
import { no, type ParsedRecord, readRecord, type SubjectRecord } from './record.ts';
import type { SealMaterial } from './seals/material.ts';
import { materialOf } from './seals/record-seal.ts';
import type { Workbench } from './workbench.ts';

/** A record whose every statement has been held against its certificates. */
export interface CheckedRecord {
  readonly record: ParsedRecord;
  readonly pair: JudgedPair;
  /** What the seal library takes of it; null: nothing. */
  readonly seal: SealMaterial | null;
}

/** Reads and judges, writes nothing. May reach the vendor's status source. */
export async function checkRecord(bench: Workbench, unit: Unit, sent: SubjectRecord): Promise<Result<CheckedRecord>> {
  const read = readRecord(bench.gm, sent, 'theirs');
  if (!read.ok) return read;
  const record = read.value;
  if (compareEndTime(record.endTime, record.sign.notAfter) === 'too-late') return no('END_TIME_MISMATCH', 'endTime');
  if (unit.profile.seal === 'ses' && !['ses', 'none'].includes(record.sealKind)) {
    return no('FIELD_INVALID', 'seal', '只接受由制章机构签发的电子印章');
  }
  const pair = await judgePair(bench, record);
  if (!pair.ok) return pair;
  const identity = checkIdentity(record, pair.value.identity);
  if (!identity.ok) return identity;
  const { kind } = pair.value.identity;
  const seal = materialOf(bench.gm, { text: sent.seal, kind: record.sealKind }, { ...sent, kind });
  return ok({ record, pair: pair.value, seal });
}
