import { createTally } from '#kernel/tally.ts';

/** What one message takes up while it is under way. */
export interface Place {
  /** The receiver is done with it. */
  leaveEndpoint(): void;
  /** Nothing runs for it any more; leaves the endpoint as well. */
  leave(): void;
}

export interface Places {
  take(endpoint: string): Place;
  /** Messages under way, by receiver. */
  readonly busy: ReadonlyMap<string, number>;
  /** How many more may be under way, over all receivers. */
  free(): number;
  isFull(endpoint: string): boolean;
  isAnyFull(): boolean;
  /** Resolves when nothing of what is under way now runs any more. */
  empty(): Promise<void>;
}

export function createPlaces(limits: { inFlight: number; perEndpoint: number }): Places {
  const busy = createTally();
  const taken = new Set<Promise<void>>();
  return {
    busy: busy.counts,
    free: () => limits.inFlight - taken.size,
    isFull: (endpoint) => busy.of(endpoint) >= limits.perEndpoint,
    isAnyFull: () => [...busy.counts.values()].some((count) => count >= limits.perEndpoint),
    empty: async () => void (await Promise.all(taken)),
    take(endpoint) {
      const leaveEndpoint = busy.add(endpoint);
      const { promise, resolve } = Promise.withResolvers<void>();
      taken.add(promise);
      const leave = (): void => {
        leaveEndpoint();
        taken.delete(promise);
        resolve();
      };
      return { leaveEndpoint, leave };
    },
  };
}
