import type { LeafSize } from './types.ts';

/** Where each page stands in the roll, CSS pixels. */
export interface Layout {
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
  readonly widths: readonly number[];
  readonly heights: readonly number[];
  readonly width: number;
  readonly height: number;
}

const EDGE = 24;
const GAP = 16;

/** Pages below each other, centred in the room. */
export function layOut(sizes: readonly LeafSize[], pxPerMm: number, room: number): Layout {
  const widths = sizes.map((size) => Math.round(size.width * pxPerMm));
  const heights = sizes.map((size) => Math.round(size.height * pxPerMm));
  const width = Math.max(room, Math.max(0, ...chunkMax(widths)) + 2 * EDGE);
  const tops: number[] = [];
  let top = EDGE;
  for (const height of heights) {
    tops.push(top);
    top += height + GAP;
  }
  return {
    tops,
    lefts: widths.map((own) => Math.round((width - own) / 2)),
    widths,
    heights,
    width,
    height: top - GAP + EDGE,
  };
}

/** Spread over thousands of arguments is not what a call is for. */
const chunkMax = (values: readonly number[]): readonly number[] => [values.reduce((a, b) => Math.max(a, b), 0)];

/** The page at a height of the roll; the gap below a page belongs to it. */
export function pageAt(layout: Layout, y: number): number {
  let [low, high] = [0, layout.tops.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((layout.tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}
