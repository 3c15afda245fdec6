import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import type { OpenDocument } from './document.ts';
import type { ViewerWords } from './types.ts';

/** One page on the screen. */
export interface Leaf {
  readonly page: number;
  readonly element: HTMLElement;
  /** What stands over the page: seals, frames. Its own coordinates are the page's, in percent. */
  readonly over: HTMLElement;
  /** Whose page is in sight; null: nothing is drawn yet. */
  readonly of: OpenDocument | null;
}

/** The same, and what is drawn on it. */
export interface Sheet extends Leaf {
  of: OpenDocument | null;
  readonly sheet: HTMLElement;
  /** The words of the page for who does not see it. */
  readonly text: HTMLElement;
  /** Scale in device pixels of what is drawn; 0: nothing yet. */
  drawn: number;
  failed: boolean;
  work: AbortController | null;
}

export function createSheet(page: number, words: ViewerWords): Sheet {
  const sheet = h('div', { class: 'page__sheet', 'aria-hidden': 'true' });
  const text = h('div', { class: 'page__text' });
  const over = h('div', { class: 'page__over' });
  const label = fill(words.page, { page: String(page + 1) });
  const attributes = { class: 'page', role: 'group', 'aria-label': label, 'data-page': String(page) };
  const element = h('div', attributes, sheet, text, over);
  return { page, element, over, of: null, sheet, text, drawn: 0, failed: false, work: null };
}

/** Its page is still the one of that document, or none. */
export const isBefore = (leaf: Leaf, before: OpenDocument | null): boolean => leaf.of === null || leaf.of === before;

/** Gives back the pictures' memory. */
export function wipe(sheet: HTMLElement): void {
  for (const canvas of sheet.querySelectorAll('canvas')) canvas.width = canvas.height = 0;
  sheet.replaceChildren();
}

export function blank(leaf: Sheet): void {
  leaf.work?.abort();
  wipe(leaf.sheet);
  leaf.drawn = 0;
  leaf.of = null;
}
