import type { Interaction } from '#interaction/interaction.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result } from '#kernel/result.ts';
import { actingOn, announce, boundTo, type Room, type Visit } from './room.ts';

/** The person gives up. Nothing is posted to the trading system (readings L42); it may ask for the status. */
export async function cancel(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const cancelled = await room.store.tx(async (tx) => {
    const row = await room.interactions.change(
      tx,
      visit.interaction,
      { states: ['claimed'], generation: acting.value.generation },
      {
        state: 'cancelled',
        challenge: null,
        exchange: null,
        refusal: refusal('CANCELLED_BY_PERSON'),
        endedAt: room.clock.now(),
      },
    );
    if (row === undefined) return undefined;
    await room.journal.append(tx, { kind: 'login.cancelled', unitId: row.unitId, interactionId: row.id, body: {} });
    announce(room, tx, row);
    return row;
  });
  return cancelled === undefined ? boundTo(room, visit) : ok(cancelled);
}

/** The person asks for another try now; outside `proved` there is nothing to send and the present state is the answer. */
export async function redeliver(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok || bound.value.state !== 'proved') return bound;
  await room.store.tx((tx) => room.outbox.expedite(tx, visit.interaction));
  return bound;
}
