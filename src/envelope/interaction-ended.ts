import type { Interaction } from '#interaction/interaction.ts';
import type { Tx } from '#store/store.ts';
import { eraseBodies, itemsOf } from './repository-items.ts';
import type { Room } from './room.ts';

/** Cancelled or expired: nothing of it can be opened any more, so the ciphertexts go. A fresh link to the same task keeps them. */
export async function interactionEnded(
  room: Room,
  tx: Tx,
  interaction: Interaction,
  what: 'cancelled' | 'expired' | 'reopened',
): Promise<void> {
  if (what === 'reopened') return;
  for (const { capsule_id, state } of await itemsOf(tx, interaction.id)) {
    if (capsule_id !== null && (state === 'waiting' || state === 'failed'))
      await room.capsules.ended(tx, { capsuleId: capsule_id, interaction: interaction.id, what });
  }
  await eraseBodies(tx, interaction.id, room.clock.now());
}
