import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import type { Actor } from '../opening.ts';
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
  const done = await carryOut(hall, tx, { openingId: seat.openingId, proposal, second: actorOf(seat) });
  // What cannot be done any more is not to be recorded as decided: the whole transaction is undone.
  if (!done.ok) throw new Undone(done);
  return ok(undefined);
}

/** Carries a refusal out of a transaction that must not commit. */
export class Undone extends Error {
  readonly result: Result<never>;
  constructor(result: Result<never>) {
    super('undone');
    this.result = result;
  }
}

interface Carrying {
  readonly openingId: string;
  readonly proposal: Proposal;
  readonly second: Actor;
}

/** In the transaction of the second person's word; what cannot be done any more undoes that word, too. */
async function carryOut(hall: Hall, tx: Tx, { openingId, proposal, second }: Carrying): Promise<Result<unknown>> {
  const { openings } = hall;
  const first: Actor = { kind: 'person', id: proposal.by.id, name: `${proposal.by.title} ${proposal.by.name}` };
  const actor: Actor = { kind: 'person', id: proposal.by.id, name: `${proposal.by.title}、${second.name}` };
  const { reason } = proposal;
  switch (proposal.kind) {
    case 'extend': {
      const moved = await openings.extend(tx, openingId, { ms: (proposal.minutes ?? 0) * 60_000, actor, reason });
      if (!moved.ok) return moved;
      const open = await capsulesOf(tx, openingId, ['sealed']);
      const ids = open.map((one) => one.id);
      await hall.envelopes.windowMoved(tx, ids, moved.value.windowEndsAt ?? 0);
      return moved;
    }
    case 'abort':
      return openings.abort(tx, openingId, { actor, reason });
    case 'postpone':
      return openings.postpone(tx, openingId, { opensAt: proposal.until ?? 0, reason }, actor);
    case 'time-override':
      return openings.overrideClock(tx, openingId, { actors: [first, second], reason });
    case 'remedy': {
      if (proposal.remedy !== 'key-recovery') return ok(undefined);
      for (const capsule of proposal.capsules) {
        const allowed = await openings.allowRecovery(tx, capsule, { actor, reason });
        if (!allowed.ok && allowed.refusal.code !== 'CAPSULE_UNKNOWN') return allowed;
      }
      return ok(undefined);
    }
  }
}
