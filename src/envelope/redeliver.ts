import type { Interaction } from '#interaction/interaction.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import type { Result } from '#kernel/result.ts';
import { offeredItems } from './load.ts';
import type { Room } from './room.ts';

/** The person asks for another try now, for everything that was opened on this page. */
export async function redeliver(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok) return bound;
  const { own, siblings } = await offeredItems(room, room.store.read, bound.value);
  const waiting = [...own, ...siblings].filter(({ state }) => state === 'opened');
  const interactions = new Set(waiting.map(({ interactionId }) => interactionId));
  if (interactions.size > 0)
    await room.store.tx(async (tx) => {
      for (const interaction of interactions) await room.outbox.expedite(tx, interaction);
    });
  return bound;
}
