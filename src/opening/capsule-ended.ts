import type { CapsuleEnd } from '#envelope/capsule-port.ts';
import type { Tx } from '#store/store.ts';
import { changed } from './changed.ts';
import { THE_HUB } from './opening.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/** What the telling of an opened capsule came to; in the transaction in which it happened. */
export async function capsuleEnded(room: Room, tx: Tx, end: CapsuleEnd): Promise<void> {
  const row = await rows.findCapsule(tx, end.capsuleId);
  if (row === undefined) return;
  const now = room.clock.now();
  const places = { openingId: row.opening_id, capsuleId: row.id };
  switch (end.what) {
    case 'tried':
    case 'opened':
      return; // written down where it was tried: there the reason is known
    case 'delivered':
      await rows.changeCapsule(tx, row.id, ['sealed', 'failed', 'opened'], {
        state: 'opened',
        ended_at: now,
        updated_at: now,
      });
      break;
    case 'undelivered':
    case 'refused':
      await room.note(tx, { ...places, fact: { kind: 'platform-refused', capsule: row.id } });
      await rows.changeCapsule(tx, row.id, ['sealed', 'failed'], { outcome: end.what, updated_at: now });
      break;
    case 'cancelled':
    case 'expired':
      break;
  }
  const body = { interaction: end.interaction };
  await room.events.record(tx, { ...places, kind: `capsule.${end.what}`, actor: THE_HUB, body, secrecy: 'public' });
  await changed(room, tx, row.opening_id);
}
