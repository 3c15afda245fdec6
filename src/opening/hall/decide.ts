import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import type { OpeningState } from '../opening.ts';
import { changeOpening, findOpening } from '../repository.ts';
import { capsulesOf } from '../repository-capsules.ts';
import type { HallAct } from './acts.ts';
import { actorOf, type Doing, speakerOf } from './doing.ts';
import type { Proposal } from './proposal.ts';
import { decideProposal } from './repository.ts';
import { type Hall, seal } from './room.ts';

/** The second person's word. With his consent the thing happens in this very transaction. PROPOSAL_OWN, PROPOSAL_DECIDED. */
export async function decide(
  hall: Hall,
  tx: Tx,
  { seat, picture }: Doing,
  act: Extract<HallAct, { act: 'decide' }>,
): Promise<Result<void>> {
  const proposal = picture.proposals.find((one) => one.id === act.proposal);
  if (proposal === undefined) return refused(refusal('PROPOSAL_DECIDED'));
  if (proposal.proposerIndex === seat.personIndex) return refused(refusal('PROPOSAL_OWN'));
  const sealed = seal(hall, 'hall_proposal', proposal.id, 'decision_sealed', {
    by: speakerOf(seat),
    opinion: act.opinion,
  });
  const by = { index: seat.personIndex, sealed };
  const first = await decideProposal(tx, proposal.id, act.agree ? 'confirmed' : 'refused', by, hall.clock.now());
  if (!first) return refused(refusal('PROPOSAL_DECIDED'));
  await hall.room.events.record(tx, {
    openingId: seat.openingId,
    kind: act.agree ? 'hall.confirmed' : 'hall.refused',
    actor: actorOf(seat),
    body: { proposal: proposal.id, what: proposal.kind, title: proposal.title, opinion: act.opinion },
    secrecy: 'public',
  });
  if (!act.agree) return ok(undefined);
  const done = await carryOut(hall, tx, { openingId: seat.openingId, proposal, byBoth: bothOf(proposal, seat.title) });
  // What cannot be done any more is not to be recorded as decided: the whole transaction is undone.
  if (!done.ok) throw new Undone(done);
  return done;
}

/** Carries a refusal out of a transaction that must not commit. */
export class Undone extends Error {
  readonly result: Result<never>;
  constructor(result: Result<never>) {
    super('undone');
    this.result = result;
  }
}

const bothOf = (proposal: Proposal, second: string): string => `${proposal.by.title}、${second}`;

interface Carrying {
  readonly openingId: string;
  readonly proposal: Proposal;
  readonly byBoth: string;
}

async function carryOut(
  hall: Hall,
  tx: Tx,
  { openingId, proposal, byBoth }: Carrying,
): Promise<Result<never> | Result<void>> {
  const actor = { kind: 'person' as const, id: proposal.id, name: byBoth };
  const now = hall.clock.now();
  switch (proposal.kind) {
    case 'extend': {
      const row = await findOpening(tx, openingId);
      const endsAt = row?.window_ends_at ?? 0;
      if (endsAt <= now) return refused(refusal('PROPOSAL_DECIDED'));
      const until = endsAt + (proposal.minutes ?? 0) * 60_000;
      if ((await changeOpening(tx, openingId, ['released'], { window_ends_at: until }, now)) === undefined)
        return refused(refusal('PROPOSAL_DECIDED'));
      const open = await capsulesOf(tx, openingId, ['sealed']);
      await hall.desk.windowMoved(
        tx,
        open.map((one) => one.id),
        until,
      );
      return ok(undefined);
    }
    case 'abort': {
      const states: OpeningState[] = ['announced', 'releasing', 'released'];
      const over = { state: 'aborted' as const, ended_at: now, release_sealed: '' };
      if ((await changeOpening(tx, openingId, states, over, now)) === undefined)
        return refused(refusal('PROPOSAL_DECIDED'));
      await hall.room.events.record(tx, {
        openingId,
        kind: 'opening.aborted',
        actor,
        body: { reason: proposal.reason },
        secrecy: 'public',
      });
      return ok(undefined);
    }
    case 'postpone': {
      const moved = await hall.desk.postpone(tx, openingId, proposal.until ?? 0, proposal.reason, actor);
      return moved.ok ? ok(undefined) : moved;
    }
    case 'time-override':
      await hall.room.time.believe(tx, 'override', { opening: openingId, proposal: proposal.id });
      return ok(undefined);
    case 'remedy':
      // The record of it is the effect: what a remedy brings is opened on the bidder's page or handed in at the trading system.
      return ok(undefined);
  }
}
