import type { IslandWords as Words } from '#hosted/words.ts';

/** `4 分 32 秒`, `1 小时 5 分`, `28 秒`; never below zero. */
export function leftText(ms: number, words: Words['time']): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours} ${words.hour} ${minutes} ${words.minute}`;
  if (minutes > 0) return `${minutes} ${words.minute} ${rest} ${words.second}`;
  return `${rest} ${words.second}`;
}

/** `00:24` */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** For a clock that is read from afar: `30:08`, `1:02:33`; from two days on `3 天`. Never below zero. */
export function countdownText(ms: number, words: Words['time']): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} ${words.day}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

/** `2026-03-02` → `2026 年 3 月 2 日`; in English as it is. */
export function dateText(date: string, lang: 'zh' | 'en'): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (parts === null || lang === 'en') return date;
  return `${parts[1]} 年 ${Number(parts[2])} 月 ${Number(parts[3])} 日`;
}

/**
 * The hub's clock on this page: its `now` pinned to the monotonic reading, so that a wrong or changed PC clock does not matter.
 * Deadlines are in the hub's UTC milliseconds.
 */
export function hubClock(monotonic: () => number): { set(hubNow: number): void; now(): number } {
  let offset = 0;
  return {
    set: (hubNow) => {
      offset = hubNow - monotonic();
    },
    now: () => monotonic() + offset,
  };
}

/** A moment in Beijing: `2026 年 3 月 18 日 09:30`; in English `2026-03-18 09:30`. */
export function momentText(at: number, lang: 'zh' | 'en'): string {
  const [date, time] = new Date(at + 8 * 3600_000).toISOString().slice(0, 16).split('T');
  return `${dateText(date ?? '', lang)} ${time}`;
}

/** `09:32` or, with seconds, `09:41:52`, in Beijing. */
export const hourText = (at: number, seconds = false): string =>
  new Date(at + 8 * 3600_000).toISOString().slice(11, seconds ? 19 : 16);
