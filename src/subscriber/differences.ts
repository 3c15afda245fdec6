import { newId } from '#kernel/ids.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { ConflictTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import * as rows from './repository.ts';
import { isShared } from './sharing.ts';
import { plainCode, plainName } from './texts.ts';
import type { Workbench } from './workbench.ts';

/** What one unit says of a key, as far as two units may differ: names of persons, legal person and seal are each unit's own (readings L28). */
export interface Saying {
  readonly unitId: string;
  readonly status: 'active' | 'cancelled';
  readonly idNumber: string;
  readonly unitName: string;
  readonly unitCode: string;
  /** Row id of the encryption certificate, and its tail for people. */
  readonly encryptionCertificateId: string;
  readonly encryptionTail: string;
}

type Detail = Record<string, [string, string]>;

/**
 * Puts what this unit says beside what the others on record say of the same certificate; each difference is one row on the conflict desk,
 * refreshed while it is open and closed when the two agree again. Never a reason to refuse the request.
 */
export async function compareWithOthers(
  bench: Workbench,
  tx: Tx,
  unit: Unit,
  mine: Saying,
  others: readonly rows.KeyRow[],
): Promise<void> {
  const comparable = others.filter(
    (row) =>
      row.unit_id !== unit.id && row.status !== 'superseded' && isShared(unit.profile) && isShared(row.unit_profile),
  );
  const [first] = comparable;
  if (first === undefined) return;
  const desk = await rows.conflictsOf(tx, first.sign_certificate_id);
  for (const other of comparable) {
    const between = desk.filter((row) => isBetween(row, unit.id, other.unit_id));
    await settle(bench, tx, mine, sayingOf(bench, other), between, first.sign_certificate_id);
  }
}

const isBetween = (row: ConflictTable, a: string, b: string): boolean =>
  (row.unit_id === a && row.other_unit_id === b) || (row.unit_id === b && row.other_unit_id === a);

/** `between` is newest first. */
async function settle(
  bench: Workbench,
  tx: Tx,
  mine: Saying,
  theirs: Saying,
  between: readonly ConflictTable[],
  certificateId: string,
): Promise<void> {
  const { vault, clock, random, journal } = bench;
  const detail = differences(mine, theirs);
  const fields = Object.keys(detail);
  const [latest] = between;
  const open = latest?.status === 'open' ? latest : undefined;
  if (fields.length === 0) {
    if (open === undefined) return;
    await rows.updateConflict(tx, open.id, { status: 'resolved', resolution: 'agreed', resolved_at: clock.now() });
    const body = { conflict: open.id, resolution: 'agreed' };
    return journal.append(tx, { kind: 'conflict.resolved', unitId: mine.unitId, body });
  }
  if (latest !== undefined && sameDetail(latest, vault.openDetail(latest.id, latest.detail_sealed), mine, detail))
    return;
  const id = open?.id ?? newId('cfl', random);
  const said = {
    unit_id: mine.unitId,
    other_unit_id: theirs.unitId,
    fields: JSON.stringify(fields),
    detail_sealed: vault.sealDetail(id, detail),
  };
  if (open !== undefined) await rows.updateConflict(tx, id, said);
  else {
    const fresh = { resolution: null, created_at: clock.now(), resolved_at: null };
    await rows.insertConflict(tx, { id, certificate_id: certificateId, status: 'open', ...said, ...fresh });
  }
  const body = { conflict: id, certificate: certificateId, otherUnit: theirs.unitId, fields };
  await journal.append(tx, { kind: 'conflict.opened', unitId: mine.unitId, body });
}

/** The same difference once decided stays decided, whichever of the two units repeats itself. */
function sameDetail(row: ConflictTable, stored: Detail, mine: Saying, detail: Detail): boolean {
  const swapped = row.unit_id !== mine.unitId;
  const turned = Object.entries(detail).map(([field, [a, b]]) => [field, swapped ? [b, a] : [a, b]] as const);
  return JSON.stringify(Object.fromEntries(turned)) === JSON.stringify(stored);
}

function differences(mine: Saying, theirs: Saying): Detail {
  const detail: Detail = {};
  if (mine.status !== theirs.status) detail['status'] = [mine.status, theirs.status];
  if (mine.status === 'cancelled' || theirs.status === 'cancelled') return detail;
  if (plainCode(mine.idNumber) !== plainCode(theirs.idNumber)) detail['idNumber'] = [mine.idNumber, theirs.idNumber];
  if (plainName(mine.unitName) !== plainName(theirs.unitName)) detail['unitName'] = [mine.unitName, theirs.unitName];
  if (plainCode(mine.unitCode) !== plainCode(theirs.unitCode)) detail['unitCode'] = [mine.unitCode, theirs.unitCode];
  if (mine.encryptionCertificateId !== theirs.encryptionCertificateId) {
    detail['encryptionCertificate'] = [mine.encryptionTail, theirs.encryptionTail];
  }
  return detail;
}

/** What a row on record says; a superseded one counts as cancelled for its unit. */
export function sayingOf({ vault }: Workbench, row: rows.KeyRow): Saying {
  const { idNumber, unitName, unitCode } = vault.openRecord(row);
  return {
    unitId: row.unit_id,
    status: row.status === 'active' ? 'active' : 'cancelled',
    idNumber,
    unitName,
    unitCode,
    encryptionCertificateId: row.enc_certificate_id,
    encryptionTail: tailOf(vault.openCertificate(row.enc_certificate_id, row.enc_der_sealed)),
  };
}
