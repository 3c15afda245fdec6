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
  const busy = new Map<string, number>();
  const taken = new Set<Promise<void>>();
  return {
    busy,
    free: () => limits.inFlight - taken.size,
    isFull: (endpoint) => (busy.get(endpoint) ?? 0) >= limits.perEndpoint,
    isAnyFull: () => [...busy.values()].some((count) => count >= limits.perEndpoint),
    empty: async () => void (await Promise.all(taken)),
    take(endpoint) {
      busy.set(endpoint, (busy.get(endpoint) ?? 0) + 1);
      const { promise, resolve } = Promise.withResolvers<void>();
      taken.add(promise);
      let atEndpoint = true;
      const leaveEndpoint = (): void => {
        if (!atEndpoint) return;
        atEndpoint = false;
        const rest = (busy.get(endpoint) ?? 1) - 1;
        if (rest > 0) busy.set(endpoint, rest);
        else busy.delete(endpoint);
      };
      const leave = (): void => {
        leaveEndpoint();
        taken.delete(promise);
        resolve();
      };
      return { leaveEndpoint, leave };
    },
  };
}
