import type { PageNote } from '#envelope/capsule-port.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { gateOf } from '../gate.ts';
import { findOpening } from '../repository.ts';
import { findCapsule } from '../repository-capsules.ts';
import type { HubFact, ReportFact } from './facts.ts';
import { ownBids } from './may.ts';
import { note } from './note.ts';
import { isOpened, pictureOf } from './picture.ts';
import { deliveredSince } from './repository.ts';
import { type Hall, touch } from './room.ts';
import type { Seat } from './seat.ts';

/** The same report within a minute says nothing new. */
const ONCE_MS = 60_000;

/** A bidder's page says what it met: kept for each of his files that are still closed, and believed as a report. Only while the window runs. */
export async function report(
  hall: Hall,
  seat: Seat,
  said: { what: ReportFact['what']; tail: string | null },
): Promise<Result<void>> {
  const picture = await pictureOf(hall, seat.openingId);
  if (picture?.phase !== 'window' || seat.bidder === null) return refused(refusal('INPUT_NOT_ALLOWED'));
  const files = ownBids(seat, picture.bids).flatMap((bid) => bid.files.filter((file) => !isOpened(file)));
  await noteAtPage(
    hall,
    files.map((file) => file.capsuleId),
    { kind: 'report', ...said },
  );
  return ok(undefined);
}

/** What a decryption page met or said of these capsules; nothing is written before the gate, nor of a capsule that is unknown. */
export async function noteAtPage(
  hall: Hall,
  capsules: readonly string[],
  fact: ReportFact | Extract<HubFact, { kind: 'page-entered' | 'vendor-failed' | 'renewed' | 'expired' }>,
): Promise<void> {
  const touched = new Set<string>();
  await hall.store.tx(async (tx) => {
    for (const capsuleId of capsules) {
      const capsule = await findCapsule(tx, capsuleId);
      const opening = capsule && (await findOpening(tx, capsule.opening_id));
      if (capsule === undefined || opening === undefined) continue;
      if (!(await gateOf(hall.room.time, tx, { opensAt: opening.opens_at })).open) continue;
      if (await note(hall, tx, opening.id, capsuleId, fact, ONCE_MS)) touched.add(opening.id);
    }
    for (const openingId of touched) await touch(hall, tx, openingId);
  });
}

/** For the port of the decryption pages. */
export async function notePage(hall: Hall, capsules: readonly string[], note: PageNote): Promise<void> {
  switch (note.what) {
    case 'entered':
      return noteAtPage(hall, capsules, { kind: 'page-entered' });
    case 'renewed':
      return noteAtPage(hall, capsules, { kind: 'renewed', tail: note.tail, newTail: note.newTail });
    case 'expired':
      return noteAtPage(hall, capsules, { kind: 'expired', tail: note.tail });
    case 'reported':
      return noteAtPage(hall, capsules, { kind: 'report', what: note.report, tail: note.tail });
    case 'vendor-failed': {
      const { authority, name, why } = note;
      // A message that reached its trading system in this very minute shows that the hub's own network works.
      const othersReached = await deliveredSince(hall.store.read, hall.clock.now() - ONCE_MS);
      return noteAtPage(hall, capsules, { kind: 'vendor-failed', authority, name, why, othersReached });
    }
  }
}
