import { ok, type Result } from '#kernel/result.ts';
import type { Interaction } from './interaction.ts';
import type { PageRoom } from './page-room.ts';
import { boundTo, type Visit } from './visit.ts';

/** What the bound browser is shown of its interaction, by the room's own snapshot. */
export interface Sight<Snapshot> {
  /** As it is now. */
  seen(visit: Visit): Promise<Result<Snapshot>>;
  /** The refusal of an act, else the page as it is now. */
  after(visit: Visit, act: Result<unknown>): Promise<Result<Snapshot>>;
}

export function createSight<Room extends PageRoom, Snapshot>(
  room: Room,
  snapshot: (room: Room, interaction: Interaction, bound: boolean) => Promise<Snapshot>,
): Sight<Snapshot> {
  const seen = async (visit: Visit): Promise<Result<Snapshot>> => {
    const bound = await boundTo(room, visit);
    return bound.ok ? ok(await snapshot(room, bound.value, true)) : bound;
  };
  return { seen, after: async (visit, act) => (act.ok ? seen(visit) : act) };
}
