import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import { type OpenDocument, sizeOf } from './document.ts';
import { type Sheet, wipe } from './leaf.ts';
import type { LeafSize, ViewerWords } from './types.ts';

export interface DrawingOptions {
  readonly words: ViewerWords;
  readonly source: () => OpenDocument | null;
  /** The next page that is not drawn as it should be. */
  readonly next: () => Sheet | undefined;
  /** Device pixels per millimetre that a page shall be drawn with. */
  readonly sharpness: (page: number) => number;
  /** The size as the document itself says it. */
  readonly learn: (page: number, size: LeafSize) => void;
  /** Still on the screen. */
  readonly isShown: (leaf: Sheet) => boolean;
  /** A page has its picture, or says that it cannot be shown. */
  readonly drawn: (leaf: Sheet) => void;
}

/** Draws pages, one after the other, the nearest first. Answers what goes on until nothing is left to draw; while that runs, a second call does nothing. */
export function createDrawing({ words, source: present, ...options }: DrawingOptions): () => Promise<void> {
  let busy = false;

  async function drawAll(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      for (let leaf = options.next(); leaf !== undefined; leaf = options.next()) await draw(leaf);
    } finally {
      busy = false;
    }
  }

  async function draw(leaf: Sheet): Promise<void> {
    const source = present();
    if (source === null) return;
    const work = new AbortController();
    leaf.work = work;
    const canvas = h('canvas', { class: 'page__canvas' });
    try {
      const page = await source.page(leaf.page);
      if (work.signal.aborted) return;
      options.learn(leaf.page, sizeOf(page));
      const sharp = options.sharpness(leaf.page);
      const unit = (page.userUnit || 1) * (72 / 25.4);
      const whole = await source.draw(page, canvas, sharp / unit, work.signal);
      if (!whole || work.signal.aborted) return;
      if (leaf.of !== source) leaf.text.textContent = '';
      wipe(leaf.sheet);
      leaf.sheet.append(canvas);
      leaf.drawn = sharp;
      leaf.of = source;
      options.drawn(leaf);
      void readOut(leaf, source, work.signal);
      page.cleanup();
    } catch {
      if (work.signal.aborted || present() !== source) return;
      leaf.failed = true;
      leaf.of = source;
      const said = fill(words.faultPage, { page: String(leaf.page + 1) });
      leaf.sheet.replaceChildren(h('p', { class: 'page__fault' }, said));
      options.drawn(leaf);
    } finally {
      if (leaf.work === work) leaf.work = null;
      if (leaf.drawn === 0) canvas.width = canvas.height = 0;
    }
  }

  async function readOut(leaf: Sheet, source: OpenDocument, signal: AbortSignal): Promise<void> {
    if (leaf.text.childNodes.length > 0) return;
    const text = await source.text(leaf.page).catch(() => '');
    if (!signal.aborted && options.isShown(leaf)) leaf.text.textContent = text;
  }

  return drawAll;
}
