import { RECOVERY_ALLOWED } from '../open-capsule.ts';
import type { ActName, ProposalKind, RemedyKind } from './acts.ts';
import { remediesToAsk, remediesToPropose } from './ladder.ts';
import { isOpened, type Picture, type SeenBid } from './picture.ts';
import { has, type Seat } from './seat.ts';

/** Custodians check in from an hour before. */
export const CHECK_IN_MS = 60 * 60_000;

/** One thing a seat may do now; acts of the page that are no `HallAct` stand here, too. */
export interface May {
  readonly act: Exclude<ActName, never> | 'check-in' | 'release' | 'recover' | 'decrypt' | 'rehearse' | 'rewrap';
  readonly lots?: readonly string[];
  readonly kinds?: readonly ProposalKind[];
  readonly remedies?: readonly RemedyKind[];
  readonly proposals?: readonly string[];
  readonly bids?: readonly string[];
}

/** Everything this seat may do now. The page shows these and nothing else; every act is asked here again before it is done. */
export function mayDo(seat: Seat | undefined, picture: Picture): May[] {
  if (seat === undefined) return [];
  return [
    ...(has(seat, 'host') ? hostMay(picture) : []),
    ...(has(seat, 'host', 'supervisor') ? proposing(picture) : []),
    ...deciding(seat, picture),
    ...withdrawing(seat, picture),
    ...(has(seat, 'custodian') ? [...custodianMay(seat, picture), ...recoveryMay(seat, picture)] : []),
    ...(seat.bidder === null ? [] : bidderMay(seat, picture)),
  ];
}

/** Codes of lots that have not enough bids and are not ended yet. */
export function lotsTooFew({ file, bids, lotEnds }: Picture): string[] {
  if (bids === undefined) return [];
  const ended = new Set(lotEnds.map((end) => end.lotId));
  return file.lots.flatMap((lot) => {
    if (ended.has(lot.id)) return [];
    return countOf(bids, lot.code) < file.opening.terms.rules.minimumBidders ? [lot.code] : [];
  });
}

export const countOf = (bids: readonly SeenBid[], lot: string): number => bids.filter((bid) => bid.lot === lot).length;

function hostMay(picture: Picture): May[] {
  const { phase, bids = [], hall, now } = picture;
  switch (phase) {
    case 'due': {
      const tooFew = lotsTooFew(picture);
      return tooFew.length > 0 ? [{ act: 'end-lot', lots: tooFew }] : [{ act: 'start' }];
    }
    case 'window':
      return running(bids, picture).every((bid) => bid.state === 'opened') ? [{ act: 'close-window' }] : [];
    case 'closed': {
      const objected = bids.filter((bid) => bid.response?.kind === 'objected' && bid.response.answer === null);
      const heard = running(bids, picture).every((bid) => bid.response !== null);
      const over = hall?.confirm_until != null && hall.confirm_until <= now;
      return [
        ...(objected.length > 0 ? [{ act: 'answer-objection' as const, bids: objected.map((bid) => bid.id) }] : []),
        ...(hall?.closed_at != null && (heard || over) ? [{ act: 'finish' as const }] : []),
      ];
    }
    case 'ended':
    case 'aborted':
      return hall?.finished_at == null ? [{ act: 'finish' }] : [];
    case 'before':
    case 'releasing':
    case 'finished':
      return [];
  }
}

/** Bids of lots that were not ended. */
export function running(bids: readonly SeenBid[], { lotEnds, file }: Picture): SeenBid[] {
  const ended = new Set(lotEnds.map((end) => file.lots.find((lot) => lot.id === end.lotId)?.code));
  return bids.filter((bid) => !ended.has(bid.lot));
}

function proposing(picture: Picture): May[] {
  const { rules } = picture.file.opening.terms;
  const kinds = kindsNow(picture);
  if (kinds.length === 0) return [];
  return [{ act: 'propose', kinds, remedies: kinds.includes('remedy') ? remediesToPropose(rules) : [] }];
}

function kindsNow({ phase, gate, file, bids = [] }: Picture): ProposalKind[] {
  const override: ProposalKind[] = !gate.open && gate.why === 'time' ? ['time-override'] : [];
  const remedy: ProposalKind[] = bids.some((bid) => bid.state !== 'opened') ? ['remedy'] : [];
  switch (phase) {
    case 'before':
      return ['postpone', 'abort', ...override];
    case 'due':
    case 'releasing':
      return ['abort'];
    case 'window': {
      const extend: ProposalKind[] = file.opening.terms.rules.remedies.includes('extend') ? ['extend'] : [];
      return [...extend, ...remedy, 'abort'];
    }
    case 'closed':
      return remedy;
    case 'finished':
    case 'ended':
    case 'aborted':
      return [];
  }
}

/** The second person: of the other office; where an opening has no supervisor, a custodian. Never who proposed. */
function deciding(seat: Seat, { proposals, file }: Picture): May[] {
  const supervised = file.persons.some((person) => person.role === 'supervisor');
  const keeps = seat.offices.some(isHolder);
  const entitled = supervised ? has(seat, 'host', 'supervisor') : has(seat, 'host') || keeps;
  if (!entitled) return [];
  const open = proposals.filter((one) => one.state === 'waiting' && one.proposerIndex !== seat.personIndex);
  return open.length === 0 ? [] : [{ act: 'decide', proposals: open.map((one) => one.id) }];
}

function withdrawing(seat: Seat, { proposals }: Picture): May[] {
  const own = proposals.filter((one) => one.state === 'waiting' && one.proposerIndex === seat.personIndex);
  return own.length === 0 ? [] : [{ act: 'withdraw', proposals: own.map((one) => one.id) }];
}

function custodianMay(seat: Seat, { phase, file, now, gate }: Picture): May[] {
  const own = file.persons.filter((person) => seat.offices.some((office) => office.id === person.id));
  const holder = own.find((person) => person.role === 'custodian' || person.role === 'deputy');
  if (holder === undefined) return [];
  if (!gate.open && gate.why === 'time') return OVER.includes(phase) ? [] : [{ act: 'state-clock' }];
  const taken = file.persons.some((person) => person.seat === holder.seat && isHolder(person) && person.releasedAt);
  if (phase === 'releasing') return taken ? [] : [{ act: 'release' }];
  const soon = (phase === 'before' || phase === 'due') && now >= file.opening.opensAt - CHECK_IN_MS;
  return soon && holder.checkedInAt === null ? [{ act: 'check-in' }] : [];
}

const OVER: readonly Picture['phase'][] = ['finished', 'ended', 'aborted'];

/** Files of a bid whose keys the recovery custodians may give back, and this one has not given yet. */
export function toRecover(bid: SeenBid, personId: string, { recovered }: Pick<Picture, 'recovered'>): string[] {
  const files = bid.files.filter((file) => !isOpened(file) && file.outcome === RECOVERY_ALLOWED);
  return files.flatMap(({ capsuleId }) => (recovered.has(`${capsuleId}/${personId}`) ? [] : [capsuleId]));
}

function recoveryMay(seat: Seat, picture: Picture): May[] {
  const office = seat.offices.find((one) => one.role === 'recovery');
  if (office === undefined || picture.phase !== 'window') return [];
  const bids = running(picture.bids ?? [], picture).filter((bid) => toRecover(bid, office.id, picture).length > 0);
  return bids.length === 0 ? [] : [{ act: 'recover', bids: bids.map((bid) => bid.id) }];
}

export const isHolder = (person: { readonly role: string }): boolean =>
  person.role === 'custodian' || person.role === 'deputy';

/** Bids of this seat's own company. */
export const ownBids = (seat: Seat, bids: readonly SeenBid[] | undefined): SeenBid[] =>
  seat.bidder === null ? [] : (bids ?? []).filter((bid) => bid.subscriberId === seat.bidder?.subscriberId);

function bidderMay(seat: Seat, picture: Picture): May[] {
  const { phase, hall, now, file } = picture;
  const own = running(ownBids(seat, picture.bids), picture);
  const closed = own.filter((bid) => bid.state !== 'opened');
  const idsOf = (bids: readonly SeenBid[]) => bids.map((bid) => bid.id);
  switch (phase) {
    case 'before':
      return [{ act: 'rehearse' }, { act: 'rewrap' }];
    case 'window':
      return closed.length === 0
        ? []
        : [
            { act: 'decrypt' },
            { act: 'ask-remedy', bids: idsOf(closed), remedies: remediesToAsk(file.opening.terms.rules) },
          ];
    case 'closed': {
      const silent = own.filter((bid) => bid.response === null);
      const until = hall?.confirm_until;
      if (silent.length === 0 || until == null || until <= now) return [];
      return [
        { act: 'confirm', bids: idsOf(silent) },
        { act: 'object', bids: idsOf(silent) },
      ];
    }
    case 'due':
    case 'releasing':
    case 'finished':
    case 'ended':
    case 'aborted':
      return [];
  }
}
