import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { makeReceipt, type SignedReceipt } from './capsule/receipt.ts';
import { recordSm3 } from './capsule/record.ts';
import { type CapsuleRecord, capsuleOf, wrapsOfCapsule } from './capsules.ts';
import { openingOf } from './read-opening.ts';
import { findOpening } from './repository.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { refusalOfState } from './states.ts';

/**
 * Takes a bid back before the deadline, to the same millisecond as intake. Its bytes stay, closed for good; a later upload of the same (lot, taskId) is the next
 * version. A second call gets the same receipt. CAPSULE_UNKNOWN, CAPSULE_REPLACED, OPENING_CLOSED, OPENING_STATE.
 */
export async function withdraw(room: Room, unit: Unit, openingId: string, id: string): Promise<Result<SignedReceipt>> {
  const { store, vault, gm, clock } = room;
  return store.tx(async (tx) => {
    const row = await rows.findCapsule(tx, id);
    if (row?.owner_index !== vault.index.owner(unit.id) || row.opening_id !== openingId)
      return refused(refusal('CAPSULE_UNKNOWN'));
    const capsule = capsuleOf(room, row);
    const last = capsule.record.receipts.at(-1);
    if (row.state === 'withdrawn' && last !== undefined) return ok(last);
    if (row.state !== 'sealed')
      return refused(refusal(row.state === 'replaced' ? 'CAPSULE_REPLACED' : 'CAPSULE_UNKNOWN'));
    const opening = await findOpening(tx, openingId);
    const now = clock.now();
    const closed = opening === undefined ? refusal('OPENING_UNKNOWN') : refusalOfState(openingOf(vault, opening), now);
    if (closed !== undefined) return refused(closed);
    const receipt = await makeReceipt(gm, room.signingKey, {
      event: 'withdrawn',
      capsule: id,
      version: row.version,
      previous: last === undefined ? null : recordSm3(gm, last.record),
      at: now,
      structure: { head: capsule.head, bytes: capsule.bytes, sm3: capsule.record.sm3 },
      wraps: (await wrapsOfCapsule(room, tx, id)).map(({ wrap }) => wrap),
    });
    const record: CapsuleRecord = { ...capsule.record, receipts: [...capsule.record.receipts, receipt] };
    const sealed = vault.seal('capsule', id, 'record_sealed', record);
    const change = { state: 'withdrawn' as const, record_sealed: sealed, ended_at: now, updated_at: now };
    await rows.changeCapsule(tx, id, ['sealed'], change);
    await room.events.record(tx, {
      openingId,
      kind: 'capsule.withdrawn',
      actor: { kind: 'unit', id: unit.id, name: unit.name },
      capsuleId: id,
      body: { receipt: recordSm3(gm, receipt.record) },
      secrecy: 'closed',
    });
    return ok(receipt);
  });
}
