import { beijingDate } from '#kernel/clock.ts';
import type { Certificate } from '#pki/certificate.ts';
import { tailOf } from '#pki/certificate.ts';
import { wrapsOfCapsule } from '../capsules.ts';
import { lastRehearsal, rewraps } from './bidder-acts.ts';
import type { Incident } from './incident.ts';
import { remediesToAsk, rungOf } from './ladder.ts';
import { CHECK_IN_MS, countOf, isHolder, lotsTooFew, type May, mayDo, ownBids } from './may.ts';
import { type BidState, type HallPhase, isOpened, type Picture, pictureOf, type SeenBid } from './picture.ts';
import type { Proposal } from './proposal.ts';
import type { Hall } from './room.ts';
import { has, mainRole, type Seat } from './seat.ts';
import { eventSentence, noteOf, partyName, secondsOf, type Tone } from './words.ts';

/** How much of the bids somebody may see now. `number`: only how many. */
type Sight = 'nothing' | 'number' | 'all';

/**
 * Before the gate nobody sees anything. At the opening time the host learns the number, and he alone, so that with fewer than three he can end it before anything
 * is released; with the release supervisors follow; with the window it is a public opening.
 */
export function sightOf(seat: Seat | undefined, phase: HallPhase): Sight {
  switch (phase) {
    case 'before':
      return 'nothing';
    case 'due':
      return has(seat, 'host') ? 'number' : 'nothing';
    case 'releasing':
      if (has(seat, 'host', 'supervisor')) return 'all';
      return seat === undefined ? 'nothing' : 'number';
    case 'ended':
    case 'aborted':
      return has(seat, 'host', 'supervisor') ? 'number' : 'nothing';
    case 'window':
    case 'closed':
    case 'finished':
      return 'all';
  }
}

/** A certificate that opens something; the edge adds its vendor's support links. */
export interface Needed {
  readonly holder: string;
  readonly authorityId: string | null;
  readonly tail: string;
  readonly notAfter: string;
  readonly expired: boolean;
  readonly renewed: boolean;
}

export type HallSnapshot = NonNullable<Awaited<ReturnType<typeof snapshot>>>;

/** What this seat sees of its opening; undefined: no such opening. */
export async function snapshot(hall: Hall, openingId: string, seat: Seat | undefined) {
  const picture = await pictureOf(hall, openingId);
  if (picture === undefined) return undefined;
  const h = hall.store.read;
  const { file, phase, now } = picture;
  const { opening, lots } = file;
  const platform = await hall.relyingParties.platform(h, opening.unitId, opening.orgcode);
  const sight = sightOf(seat, phase);
  const officer = has(seat, 'host', 'supervisor');
  return {
    opening: opening.id,
    version: picture.version,
    now,
    phase,
    title: opening.terms.title,
    venue: platform?.name ?? '',
    room: opening.terms.place,
    lots: lots.map((lot) => {
      const end = picture.lotEnds.find((one) => one.lotId === lot.id);
      return {
        lot: lot.code,
        name: lot.name,
        state: end === undefined ? ('open' as const) : ('too-few' as const),
        reason: end?.reason ?? null,
      };
    }),
    opensAt: opening.opensAt,
    postponed: postponements(picture),
    time: timeOf(picture),
    keys: keysOf(picture),
    window: windowOf(picture),
    board: sight === 'nothing' ? null : boardOf(picture, seat, sight),
    proposals: proposalsFor(picture, seat),
    incidents: officer ? picture.incidents.map((one) => incidentOf(picture, one)) : [],
    events: eventsFor(picture, seat),
    digest: digestOf(picture),
    minutes: minutesOf(picture),
    seat: seat === undefined ? null : seatView(seat),
    mine: seat?.bidder == null ? null : await mineOf(hall, picture, seat),
    may: mayDo(seat, picture) as readonly May[],
  };
}

function postponements({ announced: all }: Picture) {
  const timeAt = (index: number): number => {
    const value = all[index]?.signed.record.opensAt;
    return typeof value === 'number' ? value : 0;
  };
  return all
    .flatMap((amendment, index) => {
      const [from, to] = [timeAt(index - 1), timeAt(index)];
      const { reason } = amendment.signed.record;
      return index === 0 || from === to ? [] : [{ from, to, reason: String(reason ?? ''), at: amendment.at }];
    })
    .reverse();
}

const timeOf = ({ gate }: Picture) =>
  !gate.open && gate.why === 'time'
    ? { trusted: false, note: '平台时钟正在核对，开标暂缓，文件仍然密封。' }
    : { trusted: true, note: '' };

function keysOf({ file, phase, badSeats }: Picture) {
  const { opening, persons } = file;
  const holders = persons.filter(isHolder);
  const seats = [...new Set(holders.map((person) => person.seat))].sort((a, b) => a - b);
  const done = phase === 'window' || phase === 'closed' || phase === 'finished';
  const custodians = seats.map((index) => {
    const own = holders.filter((person) => person.seat === index);
    const principal = own.find((person) => person.role === 'custodian') ?? own[0];
    const released = own.find((person) => person.releasedAt !== null);
    const here = own.find((person) => person.checkedInAt !== null);
    const acting = released ?? here;
    const state =
      released !== undefined
        ? ('released' as const)
        : done
          ? ('not-needed' as const)
          : badSeats.includes(index)
            ? ('bad-share' as const)
            : here !== undefined
              ? ('checked-in' as const)
              : ('absent' as const);
    return {
      index,
      title: acting?.name ?? principal?.name ?? '',
      state,
      at: released?.releasedAt ?? (state === 'checked-in' ? (here?.checkedInAt ?? null) : null),
      deputy: acting?.role === 'deputy',
    };
  });
  return {
    needed: opening.threshold,
    of: seats.length,
    released: custodians.filter((one) => one.state === 'released').length,
    checkedIn: custodians.filter((one) => one.state === 'checked-in').length,
    checkInFrom: opening.opensAt - CHECK_IN_MS,
    custodians,
  };
}

function windowOf({ file, hall, proposals }: Picture) {
  const { releasedAt, windowEndsAt } = file.opening;
  if (releasedAt === null || windowEndsAt === null) return null;
  const extensions = proposals
    .filter((one) => one.kind === 'extend' && one.state === 'confirmed')
    .map((one) => ({ minutes: one.minutes ?? 0, reason: one.reason, at: one.decidedAt ?? one.proposedAt }))
    .reverse();
  return { startedAt: releasedAt, endsAt: windowEndsAt, closedAt: hall?.closed_at ?? null, extensions };
}

const tallyOf = (bids: readonly SeenBid[]) => {
  const count = (state: BidState) => bids.filter((bid) => bid.state === state).length;
  return { opened: count('opened'), working: count('working'), failed: count('failed'), waiting: count('waiting') };
};

function boardOf(picture: Picture, seat: Seat | undefined, sight: Sight) {
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

function rowOf(picture: Picture, bid: SeenBid, seat: Seat | undefined) {
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

/** Proposals tell of bidders and are the officers' business; an extension concerns everybody. */
function proposalsFor(picture: Picture, seat: Seat | undefined) {
  const { proposals } = picture;
  const inside = has(seat, 'host', 'supervisor', 'custodian');
  const own = new Set(seat === undefined ? [] : ownBids(seat, picture.bids).map((bid) => bid.id));
  const shown = proposals.filter((one) => inside || one.bid === null || own.has(one.bid));
  return shown.slice(0, 50).map((one) => proposalView(picture, one, seat));
}

function proposalView(picture: Picture, one: Proposal, seat: Seat | undefined) {
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

const SUGGESTED_MINUTES = 10;

function incidentOf(picture: Picture, incident: Incident) {
  const minutes = Math.max(1, Math.ceil((incident.until - incident.since) / 60_000));
  const answered = picture.proposals.some(
    (one) =>
      one.kind === 'extend' && one.proposedAt >= incident.since && one.state !== 'refused' && one.state !== 'lapsed',
  );
  return {
    incident: incident.authority,
    authority: incident.name,
    bids: incident.bids.length,
    since: incident.since,
    minutes,
    sentence: `${minutes} 分钟内 ${incident.bids.length} 家失败，均为机构服务未完成解密。建议延长窗口并改用 UKey。`,
    evidence: incident.evidence,
    suggest: answered || picture.phase !== 'window' ? null : SUGGESTED_MINUTES,
  };
}

/** Kinds that only officers read. */
const INSIDE = ['hall.remedy-asked', 'hall.answered'];
const MOST_EVENTS = 200;

function eventsFor(picture: Picture, seat: Seat | undefined) {
  const inside = has(seat, 'host', 'supervisor');
  const shown: { seq: number; at: number; kind: string; sentence: string; tone: Tone }[] = [];
  for (let index = picture.events.length - 1; index >= 0 && shown.length < MOST_EVENTS; index -= 1) {
    const event = picture.events[index];
    const said = event && eventSentence(event);
    if (event === undefined || said === undefined || (!inside && INSIDE.includes(event.kind))) continue;
    shown.push({ seq: index + 1, at: event.at, kind: event.kind, ...said });
  }
  return shown;
}

/** Eight digits of the newest event's digest; what concerns capsules moves it, so before the gate it is not shown. */
function digestOf(picture: Picture): string | null {
  if (picture.phase === 'before') return null;
  const newest = picture.events.at(-1);
  return newest === undefined ? null : `${newest.digest.slice(0, 4)} ${newest.digest.slice(4, 8)}`;
}

function minutesOf(picture: Picture) {
  const { hall, phase, bids = [] } = picture;
  const over = phase === 'closed' || phase === 'finished' || phase === 'ended' || phase === 'aborted';
  if (!over || (hall?.closed_at == null && hall?.finished_at == null)) return null;
  const final = hall.finished_at !== null;
  const said = (kind: 'confirmed' | 'objected') => bids.filter((bid) => bid.response?.kind === kind).length;
  const opened = bids.filter((bid) => bid.state === 'opened').length;
  const path = `/hall/${picture.file.opening.id}`;
  return {
    state: final ? ('final' as const) : ('confirming' as const),
    confirmUntil: hall.confirm_until ?? hall.finished_at ?? 0,
    confirmed: said('confirmed'),
    objected: said('objected'),
    silent: bids.filter((bid) => bid.response === null).length,
    sentence: `${bids.length} 家中 ${opened} 家解密成功，${bids.length - opened} 家未解密。`,
    digest: hall.minutes_digest,
    pdf: final ? `${path}/minutes.pdf` : null,
    record: final ? `${path}/minutes.json` : null,
  };
}

const seatView = (seat: Seat) => ({
  interaction: seat.id,
  roles: seat.roles,
  role: mainRole(seat.roles),
  title: seat.title === seat.name ? seat.name : seat.title,
  tail: seat.tail,
  authority: seat.authorityName,
  custodian: seat.custodian,
  deputy: seat.deputy,
  until: seat.endsAt,
});

async function mineOf(hall: Hall, picture: Picture, seat: Seat) {
  const own = picture.phase === 'before' || picture.phase === 'due' ? [] : ownBids(seat, picture.bids);
  const may = mayDo(seat, picture);
  const seesOthers = sightOf(seat, picture.phase) !== 'nothing';
  const tally = tallyOf(picture.bids ?? []);
  return {
    bidder: seat.bidder?.name ?? '',
    bids: await Promise.all(own.map((bid) => myBid(hall, picture, bid, seat))),
    canDecrypt: may.some((one) => one.act === 'decrypt'),
    others: seesOthers ? { opened: tally.opened, total: picture.bids?.length ?? 0 } : null,
    ...(await beforehand(hall, picture, seat)),
  };
}

/** What a bidder can do before the time: told to nobody but him. */
async function beforehand(hall: Hall, picture: Picture, seat: Seat) {
  if (picture.phase !== 'before') return { rehearsal: null, rewrap: [] };
  const offers = await rewraps(hall, seat);
  const holder = seat.bidder?.name ?? '';
  const rewrap = await Promise.all(
    (offers.ok ? offers.value : []).map(async (task) => ({
      offer: task.offer,
      from: { ...(await neededOf(hall, task.old, holder, picture.now)), renewed: true },
      to: await neededOf(hall, task.new, holder, picture.now),
      done: false,
    })),
  );
  return { rehearsal: { last: await lastRehearsal(hall, seat) }, rewrap };
}

async function myBid(hall: Hall, picture: Picture, bid: SeenBid, seat: Seat) {
  const needed = await neededFor(hall, bid, picture.now);
  const damaged = bid.cause?.kind === 'CAPSULE_DAMAGED';
  const released = picture.file.opening.releasedAt !== null;
  const opened = bid.state === 'opened';
  const proposal = picture.proposals.find((one) => one.kind === 'remedy' && one.bid === bid.id);
  const final = picture.hall?.finished_at != null;
  return {
    bid: bid.id,
    lot: bid.lot,
    row: rowOf(picture, bid, seat),
    needed,
    checks: [
      damaged
        ? { name: 'intact' as const, state: 'bad' as const, sentence: '平台保存的文件与回执不一致' }
        : { name: 'intact' as const, state: 'ok' as const, sentence: '投标文件完好，摘要与回执一致' },
      released
        ? { name: 'released' as const, state: 'ok' as const, sentence: '开标密钥已释放' }
        : { name: 'released' as const, state: 'waiting' as const, sentence: '开标密钥尚未释放' },
      ownKeyCheck(bid, opened, released),
    ],
    steps: stepsOf(proposal),
    remedies: opened
      ? []
      : remediesToAsk(picture.file.opening.terms.rules).map((kind) => ({ kind, title: rungOf(kind).title })),
    statement: final ? `/hall/${picture.file.opening.id}/statement/${bid.id}` : null,
  };
}

function ownKeyCheck(bid: SeenBid, opened: boolean, released: boolean) {
  if (opened) return { name: 'own-key' as const, state: 'ok' as const, sentence: '您的密钥：已解出' };
  if (bid.state === 'failed')
    return { name: 'own-key' as const, state: 'bad' as const, sentence: '您的密钥：尚未解出' };
  return {
    name: 'own-key' as const,
    state: released ? ('now' as const) : ('waiting' as const),
    sentence: '您的密钥：等待解密',
  };
}

function stepsOf(proposal: Proposal | undefined) {
  if (proposal === undefined) return [];
  const verdict = { confirmed: '已同意', refused: '不同意', lapsed: '未按时确认，视为不同意', withdrawn: '提议已撤回' };
  return [
    { at: proposal.proposedAt, title: `${proposal.by.title}已提议`, note: proposal.title, done: true },
    proposal.state !== 'waiting'
      ? {
          at: proposal.decidedAt,
          title: verdict[proposal.state],
          note: proposal.decision?.opinion ?? '',
          done: true,
        }
      : { at: null, title: '等待另一位人员确认', note: '窗口结束前未确认，视为不同意', done: false },
  ];
}

/** The certificates of a bid's wraps, each once: any one of them opens it. */
async function neededFor(hall: Hall, bid: SeenBid, now: number): Promise<Needed[]> {
  const found = new Map<string, Certificate>();
  for (const file of bid.files)
    for (const { wrap, certificate } of await wrapsOfCapsule(hall.room, hall.store.read, file.capsuleId))
      if ((wrap.kind === 'bidder' || wrap.kind === 'rewrap') && certificate !== null) {
        const read = hall.room.vault.certificate(certificate);
        found.set(read.fingerprint, read);
      }
  return Promise.all([...found.values()].map((certificate) => neededOf(hall, certificate, bid.bidder, now)));
}

export async function neededOf(hall: Hall, certificate: Certificate, holder: string, now: number): Promise<Needed> {
  const authority = await hall.trust.issuerOf(certificate);
  return {
    holder,
    authorityId: authority?.id ?? null,
    tail: tailOf(certificate),
    notAfter: beijingDate(certificate.notAfter),
    expired: certificate.notAfter < now,
    renewed: false,
  };
}
