import { boardOf } from './board.ts';
import type { Incident } from './incident.ts';
import { CHECK_IN_MS, isHolder, type May, mayDo } from './may.ts';
import { mineOf } from './mine.ts';
import { type Picture, pictureOf } from './picture.ts';
import { proposalsFor } from './proposals-seen.ts';
import type { Hall } from './room.ts';
import { has, mainRole, type Seat } from './seat.ts';
import { sightOf } from './sight.ts';
import { eventSentence, type Tone } from './words.ts';

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
