import { FUTURE_MS, isOfTheFuture } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { Tx } from '#store/store.ts';
import { announce, type PageRoom } from './page-room.ts';

const BATCH = 100;

/** Writes the end of one overdue interaction; false when it was no longer waiting or has been given a new life. */
export async function expire(room: PageRoom, tx: Tx, id: string): Promise<boolean> {
  const now = room.clock.now();
  const end = {
    state: 'expired',
    challenge: null,
    exchange: null,
    refusal: refusal('TASK_EXPIRED'),
    endedAt: now,
  } as const;
  const states = ['open', 'claimed'] as const;
  const ended =
    (await room.interactions.change(tx, id, { states, overdueAt: now }, end)) ??
    // Or it was begun under a clock that has been set back since: it would live longer than anything may.
    (await room.interactions.change(tx, id, { states, writtenAfter: now + FUTURE_MS }, end));
  if (ended === undefined) return false;
  await room.journal.append(tx, {
    kind: `${room.kind}.expired`,
    unitId: ended.unitId,
    interactionId: id,
    body: {},
  });
  await room.changed?.(tx, ended, 'expired');
  announce(room, tx, ended);
  return true;
}

/** When each room was last swept, by its own clock: rows of the future can only be there after a start, or after the clock went back. */
const lastSweep = new WeakMap<PageRoom, number>();

/** Ends every overdue interaction, one transaction each, so that no page waits behind a long one. Returns how many ended. */
export async function sweep(room: PageRoom): Promise<number> {
  const now = room.clock.now();
  const before = lastSweep.get(room);
  const looksAhead = before === undefined || isOfTheFuture(before, now);
  const overdue = await room.interactions.overdue(room.store.read, now, BATCH);
  const ahead = looksAhead ? await room.interactions.ofTheFuture(room.store.read, now, BATCH) : [];
  let ended = 0;
  for (const id of [...overdue, ...ahead]) {
    if (await room.store.tx((tx) => expire(room, tx, id))) ended += 1;
  }
  if (ahead.length < BATCH) lastSweep.set(room, now);
  return ended;
}
