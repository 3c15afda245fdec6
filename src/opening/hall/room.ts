import type { DriverHosts } from '#drivers/host.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import { createPageRoom, type PageDeps, type PageRoom } from '#interaction/page-room.ts';
import type { HallTables } from '#store/schema-hall.ts';
import type { Tx } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import type { Openings } from '../openings.ts';
import type { Room } from '../room.ts';
import { touchHall } from './repository.ts';

export interface HallDeps extends Omit<PageDeps, 'publish'> {
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly drivers: DriverHosts;
  readonly openings: Openings;
  readonly envelopes: Pick<Envelopes, 'openCapsules' | 'windowMoved'>;
  /** Wakes the live channel of one opening's hall. */
  readonly publish: (openingId: string) => void | Promise<void>;
}

/** What the hall's use cases share. */
export interface Hall extends HallDeps {
  readonly page: PageRoom;
  /** What the openings themselves keep: vault, events, clock trust. */
  readonly room: Room;
}

/** A burst of changes is told as one: whoever hears of it reads everything anyway. */
const PACE_MS = 200;

function paced(publish: HallDeps['publish']): HallDeps['publish'] {
  const resting = new Map<string, 'told' | 'again'>();
  return function tell(openingId): void | Promise<void> {
    if (resting.has(openingId)) {
      resting.set(openingId, 'again');
      return;
    }
    resting.set(openingId, 'told');
    setTimeout(() => {
      const again = resting.get(openingId) === 'again';
      resting.delete(openingId);
      // What cannot be told now is seen at the live channel's own next look.
      if (again) Promise.resolve(tell(openingId)).catch(() => undefined);
    }, PACE_MS).unref();
    return publish(openingId);
  };
}

export const createHallRoom = (deps: HallDeps): Hall => ({
  ...deps,
  publish: paced(deps.publish),
  room: deps.openings.room,
  // A question's own page is the hall's; its changes are seen there, not on a channel of its own.
  page: createPageRoom({ ...deps, publish: () => undefined }, { kind: 'hall', path: 'hall' }),
});

/** Sealed JSON of the hall's tables. */
export const seal = (hall: Hall, table: keyof HallTables, row: string, column: string, value: unknown): string =>
  hall.cipher.seal({ table, row, column }, JSON.stringify(value));

export const unseal = <T>(hall: Hall, table: keyof HallTables, row: string, column: string, sealed: string): T =>
  JSON.parse(hall.cipher.openText({ table, row, column }, sealed)) as T;

/** The hall has changed: a newer version, and whoever looks at it is told after the commit. */
export async function touch(hall: Hall, tx: Tx, openingId: string): Promise<void> {
  await touchHall(tx, openingId, hall.clock.now());
  tx.afterCommit(() => wake(hall, openingId));
}

/** A hint to those who look; the live channel reads versions every two seconds anyway. */
export function wake(hall: Hall, openingId: string): void {
  Promise.resolve(hall.publish(openingId)).catch((error: unknown) =>
    hall.log.warn({ err: error, opening: openingId }, 'the hall could not be told of a change'),
  );
}
