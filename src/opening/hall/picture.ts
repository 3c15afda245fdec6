import type { HallTable } from '#store/schema-hall.ts';
import { announcements, type SignedAmendment } from '../announce.ts';
import type { OpeningEvent } from '../events.ts';
import { type Gate, gateOf } from '../gate.ts';
import type { Opening, OpeningFile } from '../opening.ts';
import { readFile } from '../read-opening.ts';
import { findOpening } from '../repository.ts';
import { approvalsOfOpening } from '../repository-shares.ts';
import { type Bid, type BidFile, bidsOf } from './bids.ts';
import { type Cause, decideCause } from './cause.ts';
import { type Fact, factsOf } from './facts.ts';
import { type Incident, incidentsOf } from './incident.ts';
import { factsOfHall } from './note.ts';
import { type Proposal, proposalOf } from './proposal.ts';
import * as rows from './repository.ts';
import { type Hall, unseal } from './room.ts';

export type HallPhase = 'before' | 'due' | 'releasing' | 'window' | 'closed' | 'finished' | 'ended' | 'aborted';

export type BidState = 'waiting' | 'working' | 'opened' | 'failed';

/** A bid with what became of it. */
export interface SeenBid extends Bid {
  readonly state: BidState;
  readonly opened: number;
  readonly enteredAt: number | null;
  readonly openedAt: number | null;
  readonly facts: readonly Fact[];
  /** null once opened. */
  readonly cause: Cause | null;
  readonly response: Response | null;
}

export interface Response {
  readonly kind: 'confirmed' | 'objected';
  readonly at: number;
  readonly text: string;
  readonly by: string;
  readonly answer: string | null;
}

export interface LotEnd {
  readonly lotId: string;
  readonly reason: string;
  readonly count: number;
  readonly by: string;
  readonly at: number;
}

/** Everything of an opening's hall, for the hub itself; views are cut from it for each seat. */
export interface Picture {
  readonly file: OpeningFile;
  readonly hall: HallTable | undefined;
  readonly gate: Gate;
  readonly phase: HallPhase;
  readonly version: number;
  readonly now: number;
  readonly windowStartedAt: number | null;
  readonly proposals: readonly Proposal[];
  readonly lotEnds: readonly LotEnd[];
  /** undefined before the gate: then it has not even been read. */
  readonly bids: readonly SeenBid[] | undefined;
  readonly incidents: readonly Incident[];
  /** Oldest first; before the gate without anything that concerns a capsule. */
  readonly events: readonly OpeningEvent[];
  readonly announced: readonly SignedAmendment[];
  /** Seats whose last share missed its commitment. */
  readonly badSeats: readonly number[];
  /** `<capsule>/<person>`: recovery shares that have come. */
  readonly recovered: ReadonlySet<string>;
}

export const versionOf = (opening: Opening, hall: HallTable | undefined): number =>
  opening.version + (hall?.version ?? 0);

const FRESH_MS = 1_000;

interface Taken {
  readonly key: string;
  readonly at: number;
  readonly file: OpeningFile;
  readonly picture: Promise<Picture>;
}
const seen = new WeakMap<Hall, Map<string, Taken>>();

/**
 * The picture as it is now. Seats that look within the same second at the same version share one, those that come while it is taken as well: a thousand bidders who
 * hear of one change cost one reading. undefined: no such opening.
 */
export async function pictureOf(hall: Hall, openingId: string): Promise<Picture | undefined> {
  const h = hall.store.read;
  const present = await findOpening(h, openingId);
  if (present === undefined) return undefined;
  const kept = seen.get(hall) ?? new Map<string, Taken>();
  seen.set(hall, kept);
  const last = kept.get(openingId);
  const known = last?.file.opening.version === present.version ? last.file : undefined;
  const file = known ?? (await readFile(hall.room.vault, h, openingId));
  if (file === undefined) return undefined;
  const row = await rows.findHall(h, openingId);
  const gate = await gateOf(hall.room.time, h, file.opening);
  const { now } = gate;
  const key = `${versionOf(file.opening, row)} ${phaseOf(file.opening, row, gate, false)} ${gate.open}`;
  const shared = kept.get(openingId);
  if (shared?.key === key && now - shared.at < FRESH_MS && now >= shared.at)
    return { ...(await shared.picture), now, gate };
  const picture = take(hall, file, row, gate);
  if (kept.size > 200) kept.clear();
  kept.set(openingId, { key, at: now, file, picture });
  try {
    return await picture;
  } catch (error) {
    kept.delete(openingId);
    throw error;
  }
}

async function take(hall: Hall, file: OpeningFile, row: HallTable | undefined, gate: Gate): Promise<Picture> {
  const h = hall.store.read;
  const { opening, lots } = file;
  const { now } = gate;
  const proposals = (await rows.proposalsOf(h, opening.id)).map((one) => proposalOf(hall, one, now));
  const lotEnds = (await rows.lotEndsOf(h, opening.id)).map((one) => ({
    ...unseal<Omit<LotEnd, 'lotId' | 'at'>>(
      hall,
      'hall_lot_end',
      `${one.opening_id}/${one.lot_id}`,
      'record_sealed',
      one.record_sealed,
    ),
    lotId: one.lot_id,
    at: one.at,
  }));
  const phase = phaseOf(opening, row, gate, lotEnds.length === lots.length);
  const windowStartedAt = opening.releasedAt;
  const seenBids = phase === 'before' ? undefined : await seenBidsOf(hall, file, phase, now);
  const incidents = incidentsOf((seenBids ?? []).map(({ id, facts }) => ({ bid: id, facts })));
  return {
    file,
    hall: row,
    gate,
    phase,
    version: versionOf(opening, row),
    now,
    windowStartedAt,
    proposals,
    lotEnds,
    bids: seenBids,
    incidents,
    events: await eventsOf(hall, opening.id, phase),
    announced: await announcements(hall.room, h, opening.id),
    badSeats: phase === 'releasing' ? await badSeatsOf(hall, opening.id) : [],
    recovered: opening.keyModel === 'quorum' && phase === 'window' ? await recoveredOf(hall, opening.id) : new Set(),
  };
}

async function eventsOf({ room, store }: Hall, openingId: string, phase: HallPhase): Promise<OpeningEvent[]> {
  if (phase !== 'before') return room.events.listOpened(store.read, openingId);
  return (await room.events.list(store.read, openingId)).filter((event) => event.capsuleId === null);
}

async function recoveredOf(hall: Hall, openingId: string): Promise<Set<string>> {
  const given = await approvalsOfOpening(hall.store.read, openingId);
  return new Set(given.map((one) => `${one.capsule_id}/${one.person_id}`));
}

async function badSeatsOf(hall: Hall, openingId: string): Promise<number[]> {
  const noted = await factsOfHall(hall, hall.store.read, openingId);
  return noted.flatMap(({ fact }) => (fact.kind === 'share-bad' ? [fact.custodian] : []));
}

export function phaseOf(opening: Opening, hall: HallTable | undefined, gate: Gate, allEnded: boolean): HallPhase {
  switch (opening.state) {
    case 'announced':
      return gate.open ? 'due' : 'before';
    case 'releasing':
      return 'releasing';
    case 'released':
      if (hall?.finished_at != null) return 'finished';
      return hall?.closed_at != null || (opening.windowEndsAt ?? Number.POSITIVE_INFINITY) <= gate.now
        ? 'closed'
        : 'window';
    case 'ended':
      return hall?.finished_at == null && hall?.closed_at != null ? 'closed' : 'finished';
    case 'aborted':
      return allEnded ? 'ended' : 'aborted';
  }
}

async function seenBidsOf(hall: Hall, file: OpeningFile, phase: HallPhase, now: number): Promise<SeenBid[]> {
  const { opening, lots } = file;
  const h = hall.store.read;
  const bids = await bidsOf(hall, h, opening.id, lots);
  const noted = await factsOfHall(hall, h, opening.id);
  const common = noted.flatMap((one) => (one.capsuleId === '' ? [one.fact] : []));
  const byCapsule = new Map<string, Fact[]>();
  for (const { capsuleId, fact } of noted)
    if (capsuleId !== '') byCapsule.set(capsuleId, [...(byCapsule.get(capsuleId) ?? []), fact]);
  const responses = await responsesByBid(hall, opening.id);
  const window =
    opening.releasedAt === null || opening.windowEndsAt === null
      ? null
      : { startedAt: opening.releasedAt, endsAt: opening.windowEndsAt };
  const facts = new Map(bids.map((bid) => [bid.id, bid.files.flatMap((one) => byCapsule.get(one.capsuleId) ?? [])]));
  const incidents = incidentsOf(bids.map((bid) => ({ bid: bid.id, facts: facts.get(bid.id) ?? [] })));
  return bids.map((bid) => {
    const own = [...(facts.get(bid.id) ?? []), ...common];
    const opened = bid.files.filter(isOpened).length;
    const done = opened === bid.files.length;
    const incident = incidents.find((one) => one.bids.includes(bid.id));
    const context = { now, window, incident: incident ? { name: incident.name, bids: incident.bids.length } : null };
    const cause = done ? null : decideCause(own, context);
    const entered = factsOf(own, 'page-entered').map((fact) => fact.at);
    return {
      ...bid,
      opened,
      facts: own,
      cause,
      state: stateOf(done, phase, cause, entered.length > 0),
      enteredAt: entered.length === 0 ? null : Math.min(...entered),
      openedAt: done ? Math.max(...factsOf(own, 'opened').map((fact) => fact.at), bid.files[0]?.sealedAt ?? 0) : null,
      response: responses.get(bid.id) ?? null,
    };
  });
}

/** The content was found; telling the trading system comes after. */
export const isOpened = (file: BidFile): boolean => file.state === 'opened' || file.outcome === 'opened';

function stateOf(done: boolean, phase: HallPhase, cause: Cause | null, entered: boolean): BidState {
  if (done) return 'opened';
  if (phase === 'closed' || phase === 'finished') return 'failed';
  if (cause !== null && cause.weight !== 'open' && cause.kind !== 'NOT_RELEASED') return 'failed';
  return entered ? 'working' : 'waiting';
}

async function responsesByBid(hall: Hall, openingId: string): Promise<Map<string, Response>> {
  const found = await rows.responsesOf(hall.store.read, openingId);
  return new Map(
    found.map((row) => [
      row.bid_id,
      {
        ...unseal<{ text: string; by: string }>(hall, 'hall_response', row.id, 'record_sealed', row.record_sealed),
        kind: row.kind,
        at: row.at,
        answer:
          row.answer_sealed === null
            ? null
            : unseal<{ text: string }>(hall, 'hall_response', row.id, 'answer_sealed', row.answer_sealed).text,
      },
    ]),
  );
}
