import { countOf, lotsTooFew, ownBids } from './may.ts';
import { type BidState, isOpened, type Picture, type SeenBid } from './picture.ts';
import { causeView, proposalView } from './proposals-seen.ts';
import { has, mainRole, type Seat } from './seat.ts';
import type { Sight } from './sight.ts';
import { noteOf, secondsOf } from './words.ts';

/** How many bids are where. */
export const tallyOf = (bids: readonly SeenBid[]) => {
  const count = (state: BidState) => bids.filter((bid) => bid.state === state).length;
  return { opened: count('opened'), working: count('working'), failed: count('failed'), waiting: count('waiting') };
};

/** The bids that this seat may see: a bidder his own, everybody else all, or with `number` none but how many. */
export function boardOf(picture: Picture, seat: Seat | undefined, sight: Sight) {
  const bids = picture.bids ?? [];
  const tooFew = new Set(lotsTooFew(picture));
  const onlyOwn = seat !== undefined && mainRole(seat.roles) === 'bidder';
  const rows = sight === 'number' ? [] : onlyOwn ? ownBids(seat, bids) : bids;
  return {
    total: bids.length,
    tally: tallyOf(bids),
    rows: rows.map((bid) => rowOf(picture, bid, seat)),
    lots: picture.file.lots.map((lot) => ({
      lot: lot.code,
      total: countOf(bids, lot.code),
      tooFew: tooFew.has(lot.code) || picture.lotEnds.some((end) => end.lotId === lot.id),
      tally: tallyOf(bids.filter((bid) => bid.lot === lot.code)),
    })),
  };
}

/** One bid: why it did not open and what is proposed about it is told to the officers and to its bidder. */
export function rowOf(picture: Picture, bid: SeenBid, seat: Seat | undefined) {
  const own = seat?.bidder?.subscriberId === bid.subscriberId;
  const inside = own || has(seat, 'host', 'supervisor');
  const remedy = picture.proposals.find(
    (one) => one.kind === 'remedy' && one.bid === bid.id && (one.state === 'waiting' || one.state === 'confirmed'),
  );
  return {
    bid: bid.id,
    place: bid.place,
    lot: bid.lot,
    bidder: bid.bidder,
    state: bid.state,
    files: { opened: bid.files.filter(isOpened).length, total: bid.files.length },
    seconds: secondsOf(bid),
    note: inside || bid.state !== 'failed' ? noteOf(bid) : '',
    openedAt: bid.openedAt,
    cause: inside ? causeView(bid) : null,
    remedy: inside && remedy !== undefined ? proposalView(picture, remedy, seat) : null,
    said:
      bid.response === null
        ? null
        : {
            kind: bid.response.kind,
            at: bid.response.at,
            text: inside ? bid.response.text : null,
            answer: inside ? bid.response.answer : null,
          },
  };
}
