import type { ViewerEngine } from '#hosted/pages/viewer.ts';
import type { ViewerWords } from '#hosted/words-viewer.ts';

export type { ViewerEngine, ViewerWords };

/** Millimetres as seen, rotation applied. */
export interface LeafSize {
  readonly width: number;
  readonly height: number;
}

/** A document: read by ranges from the hub, or a file of this computer that stays here. */
export type ViewerSource =
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly sizes?: readonly LeafSize[] }
  | { readonly file: Blob; readonly sizes?: readonly LeafSize[] };

/** `unreachable`: bytes do not come (line, session ended). `broken`, `encrypted`: not shown by any reader. `engine`: the reader itself did not load. */
export type ViewerFault = 'unreachable' | 'broken' | 'encrypted' | 'engine';

/** What is put down: the picture as it will be printed, and its size in millimetres. */
export interface PlacingSeal {
  readonly id: string;
  readonly name: string;
  /** data: URL, PNG or JPEG. */
  readonly picture: string;
  readonly width: number;
  readonly height: number;
}

/** One place of a seal: upper left corner and size in millimetres from the page's upper left corner as seen. `page` 0-based. */
export interface PlacedSeal {
  readonly id: string;
  readonly seal: PlacingSeal;
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a seal shall stand: its centre. */
export interface PlaceAt {
  readonly seal: PlacingSeal;
  /** 0-based. */
  readonly page: number;
  /** Millimetres of the seal's centre. */
  readonly x: number;
  readonly y: number;
}

export interface StraddleWish {
  /** 0-based, ascending, at least two. */
  readonly pages: readonly number[];
  /** Millimetres of the seal's centre from the upper edge. */
  readonly centre: number;
}

export interface KeywordHit {
  /** 0-based. */
  readonly page: number;
  /** Centre of the hit, millimetres as seen. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The words found, as they stand there. */
  readonly text: string;
  /** What stands before and after on the page, at most 16 characters each. */
  readonly before: string;
  readonly after: string;
}

/** A frame drawn over a page; nothing of the document. `tone` as in the looks. */
export interface Highlight {
  readonly id: string;
  readonly page: number;
  /** Upper left corner and size, millimetres as seen. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly tone: 'info' | 'ok' | 'warn' | 'bad' | 'mark';
  /** Read out and shown as a small label; empty: none. */
  readonly label: string;
}

/** `width`: as wide as the room is. `page`: the whole page. A number: 1 is the size on paper. */
export type Zoom = 'width' | 'page' | number;

/** `place`: seals can be put down, moved and removed. `locked`: shown, not to be moved (while signing). `plain`: the document alone. */
export type PreviewMode = 'place' | 'locked' | 'plain';

export interface ReaderOptions {
  readonly engine: ViewerEngine;
  readonly words: ViewerWords;
  /** Sizes of all pages; again when a page turns out different from what was assumed. */
  readonly onPages?: (sizes: readonly LeafSize[]) => void;
  /** The first page stands on the screen. */
  readonly onFirstPage?: () => void;
  /** The page in view changed; 0-based. */
  readonly onPage?: (page: number) => void;
  /** The scale changed, 1 is the size on paper. */
  readonly onZoom?: (scale: number) => void;
  readonly onFault?: (kind: ViewerFault) => void;
}

/** A document that is looked at, with boxes over it. */
export interface Reader {
  /** Shows this document in place of the one before; resolves when its first page stands. A fault is told by `onFault` and resolves too. */
  open(source: ViewerSource): Promise<void>;
  /** 0-based. */
  goTo(page: number): void;
  /** Brings a point into the middle of the view; millimetres. */
  reveal(at: { readonly page: number; readonly x: number; readonly y: number }): void;
  zoom(to: Zoom): void;
  readonly scale: number;
  readonly pages: readonly LeafSize[];
  readonly page: number;
  /** Every place where the words stand: width, spaces and line ends between letters do not count. Ends early with `signal`. */
  findKeyword(
    text: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (page: number, hits: number) => void },
  ): Promise<readonly KeywordHit[]>;
  highlight(boxes: readonly Highlight[]): void;
  /** Text of one page for programs and people who do not see it. */
  textOf(page: number): Promise<string>;
  close(): void;
}

export interface ViewerOptions extends ReaderOptions {
  /** All places, after the person or the page changed them. */
  readonly onPlaces?: (places: readonly PlacedSeal[]) => void;
  /** A placed seal was chosen, or none. */
  readonly onSelect?: (id: string | null) => void;
  /** Armed or no longer (dropped, Escape). */
  readonly onArmed?: (seal: PlacingSeal | null) => void;
}

/** The reader with seals on it. */
export interface Viewer extends Reader {
  /** `printed`: seals that this version carries in its pages. Each of their places is gone in the frame in which its page is drawn, not before and not later. */
  open(source: ViewerSource, printed?: readonly string[]): Promise<void>;
  /** The next click, tap, or Enter puts this seal down; stays armed with `keep`. null: no longer. */
  arm(seal: PlacingSeal | null, options?: { readonly keep?: boolean }): void;
  /** Takes over a drag that began elsewhere (a `pointerdown` in the list of seals): mouse, pen and touch alike. */
  dragFrom(seal: PlacingSeal, event: PointerEvent): void;
  /** Puts a seal down, moved as little as needed to stand whole on the page. The same place twice is one. */
  place(at: PlaceAt): PlacedSeal | null;
  /** The same of many at once; those that stand now. */
  placeAll(all: readonly PlaceAt[]): readonly PlacedSeal[];
  select(id: string | null): void;
  remove(id: string): void;
  clear(sealId?: string): void;
  places(): readonly PlacedSeal[];
  /** Strips at the right edge, as the hub will draw them; several groups for many pages. null: none. */
  straddle(seal: PlacingSeal, groups: StraddleWish | readonly StraddleWish[] | null): void;
  setPreview(mode: PreviewMode): void;
}
