import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Placement } from './pdf/placement.ts';
import type { PrepareWish, StraddleWish } from './prepare-wish.ts';

interface Size {
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
}

/** A seal is drawn as large as it is registered: pages round to screen pixels, and nobody makes a seal larger. */
const OFF_BY = 0.02;
/** Millimetres over a page's edge that are rounding. */
const SLACK = 0.1;

/** Where the seal will stand, every place judged. PLACEMENT_INVALID says which and why, counting pages from 1. */
export function placesOf(
  pages: readonly Size[],
  seal: Size,
  { placements, straddle }: Pick<PrepareWish, 'placements' | 'straddle'>,
): Result<readonly Placement[]> {
  const count = placements.length + (straddle?.pages.length ?? 0);
  if (count === 0) return wrong('还没有摆放印章');
  if (count > limits.sealPlaces) return wrong(`一次最多 ${limits.sealPlaces} 处`);
  for (const place of placements) {
    const page = pages[place.page];
    if (page === undefined || !isWhole(place.page)) return wrong(`文件没有第 ${place.page + 1} 页`);
    if (!isSized(place, seal)) return wrong(`第 ${place.page + 1} 页的印章尺寸与登记的不一致`);
    if (!isInside(page, place)) return wrong(`第 ${place.page + 1} 页的印章超出了页面`);
  }
  const strips = straddle === null ? ok([]) : stripsOf(pages, seal, straddle);
  return strips.ok ? ok([...placements.map(rounded), ...strips.value]) : strips;
}

/** 骑缝章: as few whole seals as `each` allows, over groups as equal as can be, the larger ones first; one strip a page at its right edge. */
function stripsOf(pages: readonly Size[], seal: Size, straddle: StraddleWish): Result<readonly Placement[]> {
  const { pages: named, centre, each } = straddle;
  if (named.length < 2) return wrong('骑缝章至少需要两页');
  if (!isSized(straddle, seal)) return wrong('骑缝章的尺寸与登记的不一致');
  if (!Number.isFinite(centre)) return wrong('骑缝章的高度有误');
  if (named.some((page, i) => !isWhole(page) || pages[page] === undefined || page <= (named[i - 1] ?? -1)))
    return wrong('骑缝章的页码有误');
  const strips: Placement[] = [];
  for (const group of groupsOf(named, each ?? named.length)) {
    const width = seal.width / group.length;
    for (const [i, page] of group.entries()) {
      const size = pages[page];
      if (size === undefined || size.height < seal.height || size.width < width)
        return wrong(`第 ${page + 1} 页放不下骑缝章`);
      const y = Math.min(Math.max(0, centre - seal.height / 2), size.height - seal.height);
      const strip = [i / group.length, (i + 1) / group.length] as const;
      strips.push({ page, x: size.width - width, y, width, height: seal.height, strip });
    }
  }
  return ok(strips);
}

/** 31 by 30 are 16 and 15. */
function groupsOf(pages: readonly number[], each: number): number[][] {
  const groups = Math.ceil(pages.length / Math.max(3, Math.floor(each)));
  const [least, larger] = [Math.floor(pages.length / groups), pages.length % groups];
  let at = 0;
  return Array.from({ length: groups }, (_, i) => {
    const size = least + (i < larger ? 1 : 0);
    at += size;
    return pages.slice(at - size, at);
  });
}

const isWhole = (page: number): boolean => Number.isSafeInteger(page) && page >= 0;

const isSized = (one: Size, seal: Size): boolean =>
  Math.abs(one.width - seal.width) <= seal.width * OFF_BY && Math.abs(one.height - seal.height) <= seal.height * OFF_BY;

/** Whole on the page: a seal that hangs over the edge would be signed without being seen. */
const isInside = (page: Size, { x, y, width, height }: Size & { x: number; y: number }): boolean =>
  x >= -SLACK && y >= -SLACK && x + width <= page.width + SLACK && y + height <= page.height + SLACK;

/** Hundredths of a millimetre. */
function rounded({ page, x, y, width, height }: PrepareWish['placements'][number]): Placement {
  const mm = (value: number): number => Math.round(value * 100) / 100;
  return { page, x: mm(x), y: mm(y), width: mm(width), height: mm(height) };
}

const wrong = (reason: string): Result<never> => refused(refusal('PLACEMENT_INVALID', { reason }));
