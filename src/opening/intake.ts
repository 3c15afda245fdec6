import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { CapsuleTable, CapsuleWrapTable } from '#store/schema-opening.ts';
import { isUniqueViolation, type Tx } from '#store/store.ts';
import type { HeldKey } from '#subscriber/find-holder.ts';
import { CapsuleFault } from './capsule/fault.ts';
import { makeReceipt, type SignedReceipt } from './capsule/receipt.ts';
import { recordSm3 } from './capsule/record.ts';
import { beginIntake, type Structure } from './capsule/structure.ts';
import type { Wrap } from './capsule/wraps.ts';
import { type CapsuleRecord, capsuleOf } from './capsules.ts';
import { misfit } from './head-fits.ts';
import { judgeForSealing } from './judge-for-sealing.ts';
import { openingOf } from './read-opening.ts';
import { writeReference } from './reference.ts';
import { findOpening } from './repository.ts';
import { blobIsNamed } from './repository-blobs.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { refusalOfSize } from './sizes.ts';
import { refusalOfState } from './states.ts';
import { ownOpening } from './ticket.ts';

export interface SealedUpload {
  readonly openingId: string;
  readonly lot: string;
  readonly taskId: string;
  /** What people may call it; '' for nothing. */
  readonly label: string;
  readonly standBy: string | null;
  readonly sealedBy: 'client' | 'hub';
}

export interface TakenIn {
  readonly capsuleId: string;
  readonly version: number;
  /** To be brought back as `encData`, base64. */
  readonly reference: string;
  readonly receipt: SignedReceipt;
}

/**
 * Takes a capsule in: read once, as it arrives, checked without keys, body to disk, everything else in one transaction. It counts as handed in when that
 * transaction decides, and the decision is refused from the very millisecond of closesAt on. The same capsule again is the same receipt; another one for
 * the same (lot, taskId) is the next version, and only the last opens. What `source` throws passes through.
 */
export async function takeIn(
  room: Room,
  unit: Unit,
  upload: SealedUpload,
  source: AsyncIterable<Uint8Array>,
): Promise<Result<TakenIn>> {
  const file = await ownOpening(room, room.store.read, unit, upload.openingId);
  if (!file.ok) return file;
  const { opening, lots, persons } = file.value;
  if (!lots.some((lot) => lot.code === upload.lot)) return refused(refusal('LOT_UNKNOWN'));
  const closed = refusalOfState(opening, room.clock.now());
  if (closed !== undefined) return refused(closed);
  try {
    const intake = await beginIntake(room.gm, source);
    const recovery = persons.filter((person) => person.role === 'recovery');
    const reason = misfit(room, intake.head, { opening, recovery, ...upload });
    if (reason !== undefined) return refused(refusal('CAPSULE_MISMATCH', { reason }));
    const size = refusalOfSize(unit, intake.head.header.padded);
    if (size !== undefined) return refused(size);
    const holder = await judgeForSealing(room, unit, intake.head.header);
    if (!holder.ok) return holder;
    const blob = await room.blobs.write(intake.body, intake.bodyBytes);
    const structure = { head: intake.head, bytes: intake.head.bytes.length + intake.bodyBytes, sm3: intake.sm3() };
    const taken = await keep(room, unit, { upload, structure, blobId: blob.id, holder: holder.value });
    if (!taken.ok && !(await blobIsNamed(room.store.read, blob.id))) await room.blobs.remove(blob.id);
    return taken;
  } catch (error) {
    if (error instanceof CapsuleFault) return refused(refusal('CAPSULE_MALFORMED', {}, error.message));
    throw error;
  }
}

interface Keeping {
  readonly upload: SealedUpload;
  readonly structure: Structure;
  readonly blobId: string;
  readonly holder: HeldKey;
}

async function keep(room: Room, unit: Unit, keeping: Keeping): Promise<Result<TakenIn>> {
  const { taskId } = keeping.upload;
  const uploadIndex = room.vault.index.upload(unit.id, taskId, keeping.structure.sm3);
  try {
    return await room.store.tx(async (tx) => {
      const same = await rows.capsuleByUpload(tx, uploadIndex);
      return same === undefined ? insert(room, tx, unit, keeping, uploadIndex) : ok(takenOf(room, same));
    });
  } catch (error) {
    const same = isUniqueViolation(error) ? await rows.capsuleByUpload(room.store.read, uploadIndex) : undefined;
    if (same === undefined) throw error;
    return ok(takenOf(room, same));
  }
}

async function insert(
  room: Room,
  tx: Tx,
  unit: Unit,
  { upload, structure, blobId, holder }: Keeping,
  uploadIndex: string,
): Promise<Result<TakenIn>> {
  const { vault, clock, random, gm } = room;
  const row = await findOpening(tx, upload.openingId);
  const now = clock.now();
  const late = row === undefined ? refusal('OPENING_UNKNOWN') : refusalOfState(openingOf(vault, row), now);
  if (late !== undefined) return refused(late);
  const slot = vault.index.slot(unit.id, upload.openingId, upload.lot, upload.taskId);
  const before = await rows.newestOfSlot(tx, slot);
  if (before?.state === 'sealed')
    await rows.changeCapsule(tx, before.id, ['sealed'], { state: 'replaced', ended_at: now, updated_at: now });
  const last = before && capsuleOf(room, before).record.receipts.at(-1);
  const id = newId('cap', random);
  const version = (before?.version ?? 0) + 1;
  const receipt = await makeReceipt(gm, room.signingKey, {
    event: before?.state === 'sealed' ? 'replaced' : 'sealed',
    capsule: id,
    version,
    previous: last === undefined ? null : recordSm3(gm, last.record),
    at: now,
    structure,
    wraps: structure.head.wraps,
  });
  const { header } = structure.head;
  const record: CapsuleRecord = {
    unitId: unit.id,
    orgcode: row?.orgcode ?? '',
    taskId: upload.taskId,
    lot: upload.lot,
    bidder: header.bidder,
    bidderName: holder.holder.unitName === '' ? holder.holder.userName : holder.holder.unitName,
    subscriberId: holder.subscriberId,
    authorityId: holder.authorityId,
    label: upload.label,
    standBy: upload.standBy,
    sm3: structure.sm3,
    sealedBy: header.sealedBy,
    receipts: [receipt],
  };
  const capsule: CapsuleTable = {
    id,
    opening_id: upload.openingId,
    lot_index: vault.index.lot(upload.openingId, upload.lot),
    owner_index: vault.index.owner(unit.id),
    slot_index: slot,
    upload_index: uploadIndex,
    bidder_index: vault.index.key(holder.certificate),
    version,
    state: 'sealed',
    record_sealed: vault.seal('capsule', id, 'record_sealed', record),
    head_sealed: vault.sealBytes('capsule', id, 'head_sealed', structure.head.bytes),
    blob_id: blobId,
    bytes: structure.bytes,
    content_index: vault.index.content(structure.sm3),
    opens_at: header.opensAt,
    sealed_at: now,
    outcome: null,
    outcome_sealed: null,
    key_sealed: null,
    ended_at: null,
    updated_at: now,
  };
  const wraps = structure.head.wraps.map((wrap) => wrapRow(room, id, wrap, holder, now));
  await rows.insertCapsule(tx, capsule, wraps);
  await room.events.record(tx, {
    openingId: upload.openingId,
    kind: before?.state === 'sealed' ? 'capsule.replaced' : 'capsule.sealed',
    actor: { kind: 'unit', id: unit.id, name: unit.name },
    capsuleId: id,
    body: { version, receipt: recordSm3(gm, receipt.record) },
    secrecy: 'closed',
  });
  return ok(takenOf(room, capsule));
}

function takenOf(room: Room, row: CapsuleTable): TakenIn {
  const { record } = capsuleOf(room, row);
  const [receipt] = record.receipts;
  if (receipt === undefined) throw new Error('a capsule without a receipt');
  const reference = base64(writeReference({ capsuleId: row.id, sm3: record.sm3 }));
  return { capsuleId: row.id, version: row.version, reference, receipt };
}

/** The bidder's first certificate is known; what other recipients and the recovery custodians have is theirs to find by its SM3. */
function wrapRow(
  { vault, random }: Room,
  capsuleId: string,
  wrap: Wrap,
  holder: HeldKey,
  now: number,
): CapsuleWrapTable {
  const id = newId('wrp', random);
  const own = wrap.kind === 'bidder' && wrap.certificateSm3 === holder.certificate.fingerprint;
  const record = { wrap, certificate: own ? base64(holder.certificate.der) : null };
  const kind = wrap.kind === 'rewrap' ? 'bidder' : wrap.kind;
  return {
    id,
    capsule_id: capsuleId,
    kind,
    spki_index: own ? vault.index.key(holder.certificate) : '',
    record_sealed: vault.seal('capsule_wrap', id, 'record_sealed', record),
    created_at: now,
  };
}
