import type { Tx } from '#store/store.ts';
import { changeOpening } from './repository.ts';
import { type Room, topicOf } from './room.ts';

/** Something about the opening that a page shows has changed: a higher version, and whoever listens is told after the commit. */
export async function changed(room: Room, tx: Tx, openingId: string): Promise<void> {
  const states = ['announced', 'releasing', 'released', 'ended', 'aborted'] as const;
  await changeOpening(tx, openingId, states, {}, room.clock.now());
  tx.notify(topicOf(openingId));
}
