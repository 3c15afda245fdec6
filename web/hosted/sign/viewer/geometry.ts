import type { LeafSize, PlaceAt, PlacedSeal, PlacingSeal, StraddleWish } from './types.ts';

/** CSS pixels of one millimetre at scale 1. */
export const PX_PER_MM = 96 / 25.4;
export const MM_PER_POINT = 25.4 / 72;

export const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), Math.max(least, most));

/** A hundredth of a millimetre: what the screen cannot show the document need not carry. */
export const rounded = (mm: number): number => Math.round(mm * 100) / 100;

/** The seal with its centre at a point, moved as little as needed to stand whole on the page; null where it is larger than the page. */
export function standing(size: LeafSize, at: PlaceAt): Omit<PlacedSeal, 'id'> | null {
  const { seal, page } = at;
  if (seal.width > size.width || seal.height > size.height) return null;
  return {
    seal,
    page,
    x: inside(at.x - seal.width / 2, size.width - seal.width),
    y: inside(at.y - seal.height / 2, size.height - seal.height),
    width: seal.width,
    height: seal.height,
  };
}

/** Between 0 and `most` in whole hundredths, never over it. */
export const inside = (mm: number, most: number): number => Math.min(rounded(clamp(mm, 0, most)), most);

export interface Strip {
  readonly page: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Fractions of the picture's width. */
  readonly from: number;
  readonly to: number;
}

/** The strips of one group, where the hub's `straddle` puts them. */
export function stripsOf(sizes: readonly LeafSize[], seal: PlacingSeal, wish: StraddleWish): readonly Strip[] {
  const pages = wish.pages.filter((page) => sizes[page] !== undefined);
  const width = seal.width / pages.length;
  return pages.flatMap((page, i) => {
    const size = sizes[page];
    if (size === undefined) return [];
    const y = Math.min(Math.max(0, wish.centre - seal.height / 2), size.height - seal.height);
    return [
      {
        page,
        x: size.width - width,
        y,
        width,
        height: seal.height,
        from: i / pages.length,
        to: (i + 1) / pages.length,
      },
    ];
  });
}
