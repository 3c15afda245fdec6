import type { IslandWords as Words } from '#hosted/words.ts';
import { fill } from '../boot.ts';
import { clockText, countdownText, hourText, leftText } from '../time.ts';

/** Writes every counting line of the page: elements that carry `data-timer`, with `data-until` (down) or `data-from` (up), hub's UTC ms. */
export function drawClocks(words: Words, now: number): void {
  for (const line of document.querySelectorAll<HTMLElement>('[data-timer]:not([data-since])')) {
    const text = lineText(line.dataset, words, now);
    if (line.textContent !== text) line.textContent = text;
  }
}

function lineText(data: DOMStringMap, words: Words, now: number): string {
  const text = data['timer'] ?? '';
  const until = Number(data['until'] ?? Number.NaN);
  if (data['past'] !== undefined && until <= now) return data['past'];
  return fill(text, {
    left: Number.isNaN(until) ? '' : leftText(until - now, words.time),
    time: clockText(now - Number(data['from'] ?? now)),
    clock: Number.isNaN(until) ? '' : countdownText(until - now, words.time),
    now: hourText(now, true),
  });
}
