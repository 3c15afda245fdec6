import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import type { OpenDocument } from './document.ts';
import { type Strip, stripsOf } from './geometry.ts';
import { isBefore, type Leaf } from './leaf.ts';
import { putAt } from './reader.ts';
import type { LeafSize, PlacingSeal, StraddleWish, ViewerWords } from './types.ts';

/** 骑缝章: one strip of a seal on each of its pages, where the hub will print it. */
export interface Straddle {
  /** null: none. */
  set(seal: PlacingSeal, groups: StraddleWish | readonly StraddleWish[] | null, sizes: readonly LeafSize[]): void;
  /** Pages turned out different from what was assumed. */
  spread(sizes: readonly LeafSize[]): void;
  /** The strips of these seals are part of the pages from the next document on. */
  printed(seals: readonly string[], before: OpenDocument | null): void;
  paint(leaf: Leaf, size: LeafSize, shown: boolean): void;
}

type SealStrip = Strip & { readonly seal: PlacingSeal };

export function createStraddle(words: ViewerWords): Straddle {
  let wish: { readonly seal: PlacingSeal; readonly groups: readonly StraddleWish[] } | null = null;
  let strips: readonly SealStrip[] = [];
  let leaving: { readonly strips: readonly SealStrip[]; readonly before: OpenDocument | null } = {
    strips: [],
    before: null,
  };

  function spread(sizes: readonly LeafSize[]): void {
    if (wish === null) {
      strips = [];
      return;
    }
    const { seal, groups } = wish;
    strips = groups.flatMap((group) => stripsOf(sizes, seal, group).map((strip) => ({ ...strip, seal })));
  }

  return {
    set: (seal, groups, sizes) => {
      wish = groups === null ? null : { seal, groups: 'pages' in groups ? [groups] : groups };
      spread(sizes);
    },
    spread,
    printed: (seals, before) => {
      const gone = wish !== null && seals.includes(wish.seal.id);
      leaving = { strips: [...(leaving.before === before ? leaving.strips : []), ...(gone ? strips : [])], before };
      if (!gone) return;
      wish = null;
      strips = [];
    },
    paint: (leaf, size, shown) => {
      for (const strip of leaf.over.querySelectorAll('.strip')) strip.remove();
      const all = [...(shown ? strips : []), ...(isBefore(leaf, leaving.before) ? leaving.strips : [])];
      for (const strip of all) if (strip.page === leaf.page) leaf.over.append(element(strip, size, words));
    },
  };
}

/** A part of the picture through a window as narrow as the strip. */
function element(strip: SealStrip, size: LeafSize, words: ViewerWords): HTMLElement {
  const picture = h('img', { alt: '', src: strip.seal.picture, draggable: 'false' });
  const part = strip.to - strip.from;
  picture.style.width = `${100 / part}%`;
  picture.style.left = `${(-100 * strip.from) / part}%`;
  const label = fill(words.straddle, { name: strip.seal.name, page: String(strip.page + 1) });
  const made = h('div', { class: 'strip', role: 'img', 'aria-label': label }, picture);
  putAt(made, strip, size);
  return made;
}
