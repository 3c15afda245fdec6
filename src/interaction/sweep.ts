import { refusal } from '#kernel/errors.ts';
import type { Tx } from '#store/store.ts';
import { announce, type PageRoom } from './page-room.ts';

const BATCH = 100;

/** Writes the end of one overdue interaction; false when it was no longer waiting or has been given a new life. */
export async function expire(room: PageRoom, tx: Tx, id: string): Promise<boolean> {
  const now = room.clock.now();
  const ended = await room.interactions.change(
    tx,
    id,
    { states: ['open', 'claimed'], overdueAt: now },
    { state: 'expired', challenge: null, exchange: null, refusal: refusal('TASK_EXPIRED'), endedAt: now },
  );
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

/** Ends every overdue interaction, one transaction each, so that no page waits behind a long one. Returns how many ended. */
export async function sweep(room: PageRoom): Promise<number> {
  let ended = 0;
  for (const id of await room.interactions.overdue(room.store.read, room.clock.now(), BATCH)) {
    if (await room.store.tx((tx) => expire(room, tx, id))) ended += 1;
  }
  return ended;
}
