/** How many there are of each name at the moment. */
export interface Tally {
  /** One more; answers what takes it off again (more than once does no harm). */
  add(name: string): () => void;
  /** Names of which there is none do not stand here. */
  readonly counts: ReadonlyMap<string, number>;
  of(name: string): number;
  total(): number;
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  let total = 0;
  const of = (name: string): number => counts.get(name) ?? 0;
  return {
    counts,
    of,
    total: () => total,
    add(name) {
      counts.set(name, of(name) + 1);
      total += 1;
      let there = true;
      return () => {
        if (!there) return;
        there = false;
        total -= 1;
        const left = of(name) - 1;
        if (left > 0) counts.set(name, left);
        else counts.delete(name);
      };
    },
  };
}
