import { type OpenDocument, openSource, warmUp } from './document.ts';
import { faultOf } from './fault.ts';
import type { Leaf } from './leaf.ts';
import { createLeaves, type Leaves } from './leaves.ts';
import { hitsOn } from './search.ts';
import type { Highlight, KeywordHit, Reader, ReaderOptions, ViewerFault } from './types.ts';

/** A reader, and what the viewer builds on it. */
export interface ReaderParts {
  readonly reader: Reader;
  readonly leaves: Leaves;
}

/** More places than this nobody looks through. */
const MOST_HITS = 1000;

/** A document to look at: pages, search, frames over it. */
export function createReader(host: HTMLElement, options: ReaderOptions): Reader {
  return readerWith(host, options, () => undefined).reader;
}

/** `over` draws further things on a page that came into view. */
export function readerWith(host: HTMLElement, options: ReaderOptions, over: (leaf: Leaf) => void): ReaderParts {
  let document: OpenDocument | null = null;
  let boxes: readonly Highlight[] = [];
  let turn = 0;
  warmUp(options.engine);

  const fault = (kind: ViewerFault) => options.onFault?.(kind);
  const leaves = createLeaves(host, {
    words: options.words,
    onPages: (sizes) => options.onPages?.(sizes),
    onPage: (page) => options.onPage?.(page),
    onZoom: (scale) => options.onZoom?.(scale),
    paint: (leaf) => {
      paintFrames(
        leaf,
        boxes.filter((box) => box.page === leaf.page),
        leaves.sizes[leaf.page],
      );
      over(leaf);
    },
  });

  const reader: Reader = {
    open: async (source) => {
      const mine = ++turn;
      try {
        const next = await openSource(options.engine, source, (kind) => mine === turn && fault(kind));
        if (mine !== turn) return next.close();
        document = next;
        await leaves.show(next, source.sizes);
        if (mine === turn) options.onFirstPage?.();
      } catch (error) {
        if (mine === turn) fault(faultOf(error));
      }
    },
    goTo: leaves.goTo,
    reveal: leaves.reveal,
    zoom: leaves.zoom,
    get scale() {
      return leaves.scale;
    },
    get pages() {
      return leaves.sizes;
    },
    get page() {
      return leaves.page;
    },
    findKeyword: async (text, { signal, onProgress } = {}) => {
      const source = document;
      const hits: KeywordHit[] = [];
      for (let page = 0; source !== null && page < source.count && hits.length < MOST_HITS; page++) {
        if (signal?.aborted === true || source !== document) break;
        hits.push(...hitsOn(page, await source.letters(page), text));
        onProgress?.(page, hits.length);
      }
      return hits;
    },
    highlight: (next) => {
      boxes = next;
      leaves.repaint();
    },
    textOf: async (page) => (await document?.text(page)) ?? '',
    close: () => {
      turn++;
      document = null;
      leaves.close();
    },
  };
  return { reader, leaves };
}

function paintFrames(
  leaf: Leaf,
  boxes: readonly Highlight[],
  size: { width: number; height: number } | undefined,
): void {
  for (const old of leaf.over.querySelectorAll('.frame')) old.remove();
  if (size === undefined) return;
  for (const box of boxes) {
    const frame = document.createElement('div');
    frame.className = `frame is-${box.tone}`;
    frame.dataset['id'] = box.id;
    putAt(frame, box, size);
    if (box.label !== '') {
      const label = document.createElement('span');
      label.className = 'frame__label';
      label.textContent = box.label;
      frame.append(label);
    }
    leaf.over.prepend(frame);
  }
}

/** Percent of the page: it stays right at every scale. */
export function putAt(
  element: HTMLElement,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  size: { readonly width: number; readonly height: number },
): void {
  element.style.left = `${(box.x / size.width) * 100}%`;
  element.style.top = `${(box.y / size.height) * 100}%`;
  element.style.width = `${(box.width / size.width) * 100}%`;
  element.style.height = `${(box.height / size.height) * 100}%`;
}
