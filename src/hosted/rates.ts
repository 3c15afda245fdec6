import type { Clock } from '#kernel/clock.ts';

/** `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Rates {
  /** One address is a whole company behind its firewall, or a bid opening's hall: generous. */
  readonly address: Rate;
  /** One login: a few tabs that poll each 2 s, and a person who clicks; room for a script that walks the pages' API in a test. */
  readonly interaction: Rate;
  /** A document's ranges and uploads, by interaction: a page reads a large one in a thousand pieces. */
  readonly document: Rate;
  /** Vendors' callbacks, by address. */
  readonly vendor: Rate;
}

export const defaultRates: Rates = {
  address: { burst: 3_000, perSecond: 500 },
  interaction: { burst: 300, perSecond: 20 },
  document: { burst: 2_000, perSecond: 200 },
  vendor: { burst: 200, perSecond: 50 },
};

export interface Limiter {
  /** 0: go on. Otherwise the whole seconds to wait. */
  take(key: string): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MOST_KEYS = 50_000;

/** Token buckets in memory, one set a process: a shield for the hub, not an account of anybody. */
export function createLimiter(rate: Rate, clock: Clock): Limiter {
  const buckets = new Map<string, Bucket>();
  const fullAfter = (rate.burst / rate.perSecond) * 1000;

  function forgetFull(now: number): void {
    for (const [key, bucket] of buckets) if (now - bucket.at >= fullAfter) buckets.delete(key);
    // A flood of addresses: the oldest go; they start full again, which costs less than the memory.
    for (const key of buckets.keys()) {
      if (buckets.size <= MOST_KEYS / 2) break;
      buckets.delete(key);
    }
  }

  return {
    take(key) {
      const now = clock.monotonic();
      if (buckets.size >= MOST_KEYS) forgetFull(now);
      const bucket = buckets.get(key) ?? { tokens: rate.burst, at: now };
      bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
      bucket.at = now;
      buckets.set(key, bucket);
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / rate.perSecond));
      bucket.tokens -= 1;
      return 0;
    },
  };
}
