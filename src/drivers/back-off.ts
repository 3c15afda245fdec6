import type { Clock } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';

const FIRST_MS = 200;
const MOST_MS = 30_000;
/** From this many failures in a row calls are refused at once while the pause runs. */
const BREAKER = 4;

/** How long a process that ended stays down: 0.2 s, doubled by each failure in a row, a fifth more or less so that vendors do not march in step. */
export interface BackOff {
  /** The process ended; answers the pause in milliseconds. */
  failed(): number;
  /** It answered something. */
  worked(): void;
  /** Milliseconds still to wait; 0 or less: now. */
  left(): number;
  /** Tried often enough: refuse until the pause is over. */
  readonly open: boolean;
  readonly failures: number;
}

export function createBackOff(clock: Clock, random: Random): BackOff {
  let failures = 0;
  let notBefore = 0;
  const left = (): number => notBefore - clock.monotonic();
  return {
    failed() {
      failures += 1;
      const base = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
      const wait = base * (0.8 + 0.4 * ((random.bytes(1)[0] ?? 0) / 255));
      notBefore = clock.monotonic() + wait;
      return Math.round(wait);
    },
    worked() {
      failures = 0;
    },
    left,
    get open() {
      return failures >= BREAKER && left() > 0;
    },
    get failures() {
      return failures;
    },
  };
}
