import { fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { OpeningPersonTable } from '#store/schema-opening.ts';
import { type Handle, isUniqueViolation, type Tx } from '#store/store.ts';
import { changed } from './changed.ts';
import type { WrapForAgent } from './check-in.ts';
import { gateOf, refusalOfGate } from './gate.ts';
import type { OpenTheKeys } from './open-keys.ts';
import type { Opening, Person } from './opening.ts';
import { openingOf, personOf, type ShareRecord } from './read-opening.ts';
import { changePerson, findOpening, findPerson } from './repository.ts';
import { insertShare, sharesOf } from './repository-shares.ts';
import type { Room } from './room.ts';
import { wrongState } from './states.ts';

export interface ReleaseProgress {
  /** Seats whose share has come and was not found bad. */
  readonly have: number;
  readonly need: number;
  readonly state: Opening['state'];
}

/** The largest answer of an agent: a share of 33 bytes under SM2, in any layout. */
const MOST = 1024;

/**
 * The custodian's own share, to be unwrapped by his agent and wrapped to the release key there; neither the page nor this process ever sees it bare. Only behind
 * the gate and after the host began: NOT_YET_OPEN, TIME_DISTRUSTED, OPENING_STATE, OFFICE_UNKNOWN, SHARE_SEAT_TAKEN.
 */
export async function shareFor(
  room: Room,
  h: Handle,
  openingId: string,
  personId: string,
): Promise<Result<WrapForAgent>> {
  const found = await releasing(room, h, openingId, personId);
  if (!found.ok) return found;
  const { opening, row, person } = found.value;
  if (await seatIsTaken(h, openingId, person.seat)) return refused(refusal('SHARE_SEAT_TAKEN'));
  const { wrapped } = room.vault.open<ShareRecord>('opening_person', personId, 'share_sealed', row.share_sealed ?? '');
  return ok({ wrapped, to: opening.releasePoint ?? '' });
}

/**
 * A share comes back (`wrapped`: base64, to the release key). One a seat counts: a second one of the same seat, the custodian's or a deputy's, is
 * SHARE_SEAT_TAKEN, the same bytes again SHARE_REPLAYED, one that misses its commitment SHARE_BAD (its seat may try again). With the last one that is needed the
 * opener runs. Durable before it is judged: a crash in between loses nothing.
 */
export async function release(
  room: Room,
  openKeys: OpenTheKeys,
  openingId: string,
  personId: string,
  wrapped: string,
): Promise<Result<ReleaseProgress>> {
  const bytes = fromBase64(wrapped);
  if (bytes === undefined || bytes.length === 0 || bytes.length > MOST) return refused(refusal('SHARE_BAD'));
  const id = newId('shr', room.random);
  const kept = await keep(room, { openingId, personId, id, bytes });
  if (!kept.ok) return kept;
  await openKeys(openingId);
  const share = (await sharesOf(room.store.read, openingId)).find((one) => one.id === id);
  if (share?.verdict === 'bad') return refused(refusal('SHARE_BAD'));
  return ok(await progress(room.store.read, openingId));
}

export async function progress(h: Handle, openingId: string): Promise<ReleaseProgress> {
  const row = await findOpening(h, openingId);
  const shares = await sharesOf(h, openingId);
  const have = shares.filter((share) => share.verdict !== 'bad').length;
  return { have, need: row?.threshold ?? 0, state: row?.state ?? 'announced' };
}

interface Keeping {
  readonly openingId: string;
  readonly personId: string;
  readonly id: string;
  readonly bytes: Uint8Array;
}

async function keep(room: Room, keeping: Keeping): Promise<Result<true>> {
  try {
    return await room.store.tx((tx) => insert(room, tx, keeping));
  } catch (error) {
    // Two processes at once: the index has decided.
    if (isUniqueViolation(error)) return refused(refusal('SHARE_SEAT_TAKEN'));
    throw error;
  }
}

async function insert(room: Room, tx: Tx, { openingId, personId, id, bytes }: Keeping): Promise<Result<true>> {
  const { vault, clock } = room;
  const found = await releasing(room, tx, openingId, personId);
  if (!found.ok) return found;
  const { person } = found.value;
  const bytesIndex = vault.index.bytes(bytes);
  const shares = await sharesOf(tx, openingId);
  if (shares.some((share) => share.wrapped_index === bytesIndex)) return refused(refusal('SHARE_REPLAYED'));
  if (shares.some((share) => share.seat === person.seat && share.verdict !== 'bad'))
    return refused(refusal('SHARE_SEAT_TAKEN'));
  const now = clock.now();
  await insertShare(tx, {
    id,
    opening_id: openingId,
    seat: person.seat,
    person_id: personId,
    wrapped_sealed: vault.sealBytes('release_share', id, 'wrapped_sealed', bytes),
    wrapped_index: bytesIndex,
    verdict: 'received',
    received_at: now,
    judged_at: null,
  });
  await changePerson(tx, personId, { released_at: now });
  await room.events.record(tx, {
    openingId,
    kind: 'share.received',
    actor: { kind: 'person', id: personId, name: person.name },
    body: { seat: person.seat, role: person.role },
    secrecy: 'public',
  });
  await changed(room, tx, openingId);
  return ok(true);
}

const seatIsTaken = async (h: Handle, openingId: string, seat: number): Promise<boolean> =>
  (await sharesOf(h, openingId)).some((share) => share.seat === seat && share.verdict !== 'bad');

async function releasing(
  room: Room,
  h: Handle,
  openingId: string,
  personId: string,
): Promise<Result<{ opening: Opening; row: OpeningPersonTable; person: Person }>> {
  const row = await findOpening(h, openingId);
  const personRow = await findPerson(h, openingId, personId);
  if (row === undefined || personRow === undefined || personRow.share_sealed === null)
    return refused(refusal('OFFICE_UNKNOWN', { role: '托管人' }));
  const opening = openingOf(room.vault, row);
  const closed = refusalOfGate(await gateOf(room.time, h, opening));
  if (closed !== undefined) return refused(closed);
  if (opening.state !== 'releasing') return refused(wrongState(opening.state));
  return ok({ opening, row: personRow, person: personOf(room.vault, personRow) });
}
