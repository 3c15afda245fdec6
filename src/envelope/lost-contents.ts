import { announce } from '#interaction/page-room.ts';
import type { Tx } from '#store/store.ts';
import { HOLD_MS } from './held.ts';
import { changeItem, type ItemRow, keepHolding, lostItems } from './repository-items.ts';
import type { Room } from './room.ts';

const BATCH = 100;

/**
 * Contents of `memory-only` units (readings L54): says for what this process holds that it still does, and gives back to its person what a process held
 * that is gone. Returns how many were given back.
 */
export async function tendHeld(room: Room): Promise<number> {
  const held = room.held.items();
  const until = room.clock.now() + HOLD_MS;
  if (held.length > 0) await room.store.tx((tx) => keepHolding(tx, room.holder, held, until));
  let back = 0;
  for (const item of await lostItems(room.store.read, room.clock.now(), BATCH))
    if (await room.store.tx((tx) => giveBack(room, tx, item))) back += 1;
  return back;
}

/** The message can never be sent any more: it ends, and the item waits again for its key. */
async function giveBack(room: Room, tx: Tx, item: ItemRow): Promise<boolean> {
  const now = room.clock.now();
  const won = await changeItem(tx, item.id, ['opened'], {
    state: 'waiting',
    opened_by: null,
    opened_at: null,
    outbox_id: null,
    held_by: null,
    held_until: null,
    updated_at: now,
  });
  if (won === undefined) return false;
  if (item.outbox_id !== null) await room.outbox.abandon(tx, item.outbox_id);
  const again = await room.interactions.change(
    tx,
    item.interaction_id,
    { states: ['open', 'claimed', 'proved'] },
    { state: 'claimed' },
  );
  await room.journal.append(tx, {
    kind: 'decrypt.content-lost',
    unitId: item.unit_id,
    interactionId: item.interaction_id,
    body: { item: item.id },
  });
  if (again !== undefined) announce(room, tx, again);
  return true;
}
