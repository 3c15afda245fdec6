import type { KeyDesk } from './desk.ts';
import { drawClocks } from './render/clock.ts';

const TICK_MS = 500;
const LAST_MINUTE_MS = 60_000;

export interface Deadline {
  /** Hub's UTC ms; null while nothing of this page runs out. */
  until(): number | null;
  /** Said once, when a minute is left. */
  readonly lastMinute: string;
  /** Once, when it has passed. */
  past(): void;
}

/** Counts every line of the page, says once that a minute is left, and tells when the deadline of the hub's clock has passed. */
export function watchClock(desk: KeyDesk, deadline: Deadline): void {
  const { words } = desk.boot;
  let told = false;
  setInterval(() => {
    const now = desk.now();
    drawClocks(words, now);
    const { view, ended, mobile } = desk.model();
    if (view === null) return;
    const overdue = view.mobile !== null && view.mobile.expiresAt <= now;
    if (overdue !== mobile.overdue) desk.change({ mobile: { ...mobile, overdue } });
    const until = deadline.until();
    if (until === null) return;
    const left = until - now;
    document.getElementById('left')?.classList.toggle('is-short', left < LAST_MINUTE_MS);
    if (left < LAST_MINUTE_MS && left > 0 && !told) {
      told = true;
      desk.page.announce(deadline.lastMinute);
    }
    if (left <= 0 && !ended) {
      desk.change({ ended: true, work: null });
      deadline.past();
    }
  }, TICK_MS);
}
