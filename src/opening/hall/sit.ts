import { isBoundTo } from '#interaction/browser.ts';
import type { VerifiedHolder } from '#interaction/proof.ts';
import type { Visit } from '#interaction/visit.ts';
import { base64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, spkiFingerprint, tailOf } from '#pki/certificate.ts';
import type { HallSeatTable } from '#store/schema-hall.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { Opening } from '../opening.ts';
import { personOf } from '../read-opening.ts';
import { personsBySign } from '../repository.ts';
import { browserIndex } from './ask.ts';
import * as rows from './repository.ts';
import { type Hall, seal, touch, unseal } from './room.ts';
import { type HallRole, inOrder, mainRole, roleOfOffice, type Seat, type SeatRecord, titleOf } from './seat.ts';

/** A day's opening, and no longer. */
const SEAT_LIFE_MS = 12 * 3600_000;

/** Who a signing certificate is in this opening: its offices by the announcement, and a bidder when the library knows its key. No office: no role. */
export async function officesOf(
  hall: Hall,
  h: Handle,
  opening: Opening,
  certificate: Certificate,
): Promise<Pick<SeatRecord, 'roles' | 'offices' | 'custodian' | 'deputy' | 'bidder' | 'name'>> {
  const { room, relyingParties, subscribers } = hall;
  const found = await personsBySign(h, opening.id, room.vault.index.certificate(certificate.fingerprint));
  const persons = found.map((row) => personOf(room.vault, row));
  const unit = await relyingParties.unit(h, opening.unitId);
  const enrolled = unit === undefined ? undefined : await subscribers.findForLogin(h, unit, certificate);
  const bidder = enrolled?.ok
    ? {
        subscriberId: enrolled.value.subscriberId,
        unitCode: enrolled.value.record.unitCode,
        name: enrolled.value.record.unitName || enrolled.value.record.userName,
      }
    : null;
  const roles = new Set<HallRole>(persons.flatMap((person) => roleOfOffice(person.role) ?? []));
  if (bidder !== null && persons.length === 0) roles.add('bidder');
  const holder = persons.find((person) => person.role === 'custodian' || person.role === 'deputy');
  return {
    roles: inOrder(roles),
    offices: persons.map(({ id, role, seat }) => ({ id, role, seat })),
    custodian: holder?.seat ?? null,
    deputy: holder?.role === 'deputy',
    bidder: persons.length === 0 ? bidder : null,
    name: persons[0]?.name ?? bidder?.name ?? '',
  };
}

/** One person under any of his roles: the key he signs with. */
export const personIndex = (hall: Hall, openingId: string, certificate: Certificate): string =>
  hall.cipher.index('hall.person', openingId, spkiFingerprint(hall.gm, certificate));

/** The holder takes his seat; whoever sat at this browser before has left. Refuses HALL_NO_OFFICE. Inside the transaction that ends the question. */
export async function takeSeat(
  hall: Hall,
  opening: Opening,
  holder: VerifiedHolder,
  who: { readonly interaction: string; readonly browserIndex: string; readonly record: SeatRecord },
  tx: Tx,
): Promise<Seat> {
  const now = hall.clock.now();
  const row: HallSeatTable = {
    id: who.interaction,
    opening_id: opening.id,
    browser_index: who.browserIndex,
    person_index: personIndex(hall, opening.id, holder.certificate),
    record_sealed: seal(hall, 'hall_seat', who.interaction, 'record_sealed', who.record),
    state: 'taken',
    ends_at: now + SEAT_LIFE_MS,
    created_at: now,
    updated_at: now,
  };
  await rows.leaveSeats(tx, who.browserIndex, now);
  await rows.insertSeat(tx, row);
  await hall.journal.append(tx, {
    kind: 'hall.seated',
    unitId: opening.unitId,
    interactionId: who.interaction,
    // Who of the bidders comes is nobody's business before the gate: officers are named by their office, everybody else by nothing.
    body: { opening: opening.id, offices: who.record.offices.map((office) => office.id) },
  });
  await touch(hall, tx, opening.id);
  return seatOf(hall, row);
}

/** What is written of somebody who sits down. */
export async function seatRecord(hall: Hall, opening: Opening, holder: VerifiedHolder): Promise<Result<SeatRecord>> {
  const offices = await officesOf(hall, hall.store.read, opening, holder.certificate);
  if (offices.roles.length === 0) return refused(refusal('HALL_NO_OFFICE'));
  const role = mainRole(offices.roles);
  return ok({
    ...offices,
    title: role === 'bidder' ? offices.name : titleOf(role, offices.offices),
    tail: tailOf(holder.certificate),
    authorityId: holder.authority.id,
    authorityName: holder.authority.name,
    certificate: base64(holder.certificate.der),
  });
}

export const seatOf = (hall: Hall, row: HallSeatTable): Seat => ({
  ...unseal<SeatRecord>(hall, 'hall_seat', row.id, 'record_sealed', row.record_sealed),
  id: row.id,
  openingId: row.opening_id,
  personIndex: row.person_index,
  endsAt: row.ends_at,
});

/** The seat of this very browser, alive. HALL_SEAT_ENDED otherwise. */
export async function seatedAt(hall: Hall, visit: Visit): Promise<Result<Seat>> {
  const gone = refused(refusal('HALL_SEAT_ENDED'));
  const row = await rows.findSeat(hall.store.read, visit.interaction);
  if (row === undefined || row.state !== 'taken' || row.ends_at <= hall.clock.now()) return gone;
  const interaction = await hall.page.interactions.find(hall.store.read, visit.interaction);
  if (interaction === undefined || !isBoundTo(hall.gm, interaction, visit.secret)) return gone;
  return ok(seatOf(hall, row));
}

/** Whoever sits at this browser in this opening; a reload finds its way back. */
export async function seatHere(hall: Hall, openingId: string, secret: string | null): Promise<Seat | undefined> {
  if (secret === null) return undefined;
  const now = hall.clock.now();
  const row = await rows.seatOfBrowser(hall.store.read, browserIndex(hall, openingId, secret), now);
  return row && seatOf(hall, row);
}

export async function leave(hall: Hall, visit: Visit): Promise<Result<Seat>> {
  const seat = await seatedAt(hall, visit);
  if (!seat.ok || visit.secret === null) return seat;
  const browser = browserIndex(hall, seat.value.openingId, visit.secret);
  await hall.store.tx(async (tx) => {
    await rows.leaveSeats(tx, browser, hall.clock.now());
    await hall.journal.append(tx, {
      kind: 'hall.left',
      interactionId: visit.interaction,
      body: { opening: seat.value.openingId },
    });
  });
  return seat;
}
