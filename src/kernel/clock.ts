/** Time as a passed-in thing. Wall time is UTC epoch milliseconds; durations use the monotonic reading. */
export interface Clock {
  /** UTC, milliseconds since 1970-01-01. */
  now(): number;
  /** Milliseconds of an arbitrary origin that never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** The last one that 13 digits can say (the year 2286): no time of ours lies behind it, and every one before it can be written as a date. */
export const LAST_INSTANT = 9_999_999_999_999;

/** `2026-03-18T09:30:00.000Z` */
export const isoUtc = (ms: number): string => new Date(ms).toISOString();

const BEIJING_OFFSET_MS = 8 * 3600_000;

/** `2026-03-18 09:30:00`, Beijing time, independent of the process's TZ. */
export function beijingDateTime(ms: number): string {
  return new Date(ms + BEIJING_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-03-18`, Beijing time. */
export const beijingDate = (ms: number): string => beijingDateTime(ms).slice(0, 10);

/** Clocks of several hub processes may differ by so much. */
export const FUTURE_MS = 30_000;

/**
 * Written later than now: the clock was set back since, and nobody knows how much time has passed. What had a bounded life when it was written would live
 * longer than that bound, so it counts as overdue.
 */
export const isOfTheFuture = (writtenAt: number, now: number): boolean => writtenAt > now + FUTURE_MS;
