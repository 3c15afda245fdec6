/** Reads news, one reading at a time. */
export interface Lookout {
  /** There is this version; null: it is time to look. */
  hear(version: number | null): void;
  /** Looks now, and again if a look is under way: that one may have been answered before the moment. */
  look(): Promise<void>;
}

/**
 * What is heard while an answer is under way is newer than that answer may be: it is looked for afterwards, unless the answer brought it. `read` tells of
 * its own failures; a failed one is not repeated here.
 */
export function createLookout(known: () => number, read: () => Promise<void>): Lookout {
  let underWay: Promise<void> | null = null;
  let named = 0;

  async function readAll(): Promise<void> {
    try {
      do {
        named = 0;
        await read();
      } while (named > known());
    } finally {
      underWay = null;
    }
  }
  const look = (version: number): Promise<void> => {
    named = Math.max(named, version);
    underWay ??= readAll();
    return underWay;
  };
  return {
    hear: (version) => {
      if (version !== null && version <= known()) return;
      void look(version ?? 0);
    },
    look: () => look(Number.POSITIVE_INFINITY),
  };
}
