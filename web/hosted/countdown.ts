import type { Desk } from './desk.ts';
import { drawClocks } from './render/clock.ts';

const TICK_MS = 500;
const LAST_MINUTE_MS = 60_000;

/** Counts every line of the page, says once that a minute is left, and ends the page at the deadline of the hub's clock. */
export function watchClock(desk: Desk, look: () => Promise<void>): void {
  const { words } = desk.boot;
  let told = false;
  setInterval(() => {
    const now = desk.now();
    drawClocks(words, now);
    const { view, ended, mobile } = desk.model();
    if (view?.state !== 'claimed') return;
    const left = view.expiresAt - now;
    document.getElementById('left')?.classList.toggle('is-short', left < LAST_MINUTE_MS);
    if (left < LAST_MINUTE_MS && left > 0 && !told) {
      told = true;
      desk.page.announce(words.login.minuteLeft);
    }
    if (left <= 0 && !ended) {
      desk.change({ ended: true, work: null });
      void look();
    }
    const overdue = view.mobile !== null && view.mobile.expiresAt <= now;
    if (overdue !== mobile.overdue) desk.change({ mobile: { ...mobile, overdue } });
  }, TICK_MS);
}
