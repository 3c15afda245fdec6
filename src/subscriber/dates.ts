import { beijingDate } from '#kernel/clock.ts';

const DAY = 24 * 3600_000;
const BEIJING = 8 * 3600_000;

/** `2027-03-01[ 23:59[:59[.0]]]`, also with `/`, with `T`, and with a zone after it. */
const SPELLED =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:T| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;
/** `20270301` and `20270301235959`. */
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;
/** Epoch milliseconds of the years 2001 to 2286. */
const EPOCH = /^\d{13}$/;

/**
 * A certificate's end as trading systems write it (readings L19), to UTC epoch milliseconds. Beijing time unless a zone is given;
 * a date alone means 23:59:59 of that day. A day or hour that does not exist, or any other form: undefined.
 */
export function readEndTime(text: string): number | undefined {
  const compact = text.trim();
  if (EPOCH.test(compact)) return Number(compact);
  const spelled = SPELLED.exec(compact);
  if (spelled !== null) {
    const [, year, , month, day, hour, minute, second, zone] = spelled;
    const seconds = hour === undefined ? '59' : (second ?? '0');
    return at([year, month, day, hour ?? '23', minute ?? '59', seconds], offsetOf(zone));
  }
  const digits = COMPACT.exec(compact);
  if (digits === null) return undefined;
  const [, year, month, day, hour, minute, second] = digits;
  return at([year, month, day, hour ?? '23', minute ?? '59', second ?? '59'], BEIJING);
}

/** What a stated end means beside the certificate's own (readings L19): the certificate wins, a far later claim is refused. */
export function compareEndTime(stated: number, notAfter: number): 'agrees' | 'differs' | 'too-late' {
  if (stated - notAfter > DAY) return 'too-late';
  return notAfter - stated > DAY ? 'differs' : 'agrees';
}

/** `2027-03-01` (Beijing) for sentences. */
export const dateOf = (ms: number): string => beijingDate(ms);

function at(parts: readonly (string | undefined)[], offset: number | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  if (offset === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const wall = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  wall.setUTCFullYear(year, month - 1, day);
  const real = wall.getUTCFullYear() === year && wall.getUTCMonth() === month - 1 && wall.getUTCDate() === day;
  return real && year >= 1970 ? wall.getTime() - offset : undefined;
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return BEIJING;
  if (zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
