import type { PdfPage } from './document.ts';

/** Where one seal stands, as a person sees the page: millimetres from the page's upper left corner after its rotation. */
export interface Placement {
  /** 0-based. */
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Only this vertical strip of the picture, as fractions of its width: a straddle seal (骑缝章) over several pages. */
  readonly strip?: readonly [from: number, to: number];
}

const POINTS_PER_MM = 72 / 25.4;

export interface Box {
  readonly rect: readonly [number, number, number, number];
  /** Appearance matrix that turns the picture upright for the reader of a rotated page. */
  readonly matrix: readonly [number, number, number, number, number, number];
}

/** The page's own coordinates (points, origin lower left, before rotation) of a placement that a person saw upright. */
export function boxOn(page: PdfPage, placement: Placement): Box {
  const [left, bottom, right, top] = page.mediaBox;
  const [w, h] = [placement.width * POINTS_PER_MM, placement.height * POINTS_PER_MM];
  const [x, y] = [placement.x * POINTS_PER_MM, placement.y * POINTS_PER_MM];
  switch (page.rotate) {
    case 0:
      return { rect: [left + x, top - y - h, left + x + w, top - y], matrix: [1, 0, 0, 1, 0, 0] };
    case 90:
      return { rect: [left + y, bottom + x, left + y + h, bottom + x + w], matrix: [0, 1, -1, 0, h, 0] };
    case 180:
      return { rect: [right - x - w, bottom + y, right - x, bottom + y + h], matrix: [-1, 0, 0, -1, w, h] };
    case 270:
      return { rect: [right - y - h, top - x - w, right - y, top - x], matrix: [0, -1, 1, 0, 0, w] };
  }
}

/** A part of a page as a person sees it: millimetres from the upper left corner, rotation applied. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The way back from `boxOn`: where the reader of the page sees this rectangle (points; left, bottom, right, top). */
export function seenArea(page: PdfPage, rect: readonly [number, number, number, number]): Area {
  const [left, bottom, right, top] = page.mediaBox;
  const [x0, y0, x1, y1] = rect;
  const points = {
    0: [x0 - left, top - y1],
    90: [y0 - bottom, x0 - left],
    180: [right - x1, y0 - bottom],
    270: [top - y1, right - x1],
  } as const;
  const [x, y] = points[page.rotate];
  const turned = page.rotate === 90 || page.rotate === 270;
  const [width, height] = turned ? [y1 - y0, x1 - x0] : [x1 - x0, y1 - y0];
  const mm = (value: number): number => Math.round((value / POINTS_PER_MM) * 100) / 100;
  return { x: mm(x), y: mm(y), width: mm(width), height: mm(height) };
}

/** The page as seen, in millimetres. */
export function seenSize(page: PdfPage): { readonly width: number; readonly height: number } {
  const [left, bottom, right, top] = page.mediaBox;
  const [width, height] = [(right - left) / POINTS_PER_MM, (top - bottom) / POINTS_PER_MM];
  return page.rotate === 90 || page.rotate === 270 ? { width: height, height: width } : { width, height };
}

/** Inside the page whole: a seal that hangs over the edge would be signed without being seen. */
export function isOnPage(page: PdfPage, { x, y, width, height }: Placement): boolean {
  const size = seenSize(page);
  const slack = 0.1;
  return (
    width > 0 &&
    height > 0 &&
    x >= -slack &&
    y >= -slack &&
    x + width <= size.width + slack &&
    y + height <= size.height + slack
  );
}

/** One strip a page at the right edge, top to bottom the same height: together they are the seal. */
export function straddle(
  pages: readonly PdfPage[],
  seal: { readonly width: number; readonly height: number },
  centreFromTop: number,
): readonly Placement[] {
  return pages.map((page, i) => {
    const size = seenSize(page);
    const width = seal.width / pages.length;
    return {
      page: i,
      x: size.width - width,
      y: Math.min(Math.max(0, centreFromTop - seal.height / 2), size.height - seal.height),
      width,
      height: seal.height,
      strip: [i / pages.length, (i + 1) / pages.length],
    };
  });
}
