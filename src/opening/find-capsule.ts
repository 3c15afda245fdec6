import type { CapsuleItem } from '#envelope/capsule-port.ts';
import { hex } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { CapsuleTable, OpeningTable } from '#store/schema-opening.ts';
import type { Handle } from '#store/store.ts';
import { type Capsule, capsuleOf, wrappedOf, wrapsOfCapsule } from './capsules.ts';
import { gateOf, refusalOfGate } from './gate.ts';
import { readReference } from './reference.ts';
import { findOpening } from './repository.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';
import { wrongState } from './states.ts';

/** A unit's capsule by its bytes or its reference. Another unit's reads like one that does not exist (T44). */
export async function locate(
  { gm, vault }: Room,
  h: Handle,
  unitId: string,
  bytes: Uint8Array,
): Promise<CapsuleTable | undefined> {
  const owner = vault.index.owner(unitId);
  const reference = readReference(bytes);
  if (reference === undefined) return rows.capsuleByContent(h, vault.index.content(hex(gm.sm3(bytes))), owner);
  const row = await rows.findCapsule(h, reference.capsuleId);
  const same = row?.owner_index === owner && row.content_index === vault.index.content(reference.sm3);
  return same ? row : undefined;
}

export interface Openable {
  readonly opening: OpeningTable;
  readonly capsule: Capsule;
}

/**
 * A capsule that may be opened at this moment. The gate comes first: before it, nobody learns even what state a capsule is in.
 * NOT_YET_OPEN, TIME_DISTRUSTED, CAPSULE_REPLACED, CAPSULE_WITHDRAWN, OPENING_STATE, NOT_RELEASED, WINDOW_OVER.
 */
export async function openable(room: Room, h: Handle, row: CapsuleTable): Promise<Result<Openable>> {
  const opening = await findOpening(h, row.opening_id);
  if (opening === undefined) return refused(refusal('CAPSULE_UNKNOWN'));
  const gate = await gateOf(room.time, h, { opensAt: opening.opens_at }, { opensAt: row.opens_at });
  const closed = refusalOfGate(gate) ?? refusalOfCapsule(row) ?? refusalOfOpening(opening, gate.now);
  return closed === undefined ? ok({ opening, capsule: capsuleOf(room, row) }) : refused(closed);
}

function refusalOfCapsule(row: CapsuleTable): Refusal | undefined {
  switch (row.state) {
    case 'replaced':
      return refusal('CAPSULE_REPLACED');
    case 'withdrawn':
      return refusal('CAPSULE_WITHDRAWN');
    case 'returned':
      return wrongState('aborted');
    case 'sealed':
    case 'opened':
    case 'failed':
      return undefined;
  }
}

function refusalOfOpening(opening: OpeningTable, now: number): Refusal | undefined {
  switch (opening.state) {
    case 'announced':
    case 'releasing':
      return refusal('NOT_RELEASED');
    case 'ended':
    case 'aborted':
      return wrongState(opening.state);
    case 'released': {
      const ends = opening.window_ends_at ?? 0;
      return now < ends ? undefined : refusal('WINDOW_OVER', { time: beijingDateTime(ends) });
    }
  }
}

/** What the decryption page needs: the wraps of the bidder's half and nothing of the opening's. */
export async function itemOf(room: Room, h: Handle, { opening, capsule }: Openable): Promise<CapsuleItem> {
  const { record } = capsule;
  const wraps = await wrapsOfCapsule(room, h, capsule.id);
  return {
    capsuleId: capsule.id,
    openingId: capsule.openingId,
    lot: record.lot,
    label: record.label,
    taskId: record.taskId,
    standBy: record.standBy,
    bytes: capsule.bytes,
    windowEnds: opening.window_ends_at ?? 0,
    wraps: wraps
      .filter(({ wrap }) => wrap.kind === 'bidder' || wrap.kind === 'rewrap')
      .map(({ wrap, certificate }) => ({
        id: wrap.id,
        wrapped: wrappedOf(wrap),
        certificate: certificate === null ? undefined : room.vault.certificate(certificate),
      })),
  };
}
