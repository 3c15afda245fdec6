import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import { type OpenDocument, sizeOf } from './document.ts';
import { createDrawing } from './drawing.ts';
import { clamp, PX_PER_MM } from './geometry.ts';
import { type Layout, layOut, pageAt } from './layout.ts';
import { blank, createSheet, type Leaf, type Sheet } from './leaf.ts';
import type { LeafSize, ViewerWords, Zoom } from './types.ts';

export interface LeavesOptions {
  readonly words: ViewerWords;
  /** Draws what stands over a page that came into view, and again after `repaint`. */
  readonly paint: (leaf: Leaf) => void;
  readonly onPages: (sizes: readonly LeafSize[]) => void;
  readonly onPage: (page: number) => void;
  readonly onZoom: (scale: number) => void;
}

export interface Leaves {
  readonly document: OpenDocument | null;
  readonly sizes: readonly LeafSize[];
  readonly scale: number;
  readonly page: number;
  readonly scroller: HTMLElement;
  /** Takes a document; resolves when the page in view is drawn. */
  show(document: OpenDocument, sizes?: readonly LeafSize[]): Promise<void>;
  empty(): void;
  goTo(page: number): void;
  reveal(at: { readonly page: number; readonly x: number; readonly y: number }): void;
  zoom(to: Zoom): void;
  /** The page under a point of the window, and where on it, in millimetres; may lie outside the page. */
  under(clientX: number, clientY: number): { readonly page: number; readonly x: number; readonly y: number } | null;
  /** The middle of what is seen of the page in view, millimetres. */
  middle(): { readonly page: number; readonly x: number; readonly y: number };
  repaint(): void;
  leaf(page: number): Leaf | undefined;
  close(): void;
}

/** Above this a canvas costs more memory than sharpness is worth (12 million pixels are 48 MB). */
const MOST_PIXELS = 12_000_000;
/** Pages kept above and below what is seen. */
const NEIGHBOURS = 2;

export function createLeaves(host: HTMLElement, options: LeavesOptions): Leaves {
  const { words } = options;
  const roll = h('div', { class: 'pages__roll' });
  const scroller = h('div', { class: 'pages', tabindex: '0', role: 'region' }, roll);
  host.append(scroller);

  let document_: OpenDocument | null = null;
  let sizes: LeafSize[] = [];
  let known = new Set<number>();
  let wish: Zoom = 'width';
  let layout: Layout = layOut([], 1, 0);
  let scale = 1;
  let current = 0;
  let firstDrawn: (() => void) | null = null;
  const shown = new Map<number, Sheet>();

  const draw = createDrawing({
    words,
    source: () => document_,
    next: nextToDraw,
    sharpness,
    learn,
    isShown: (leaf) => shown.get(leaf.page) === leaf,
    drawn: (leaf) => {
      // In the same turn as the picture: what is printed on the page and what lies over it are never seen together.
      options.paint(leaf);
      firstDrawn?.();
      firstDrawn = null;
    },
  });

  const room = () => ({ width: scroller.clientWidth, height: scroller.clientHeight });

  function scaleFor(): number {
    if (typeof wish === 'number') return clamp(wish, 0.25, 4);
    const size = wish === 'page' ? sizes[current] : reference(sizes);
    if (size === undefined) return 1;
    const { width, height } = room();
    const byWidth = (width - 48) / (size.width * PX_PER_MM);
    const byHeight = (height - 32) / (size.height * PX_PER_MM);
    // Wider than a third over paper size nobody reads better.
    return clamp(wish === 'width' ? Math.min(byWidth, 1.35) : Math.min(byWidth, byHeight), 0.1, 4);
  }

  /** The middle of the paper in the middle of the room. */
  function centre(): void {
    const width = layout.widths[current] ?? 0;
    scroller.scrollLeft = Math.max(0, (layout.lefts[current] ?? 0) + width / 2 - room().width / 2);
  }

  /** Lays the pages out anew around the point that is in the upper part of the view. */
  function arrange(): void {
    const eye = scroller.scrollTop + room().height / 3;
    const page = pageAt(layout, eye);
    const part = layout.heights[page] ? (eye - (layout.tops[page] ?? 0)) / (layout.heights[page] ?? 1) : 0;
    const next = scaleFor();
    const zoomed = next !== scale;
    scale = next;
    layout = layOut(sizes, scale * PX_PER_MM, room().width);
    roll.style.height = `${layout.height}px`;
    roll.style.width = `${layout.width}px`;
    for (const leaf of shown.values()) put(leaf);
    if (sizes.length > 0 && eye > room().height / 3)
      scroller.scrollTop = (layout.tops[page] ?? 0) + part * (layout.heights[page] ?? 0) - room().height / 3;
    if (zoomed) {
      centre();
      options.onZoom(scale);
    }
    turn();
  }

  function put(leaf: Sheet): void {
    const { style } = leaf.element;
    style.top = `${layout.tops[leaf.page] ?? 0}px`;
    style.left = `${layout.lefts[leaf.page] ?? 0}px`;
    style.width = `${layout.widths[leaf.page] ?? 0}px`;
    style.height = `${layout.heights[leaf.page] ?? 0}px`;
  }

  /** Brings pages into and out of the room, as the view now stands. */
  function turn(): void {
    if (document_ === null || sizes.length === 0) return;
    const top = scroller.scrollTop;
    const first = pageAt(layout, top);
    const last = pageAt(layout, top + room().height);
    const from = Math.max(0, first - NEIGHBOURS);
    const to = Math.min(sizes.length - 1, last + NEIGHBOURS);
    for (const leaf of shown.values()) {
      if (leaf.page >= from && leaf.page <= to) continue;
      // A seal that is being moved, or has the focus, keeps its page.
      if (leaf.element.contains(document.activeElement)) blank(leaf);
      else takeAway(leaf);
    }
    for (let page = from; page <= to; page++) if (!shown.has(page)) bring(page);
    const middle = pageAt(layout, top + room().height / 2);
    if (middle !== current) {
      current = middle;
      options.onPage(current);
    }
    void draw();
  }

  function bring(page: number): void {
    const leaf = createSheet(page, words);
    shown.set(page, leaf);
    put(leaf);
    // In the order of the pages, as they are read out.
    const after = [...shown.values()].filter((other) => other.page > page).sort((a, b) => a.page - b.page)[0];
    roll.insertBefore(leaf.element, after?.element ?? null);
    options.paint(leaf);
  }

  function takeAway(leaf: Sheet): void {
    blank(leaf);
    leaf.element.remove();
    shown.delete(leaf.page);
  }

  /** Device pixels per millimetre that this page shall be drawn with. */
  function sharpness(page: number): number {
    const size = sizes[page] ?? { width: 1, height: 1 };
    const wanted = scale * PX_PER_MM * (window.devicePixelRatio || 1);
    return Math.min(wanted, Math.sqrt(MOST_PIXELS / (size.width * size.height)));
  }

  function nextToDraw(): Sheet | undefined {
    const eye = scroller.scrollTop + room().height / 2;
    const distance = (leaf: Sheet) =>
      Math.abs((layout.tops[leaf.page] ?? 0) + (layout.heights[leaf.page] ?? 0) / 2 - eye);
    const waiting = [...shown.values()].filter(
      (leaf) => !leaf.failed && Math.abs(leaf.drawn - sharpness(leaf.page)) > 1e-6 && inRoom(leaf.page, 1),
    );
    return waiting.sort((a, b) => distance(a) - distance(b))[0];
  }

  function inRoom(page: number, margin: number): boolean {
    const top = scroller.scrollTop;
    return page >= pageAt(layout, top) - margin && page <= pageAt(layout, top + room().height) + margin;
  }

  /** The size as the document itself says it. */
  function learn(page: number, size: LeafSize): void {
    const before = sizes[page];
    if (known.has(page)) return;
    known.add(page);
    if (
      before !== undefined &&
      Math.abs(before.width - size.width) < 0.3 &&
      Math.abs(before.height - size.height) < 0.3
    )
      return;
    sizes[page] = size;
    options.onPages(sizes);
    arrange();
    const leaf = shown.get(page);
    if (leaf !== undefined) options.paint(leaf);
  }

  function empty(): void {
    for (const leaf of [...shown.values()]) takeAway(leaf);
    document_?.close();
    document_ = null;
  }

  /** Another version of the document: its pages stay in sight until the new ones are drawn. */
  function age(): void {
    for (const leaf of shown.values()) {
      leaf.work?.abort();
      Object.assign(leaf, { drawn: 0, failed: false });
    }
    document_?.close();
  }

  let asked = 0;
  const later = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(turn);
  };
  scroller.addEventListener('scroll', later, { passive: true });
  let widthBefore = 0;
  const watch = new ResizeObserver(() => {
    const { width } = room();
    if (width === widthBefore && wish !== 'page') return later();
    widthBefore = width;
    arrange();
  });
  watch.observe(scroller);

  return {
    get document() {
      return document_;
    },
    get sizes() {
      return sizes;
    },
    get scale() {
      return scale;
    },
    get page() {
      return current;
    },
    scroller,
    show: async (next, given) => {
      const same = document_ !== null && sizes.length === next.count;
      const at = scroller.scrollTop;
      if (same) age();
      else empty();
      document_ = next;
      known = new Set();
      const first = given?.[0] ?? sizeOf(await next.page(0));
      if (document_ !== next) return;
      sizes = Array.from({ length: next.count }, (_, page) => given?.[page] ?? first);
      scroller.setAttribute('aria-label', fill(words.region, { pages: String(next.count) }));
      if (!same) current = 0;
      options.onPages(sizes);
      const drawn = new Promise<void>((resolve) => {
        firstDrawn = resolve;
      });
      arrange();
      // A new version of the same document: the person stays where he was.
      scroller.scrollTop = same ? at : 0;
      turn();
      centre();
      options.onPage(current);
      await drawn;
    },
    empty,
    goTo: (page) => {
      const to = clamp(page, 0, sizes.length - 1);
      scroller.scrollTop = Math.max(0, (layout.tops[to] ?? 0) - 16);
      turn();
    },
    reveal: (at) => {
      const px = scale * PX_PER_MM;
      scroller.scrollTop = (layout.tops[at.page] ?? 0) + at.y * px - room().height / 2;
      scroller.scrollLeft = (layout.lefts[at.page] ?? 0) + at.x * px - room().width / 2;
      turn();
    },
    zoom: (to) => {
      wish = to;
      arrange();
    },
    under: (clientX, clientY) => {
      if (sizes.length === 0) return null;
      const box = roll.getBoundingClientRect();
      const page = pageAt(layout, clientY - box.top);
      const px = scale * PX_PER_MM;
      return {
        page,
        x: (clientX - box.left - (layout.lefts[page] ?? 0)) / px,
        y: (clientY - box.top - (layout.tops[page] ?? 0)) / px,
      };
    },
    middle: () => {
      const px = scale * PX_PER_MM;
      const top = layout.tops[current] ?? 0;
      const from = Math.max(0, scroller.scrollTop - top);
      const to = Math.min(layout.heights[current] ?? 0, scroller.scrollTop + room().height - top);
      return { page: current, x: (sizes[current]?.width ?? 0) / 2, y: (from + to) / 2 / px };
    },
    repaint: () => {
      for (const leaf of shown.values()) options.paint(leaf);
    },
    leaf: (page) => shown.get(page),
    close: () => {
      watch.disconnect();
      cancelAnimationFrame(asked);
      empty();
      scroller.remove();
    },
  };
}

/** The widest page that is of the same kind as the first: a landscape sheet counts, one large drawing does not make the letters small. */
function reference(sizes: readonly LeafSize[]): LeafSize | undefined {
  const [first] = sizes;
  return first && sizes.reduce((a, b) => (b.width > a.width && b.width <= first.width * 1.5 ? b : a), first);
}
