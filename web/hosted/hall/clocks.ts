import type { IslandWords as Words } from '#hosted/words.ts';
import { fill } from '../boot.ts';
import { drawClocks } from '../render/clock.ts';
import { leftText } from '../time.ts';

/** The counting lines of every page, and the hall's own: how long ago, and how much of the window is gone. */
export function drawHallClocks(words: Words, now: number): void {
  drawClocks(words, now);
  for (const line of document.querySelectorAll<HTMLElement>('[data-since]')) {
    const text = fill(line.dataset['timer'] ?? '', { left: leftText(now - Number(line.dataset['since']), words.time) });
    if (line.textContent !== text) line.textContent = text;
  }
  for (const bar of document.querySelectorAll<HTMLElement>('[data-span]')) {
    const [from = 0, to = 1] = (bar.dataset['span'] ?? '').split(' ').map(Number);
    const piece = bar.firstElementChild;
    const share = Math.min(1, Math.max(0, (now - from) / Math.max(1, to - from)));
    if (piece instanceof HTMLElement) piece.style.width = `${Math.round(share * 1000) / 10}%`;
  }
}
