import { CONTENT_LIFE_MS } from './content.ts';
import type { OpenTheKeys } from './open-keys.ts';
import { openingsInState } from './repository.ts';
import { anythingToErase, eraseOverdue } from './repository-capsules.ts';
import type { Room } from './room.ts';
import { askTimeAuthority, type TimeAuthority } from './time-witness.ts';

export interface Witnessing {
  /** null: none is configured; two custodians or two persons must say so. */
  readonly authority: TimeAuthority | null;
  readonly egress: Parameters<typeof askTimeAuthority>[0]['egress'];
}

/** An idle hub writes down the time so often while an opening is ahead: whoever starts it again compares the clock with the record's last row. */
const NOTE_TIME_MS = 3600_000;

/** The beat of the room: looks at the clocks, asks the witness, finishes what a dead process began, erases what nobody may use any more. */
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

async function askWitness(room: Room, { authority, egress }: Witnessing): Promise<void> {
  if (authority === null || (await room.time.read(room.store.read)).trusted) return;
  const testimony = await askTimeAuthority({ ...room, egress }, authority);
  if (!testimony.ok) {
    room.log.error({ alarm: 'time', detail: testimony.detail }, 'the time witness does not agree');
    return;
  }
  const { differenceMs, serial } = testimony;
  await room.store.tx((tx) => room.time.believe(tx, 'witness', { differenceMs, serial }));
}

async function noteTime(room: Room): Promise<void> {
  const ahead = await openingsInState(room.store.read, 'announced');
  if (ahead.length === 0) return;
  const head = await room.journal.head(room.store.read);
  if (room.clock.now() - head.at < NOTE_TIME_MS) return;
  await room.store.tx((tx) => room.journal.append(tx, { kind: 'time.noted' }));
}
