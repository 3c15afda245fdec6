import { CONTENT_LIFE_MS } from './content.ts';
import type { OpenTheKeys } from './open-keys.ts';
import { openingsInState } from './repository.ts';
import { anythingToErase, eraseOverdue } from './repository-capsules.ts';
import { lastWord } from './repository-time.ts';
import type { Room } from './room.ts';
import { askTimeAuthority, type TimeAuthority } from './time-witness.ts';

export interface Witnessing {
  /** null: none is configured; two custodians or two persons must say so. */
  readonly authority: TimeAuthority | null;
  readonly egress: Parameters<typeof askTimeAuthority>[0]['egress'];
}

/** An idle hub writes down the time so often while an opening is ahead: whoever starts it again compares the clock with the record's last row. */
const NOTE_TIME_MS = 3600_000;

/** The beat of the room: looks at the clocks, asks the time authority, finishes what a dead process began, erases what nobody may use any more. */
export async function sweepOpenings(room: Room, openKeys: OpenTheKeys, witnessing: Witnessing): Promise<void> {
  await room.time.check();
  await askWitness(room, witnessing);
  for (const row of await openingsInState(room.store.read, 'releasing')) {
    try {
      await openKeys(row.id);
    } catch (error) {
      room.log.error({ err: error, opening: row.id }, 'the opener failed; it runs again');
    }
  }
  await noteTime(room);
  const now = room.clock.now();
  if (await anythingToErase(room.store.read, now, now - CONTENT_LIFE_MS))
    await room.store.tx((tx) => eraseOverdue(tx, now, now - CONTENT_LIFE_MS));
}

/** An opening this near is worth a question although nothing speaks against the clock, and another one every minute until it begins. */
const LOOK_AHEAD_MS = 5 * 60_000;
const ASK_AGAIN_MS = 60_000;
/** What persons said of the clock stands so long against an authority. */
const WORD_HOLDS_MS = 3600_000;
/** When each hub of this process asked last, by its monotonic count. */
const lastAsked = new WeakMap<Room['time'], number>();

/**
 * A doubted clock is believed when the authority agrees. Before each opening it is asked in any case: a clock that was set while the hub was down
 * contradicts no count of ours. Silence is an alarm and closes nothing, or an outage elsewhere could stop every opening; a contradiction closes.
 */
async function askWitness(room: Room, { authority, egress }: Witnessing): Promise<void> {
  if (authority === null) return;
  const { trusted, now } = await room.time.read(room.store.read);
  if (trusted && !(await isTimeToAsk(room, now))) return;
  const testimony = await askTimeAuthority({ ...room, egress }, authority);
  if (!testimony.ok) {
    room.log.error({ alarm: 'time', detail: testimony.detail }, 'the time witness does not agree');
    if (trusted && testimony.differenceMs !== undefined) await room.time.contradicted(testimony.differenceMs);
    return;
  }
  if (trusted) return;
  const { differenceMs, serial } = testimony;
  await room.store.tx((tx) => room.time.believe(tx, 'witness', { differenceMs, serial }));
}

async function isTimeToAsk({ store, time, clock }: Room, now: number): Promise<boolean> {
  const monotonic = clock.monotonic();
  if (monotonic - (lastAsked.get(time) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return false;
  const near = (await openingsInState(store.read, 'announced')).some((row) => row.opens_at - now < LOOK_AHEAD_MS);
  if (!near) return false;
  const word = await lastWord(store.read);
  const byPersons = word?.reason === 'custodians' || word?.reason === 'override';
  if (byPersons && now - (word?.at ?? 0) < WORD_HOLDS_MS) return false;
  lastAsked.set(time, monotonic);
  return true;
}

async function noteTime(room: Room): Promise<void> {
  const ahead = await openingsInState(room.store.read, 'announced');
  if (ahead.length === 0) return;
  const head = await room.journal.head(room.store.read);
  if (room.clock.now() - head.at < NOTE_TIME_MS) return;
  await room.store.tx((tx) => room.journal.append(tx, { kind: 'time.noted' }));
}
