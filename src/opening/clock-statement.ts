import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import type { Actor } from './opening.ts';
import { personOf } from './read-opening.ts';
import { findOpening, findPerson } from './repository.ts';
import { lastWord } from './repository-time.ts';
import type { Room } from './room.ts';

/** What a custodian says of the time, by his own watch. UTC ms. */
export interface ClockStatement {
  readonly openingId: string;
  readonly personId: string;
  readonly statedAt: number;
}

/** A person's watch and typing. */
const AGREES_WITHIN_MS = 2 * 60_000;
/** Two statements speak of one clock when they came within this. */
const TOGETHER_MS = 15 * 60_000;
const STATEMENTS_NEEDED = 2;

/**
 * A custodian's statement; the hall has his signature over it, and calls this in the transaction that keeps the signature. When two of different seats agree with
 * the hub's clock within fifteen minutes, it is believed again (design 8). OFFICE_UNKNOWN, CLOCK_STATEMENT_DIFFERS. `trusted` says what it came to.
 */
export async function stateClock(
  room: Room,
  tx: Tx,
  statement: ClockStatement,
): Promise<Result<{ readonly trusted: boolean; readonly have: number }>> {
  const { vault, clock, time } = room;
  const personRow = await findPerson(tx, statement.openingId, statement.personId);
  if (personRow?.role !== 'custodian' && personRow?.role !== 'deputy')
    return refused(refusal('OFFICE_UNKNOWN', { role: '托管人' }));
  const person = personOf(vault, personRow);
  const now = clock.now();
  if (Math.abs(statement.statedAt - now) > AGREES_WITHIN_MS) return refused(refusal('CLOCK_STATEMENT_DIFFERS'));
  await room.events.record(tx, {
    openingId: statement.openingId,
    kind: 'clock.stated',
    actor: { kind: 'person', id: person.id, name: person.name },
    body: { seat: person.seat, statedAt: statement.statedAt, differenceMs: statement.statedAt - now },
    secrecy: 'public',
  });
  const word = await lastWord(tx);
  if (word?.state !== 'distrusted' && (await time.read(tx)).trusted)
    return ok({ trusted: true, have: STATEMENTS_NEEDED });
  const since = Math.max(now - TOGETHER_MS, word?.at ?? 0);
  const seats = new Set(
    (await room.events.list(tx, statement.openingId))
      .filter((event) => event.kind === 'clock.stated' && event.at >= since)
      .map((event) => Number(event.body['seat'])),
  );
  if (seats.size < STATEMENTS_NEEDED) return ok({ trusted: false, have: seats.size });
  await time.believe(tx, 'custodians', { opening: statement.openingId, seats: [...seats] });
  return ok({ trusted: true, have: seats.size });
}

/** Two persons decided to go on with the hub's clock as it is; the hall has proved who they are. In its transaction. */
export async function overrideClock(
  room: Room,
  tx: Tx,
  openingId: string,
  by: { readonly actors: readonly [Actor, Actor]; readonly reason: string },
): Promise<Result<true>> {
  const row = await findOpening(tx, openingId);
  if (row === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const [first, second] = by.actors;
  await room.events.record(tx, {
    openingId,
    kind: 'clock.overridden',
    actor: first,
    body: { second: second.id, secondName: second.name, reason: by.reason },
    secrecy: 'public',
  });
  await room.time.believe(tx, 'override', { opening: openingId, first: first.id, second: second.id });
  return ok(true);
}
