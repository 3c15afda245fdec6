import { ownBids } from './may.ts';
import type { Picture, SeenBid } from './picture.ts';
import type { Proposal } from './proposal.ts';
import { has, type Seat } from './seat.ts';
import { partyName } from './words.ts';

/** Proposals tell of bidders and are the officers' business; an extension concerns everybody. */
export function proposalsFor(picture: Picture, seat: Seat | undefined) {
  const { proposals } = picture;
  const inside = has(seat, 'host', 'supervisor', 'custodian');
  const own = new Set(seat === undefined ? [] : ownBids(seat, picture.bids).map((bid) => bid.id));
  const shown = proposals.filter((one) => inside || one.bid === null || own.has(one.bid));
  return shown.slice(0, 50).map((one) => proposalView(picture, one, seat));
}

/** One of them as this seat sees it; `own`: he proposed it and may not decide it. */
export function proposalView(picture: Picture, one: Proposal, seat: Seat | undefined) {
  const bid = picture.bids?.find((each) => each.id === one.bid);
  return {
    proposal: one.id,
    kind: one.kind,
    remedy: one.remedy,
    title: one.title,
    state: one.state,
    reason: one.reason,
    basis: one.basis,
    bid: one.bid,
    bidder: one.bidder,
    cause: bid === undefined ? null : causeView(bid),
    minutes: one.minutes,
    until: one.until,
    proposedBy: one.by.title,
    proposedAt: one.proposedAt,
    decidedBy: one.decision?.by.title ?? null,
    decidedAt: one.decidedAt,
    opinion: one.decision?.opinion ?? null,
    lapsesAt: one.lapsesAt,
    own: seat !== undefined && one.proposerIndex === seat.personIndex,
  };
}

export const causeView = ({ cause }: SeenBid) =>
  cause === null
    ? null
    : {
        party: cause.party,
        name: partyName(cause.party),
        kind: cause.kind,
        sentence: cause.sentence,
        weight: cause.weight,
        evidence: cause.evidence.length,
      };
