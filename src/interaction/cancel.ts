import { refusal } from '#kernel/errors.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Interaction } from './interaction.ts';
import { announce, type PageRoom } from './page-room.ts';
import { actingOn, boundTo, type Visit } from './visit.ts';

/** The person gives up. Nothing is posted to the trading system (readings L42); it may ask for the status. */
export async function cancel(room: PageRoom, visit: Visit): Promise<Result<Interaction>> {
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
    await room.journal.append(tx, {
      kind: `${room.kind}.cancelled`,
      unitId: row.unitId,
      interactionId: row.id,
      body: {},
    });
    await room.changed?.(tx, row, 'cancelled');
    announce(room, tx, row);
    return row;
  });
  return cancelled === undefined ? boundTo(room, visit) : ok(cancelled);
}
