import type { Interaction } from '#interaction/interaction.ts';
import { boundTo, type Visit } from '#interaction/visit.ts';
import type { Result } from '#kernel/result.ts';
import type { Room } from './room.ts';

/** The person asks for another try now; outside `proved` there is nothing to send and the present state is the answer. */
export async function redeliver(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok || bound.value.state !== 'proved') return bound;
  await room.store.tx((tx) => room.outbox.expedite(tx, visit.interaction));
  return bound;
}
