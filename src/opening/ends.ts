import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { OpeningState } from '#store/schema-opening.ts';
import type { Tx } from '#store/store.ts';
import { changed } from './changed.ts';
import { gateOf, refusalOfGate } from './gate.ts';
import type { Actor, Opening } from './opening.ts';
import { openingOf } from './read-opening.ts';
import * as openings from './repository.ts';
import { endCapsules } from './repository-ends.ts';
import { type Room, topicOf } from './room.ts';
import { wrongState } from './states.ts';

/** How an opening goes on and ends. Who may say so, with whom and why, is the hall's; here it is done, in the hall's transaction. */

/** The window ends later. Refused once the opening has ended. */
export async function extendWindow(
  room: Room,
  tx: Tx,
  openingId: string,
  by: { readonly ms: number; readonly actor: Actor; readonly reason: string },
): Promise<Result<Opening>> {
  const row = await openings.findOpening(tx, openingId);
  if (row?.state !== 'released' || row.window_ends_at === null) return refused(wrongState(row?.state ?? 'ended'));
  const now = room.clock.now();
  // An extension decided after the end runs from now: the minutes it grants are minutes that can be used.
  const endsAt = Math.max(row.window_ends_at, now) + by.ms;
  return step(room, tx, openingId, {
    from: ['released'],
    change: { window_ends_at: endsAt },
    event: { kind: 'window.extended', actor: by.actor, body: { reason: by.reason, ms: by.ms, endsAt } },
  });
}

/** The host closes the opening: what has not opened stays as it is and is `failed`. The release key goes. */
export async function endOpening(room: Room, tx: Tx, openingId: string, actor: Actor): Promise<Result<Opening>> {
  const now = room.clock.now();
  return step(room, tx, openingId, {
    from: ['released'],
    change: { state: 'ended', ended_at: now, release_sealed: null },
    event: { kind: 'opening.ended', actor, body: {} },
    capsules: 'failed',
  });
}

/** Nothing (more) is opened; capsules that are closed stay closed for good. */
export async function abortOpening(
  room: Room,
  tx: Tx,
  openingId: string,
  by: { readonly actor: Actor; readonly reason: string },
): Promise<Result<Opening>> {
  const now = room.clock.now();
  return step(room, tx, openingId, {
    from: ['announced', 'releasing', 'released'],
    change: { state: 'aborted', ended_at: now, release_sealed: null },
    event: { kind: 'opening.aborted', actor: by.actor, body: { reason: by.reason } },
    capsules: 'returned',
  });
}

/** Fewer than three: one lot ends before any release, behind the gate; its capsules go back unopened and no K_o of theirs is ever unwrapped. */
export async function returnLot(
  room: Room,
  tx: Tx,
  openingId: string,
  by: { readonly lot: string; readonly actor: Actor; readonly reason: string },
): Promise<Result<Opening>> {
  const row = await openings.findOpening(tx, openingId);
  if (row === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const closed = refusalOfGate(await gateOf(room.time, tx, { opensAt: row.opens_at }));
  if (closed !== undefined) return refused(closed);
  if (row.state !== 'announced') return refused(wrongState(row.state));
  const lotIndex = room.vault.index.lot(openingId, by.lot);
  await endCapsules(tx, openingId, lotIndex, 'returned', room.clock.now());
  await room.events.record(tx, {
    openingId,
    kind: 'lot.returned',
    actor: by.actor,
    body: { lot: by.lot, reason: by.reason },
    secrecy: 'public',
  });
  await changed(room, tx, openingId);
  return ok(openingOf(room.vault, row));
}

interface Step {
  readonly from: readonly OpeningState[];
  readonly change: Parameters<typeof openings.changeOpening>[3];
  readonly event: { readonly kind: string; readonly actor: Actor; readonly body: Record<string, string | number> };
  /** What becomes of the capsules that are still closed. */
  readonly capsules?: 'failed' | 'returned';
}

async function step(room: Room, tx: Tx, openingId: string, step: Step): Promise<Result<Opening>> {
  const now = room.clock.now();
  const row = await openings.changeOpening(tx, openingId, step.from, step.change, now);
  if (row === undefined) {
    const present = await openings.findOpening(tx, openingId);
    return refused(present === undefined ? refusal('OPENING_UNKNOWN') : wrongState(present.state));
  }
  if (step.capsules !== undefined) await endCapsules(tx, openingId, null, step.capsules, now);
  await room.events.record(tx, { openingId, ...step.event, secrecy: 'public' });
  tx.notify(topicOf(openingId));
  return ok(openingOf(room.vault, row));
}
