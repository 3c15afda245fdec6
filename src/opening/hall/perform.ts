import { type Refusal, refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import type { Actor } from '../opening.ts';
import { topicOf } from '../room.ts';
import type { HallAct } from './acts.ts';
import { decide, Undone } from './decide.ts';
import { actorOf, type Doing } from './doing.ts';
import { isHolder, type May, mayDo, ownBids } from './may.ts';
import type { Picture } from './picture.ts';
import { propose } from './propose.ts';
import * as rows from './repository.ts';
import { type Hall, seal, touch } from './room.ts';
import { has, type Seat } from './seat.ts';
import { whoMay } from './who.ts';

/** How long bidders may confirm or object. */
export const CONFIRM_MS = 15 * 60_000;

/**
 * Does what was asked, in one transaction with its record. Asked once more whether this seat may do it now: between the page's view and this moment the gate may
 * have closed, the window ended, or somebody else have done it. HALL_NOT_YOURS, and what each act says.
 */
export async function perform(hall: Hall, tx: Tx, doing: Doing, act: HallAct): Promise<Result<void>> {
  const { seat, picture } = doing;
  const may = mayDo(seat, picture).find((one) => one.act === act.act);
  if (may === undefined) return refused(whyNot(seat, picture, act));
  const done = await doIt(hall, tx, doing, act, may);
  if (done.ok) {
    await touch(hall, tx, seat.openingId);
    tx.notify(topicOf(seat.openingId));
  }
  return done;
}

/** The sentence that helps, where a plain "not yours" would not. Numbers are the host's alone. */
export function whyNot(seat: Seat, { phase, bids, file }: Picture, act: HallAct): Refusal {
  if (!has(seat, 'host') && (act.act === 'start' || act.act === 'end-lot'))
    return refusal('HALL_NOT_YOURS', { who: whoMay(act.act) });
  if (act.act === 'start' && phase === 'due') {
    const least = String(file.opening.terms.rules.minimumBidders);
    return refusal('HALL_TOO_FEW', { count: String(bids?.length ?? 0), least });
  }
  if (act.act === 'end-lot' && phase === 'due') return refusal('HALL_ENOUGH');
  if (act.act === 'decide') return refusal('PROPOSAL_OWN');
  if (act.act === 'confirm' || act.act === 'object') return refusal('RESPONSE_CLOSED');
  return refusal('HALL_NOT_YOURS', { who: whoMay(act.act) });
}

async function doIt(hall: Hall, tx: Tx, doing: Doing, act: HallAct, may: May): Promise<Result<void>> {
  switch (act.act) {
    case 'start': {
      const begun = await hall.openings.begin(tx, doing.seat.openingId, actorOf(doing.seat));
      return begun.ok ? ok(undefined) : begun;
    }
    case 'end-lot':
      return endLot(hall, tx, doing, act, may);
    case 'close-window':
      return closeWindow(hall, tx, doing.seat.openingId, actorOf(doing.seat), act.reason);
    case 'propose':
      return propose(hall, tx, doing, act, may);
    case 'decide':
      return decide(hall, tx, doing, act);
    case 'withdraw':
      return withdraw(hall, tx, doing, act.proposal);
    case 'ask-remedy':
      return askRemedy(hall, tx, doing, act);
    case 'confirm':
      return respond(hall, tx, doing, { bid: act.bid, kind: 'confirmed', text: '' });
    case 'object':
      return respond(hall, tx, doing, { bid: act.bid, kind: 'objected', text: act.reason });
    case 'answer-objection':
      return answer(hall, tx, doing, act.bid, act.answer);
    case 'state-clock': {
      const stated = await stateClock(hall, tx, doing, act.statedAt);
      return stated.ok ? ok(undefined) : stated;
    }
    case 'finish':
      // The minutes are made outside of this transaction (finish.ts).
      return ok(undefined);
  }
}

/** By his own watch: the signature is over the very time, because the challenge's nonce is the act's. */
function stateClock(hall: Hall, tx: Tx, { seat }: Doing, statedAt: number) {
  const person = seat.offices.find(isHolder)?.id ?? '';
  return hall.openings.stateClock(tx, { openingId: seat.openingId, personId: person, statedAt });
}

/** Fewer than the law wants, before any release: the lot's capsules stay closed and go back as they came. */
async function endLot(
  hall: Hall,
  tx: Tx,
  { seat, picture }: Doing,
  { lot, reason }: { lot: string; reason: string },
  may: May,
): Promise<Result<void>> {
  const found = picture.file.lots.find((one) => one.code === lot);
  if (found === undefined || may.lots?.includes(lot) !== true) return refused(refusal('HALL_ENOUGH'));
  const now = hall.clock.now();
  const openingId = seat.openingId;
  const own = (picture.bids ?? []).filter((bid) => bid.lot === lot);
  const record = { reason, count: own.length, by: actorOf(seat).name };
  const first = await rows.insertLotEnd(tx, {
    opening_id: openingId,
    lot_id: found.id,
    record_sealed: seal(hall, 'hall_lot_end', `${openingId}/${found.id}`, 'record_sealed', record),
    at: now,
  });
  if (!first) return refused(refusal('HALL_ENOUGH'));
  const by = { actor: actorOf(seat), reason };
  const returned = await hall.openings.returnLot(tx, openingId, { ...by, lot });
  if (!returned.ok) throw new Undone(returned);
  if (picture.lotEnds.length + 1 < picture.file.lots.length) return ok(undefined);
  const aborted = await hall.openings.abort(tx, openingId, by);
  if (!aborted.ok) throw new Undone(aborted);
  return ok(undefined);
}

/** The window is over, by the host when all have opened or by the clock; whoever has not opened has not. */
export async function closeWindow(
  hall: Hall,
  tx: Tx,
  openingId: string,
  actor: Actor,
  reason: string,
): Promise<Result<void>> {
  const now = hall.clock.now();
  const first = await rows.closeHall(tx, openingId, now, now + CONFIRM_MS);
  if (!first) return refused(refusal('HALL_NOT_YOURS', { who: whoMay('close-window') }));
  await hall.room.events.record(tx, {
    openingId,
    kind: 'hall.window-closed',
    actor,
    body: { reason },
    secrecy: 'public',
  });
  return ok(undefined);
}

async function withdraw(hall: Hall, tx: Tx, { seat, picture }: Doing, id: string): Promise<Result<void>> {
  const proposal = picture.proposals.find((one) => one.id === id);
  const first = await rows.withdrawProposal(tx, id, seat.personIndex, hall.clock.now());
  if (!first || proposal === undefined) return refused(refusal('PROPOSAL_DECIDED'));
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: 'hall.proposal-withdrawn',
    actor: actorOf(seat),
    body: { proposal: id, title: proposal.title },
    secrecy: 'public',
  });
  return ok(undefined);
}

/** A bidder asks; the host and a second person decide whether anything comes of it. */
async function askRemedy(
  hall: Hall,
  tx: Tx,
  { seat, picture }: Doing,
  act: Extract<HallAct, { act: 'ask-remedy' }>,
): Promise<Result<void>> {
  const bid = ownBids(seat, picture.bids).find((one) => one.id === act.bid);
  if (bid === undefined) return refused(refusal('HALL_NOT_YOURS', { who: '投标人本人' }));
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: 'hall.remedy-asked',
    actor: { ...actorOf(seat), name: bid.bidder },
    body: { bid: bid.id, remedy: act.remedy, reason: act.reason },
    secrecy: 'public',
  });
  return ok(undefined);
}

async function respond(
  hall: Hall,
  tx: Tx,
  { seat, picture }: Doing,
  said: { bid: string; kind: 'confirmed' | 'objected'; text: string },
): Promise<Result<void>> {
  const bid = ownBids(seat, picture.bids).find((one) => one.id === said.bid);
  if (bid === undefined) return refused(refusal('HALL_NOT_YOURS', { who: '投标人本人' }));
  const id = newId('rsp', hall.random);
  const first = await rows.insertResponse(tx, {
    id,
    opening_id: seat.openingId,
    bid_id: bid.id,
    kind: said.kind,
    record_sealed: seal(hall, 'hall_response', id, 'record_sealed', {
      text: said.text,
      by: bid.bidder,
      tail: seat.tail,
      authority: seat.authorityName,
    }),
    answer_sealed: null,
    at: hall.clock.now(),
    answered_at: null,
  });
  if (!first) return refused(refusal('RESPONSE_GIVEN'));
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: 'hall.responded',
    actor: { ...actorOf(seat), name: bid.bidder },
    body: { bid: bid.id, kind: said.kind, text: said.text },
    secrecy: 'public',
  });
  return ok(undefined);
}

async function answer(hall: Hall, tx: Tx, { seat, picture }: Doing, bid: string, text: string): Promise<Result<void>> {
  const row = (await rows.responsesOf(tx, picture.file.opening.id)).find((one) => one.bid_id === bid);
  if (row === undefined) return refused(refusal('PROPOSAL_DECIDED'));
  const sealed = seal(hall, 'hall_response', row.id, 'answer_sealed', { text, by: actorOf(seat).name });
  if (!(await rows.answerResponse(tx, seat.openingId, bid, sealed, hall.clock.now())))
    return refused(refusal('PROPOSAL_DECIDED'));
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: 'hall.answered',
    actor: actorOf(seat),
    body: { bid, text },
    secrecy: 'public',
  });
  return ok(undefined);
}
