import { asHits, besideHit, onWishedPage, wishedPoint } from './keyword.ts';
import type { Papers } from './papers.ts';
import { adjusted, usualStraddle } from './plan.ts';
import { asPlacing } from './seal.ts';
import { type SignDesk, type SignModel, sealOf } from './sign-desk.ts';
import type { PlacingSeal } from './viewer/types.ts';

/** Where the seals go: by hand, by words, over the page edges, or where the trading system wants them. */
export interface Placing {
  choose(seal: string): void;
  /** A press on a seal of the list that may become a drag. */
  drag(seal: string, event: PointerEvent): void;
  /** In the middle of the page in view. */
  here(): void;
  turnTo(way: string): void;
  find(text: string): Promise<void>;
  toggle(hit: number): void;
  placeHits(): void;
  clearHits(): void;
  /** Numbers as a person counts; what is not a number changes nothing. */
  straddle(wish: Readonly<Record<'from' | 'to' | 'centre' | 'each', string>>): void;
  /** Changed while it stands: the strips follow at once. */
  restraddle(wish: Readonly<Record<'from' | 'to' | 'centre' | 'each', string>>): void;
  show(id: string): void;
  remove(id: string): void;
  invisible(on: boolean): void;
  /** Once a document stands and there is a seal: what the trading system wished for. */
  asWished(): Promise<void>;
}

export function createPlacing(desk: SignDesk, papers: Papers): Placing {
  const { viewer } = papers;
  let search: AbortController | null = null;
  let tried = false;

  const chosen = (model: SignModel = desk.model()): PlacingSeal | null => {
    const seal = sealOf(model.view, model.seal);
    return seal === null || !seal.usable ? null : asPlacing(seal);
  };
  const free = (): boolean => desk.model().run === null && desk.model().view?.state === 'claimed';

  function choose(id: string): void {
    const seal = sealOf(desk.model().view, id);
    if (seal === null || !seal.usable || !free()) return;
    desk.change({ seal: id, invisible: false, hint: null });
    if (desk.model().way === 'drag') viewer.arm(asPlacing(seal));
  }

  function turnTo(way: string): void {
    if (way !== 'drag' && way !== 'keyword' && way !== 'straddle') return;
    viewer.arm(null);
    desk.change({ way });
    marked();
  }

  /** The words found are marked on the pages as long as they are spoken of. */
  function marked(): void {
    const { way, keyword } = desk.model();
    const hits = way === 'keyword' ? (keyword.hits ?? []) : [];
    viewer.highlight(
      hits.flatMap(({ on, page, x, y, width, height }, nth) =>
        on
          ? [{ id: `hit-${nth}`, page, x: x - width / 2, y: y - height / 2, width, height, tone: 'mark', label: '' }]
          : [],
      ),
    );
  }

  async function find(text: string): Promise<void> {
    const words = text.trim();
    search?.abort();
    if (words === '') {
      desk.change({ keyword: { text: '', busy: false, hits: null } });
      marked();
      return;
    }
    const mine = new AbortController();
    search = mine;
    desk.change({ keyword: { text: words, busy: true, hits: null } });
    const found = await viewer.findKeyword(words, { signal: mine.signal });
    if (mine.signal.aborted) return;
    desk.change({ keyword: { text: words, busy: false, hits: asHits(found) } });
    marked();
    const [first] = found;
    if (first !== undefined) viewer.reveal(first);
  }

  function toggle(nth: number): void {
    const { keyword } = desk.model();
    if (keyword.hits === null) return;
    const hits = keyword.hits.map((hit, at) => (at === nth ? { ...hit, on: !hit.on } : hit));
    desk.change({ keyword: { ...keyword, hits } });
    marked();
    const hit = hits[nth];
    if (hit !== undefined) viewer.reveal(hit);
  }

  function placeHits(): void {
    const seal = chosen();
    if (seal === null || !free()) return;
    const wanted = (desk.model().keyword.hits ?? []).filter((hit) => hit.on);
    viewer.placeAll(wanted.map((hit) => besideHit(hit, seal)));
    const [first] = wanted;
    if (first !== undefined) viewer.reveal(first);
    desk.page.announce(String(desk.model().placed.length));
  }

  function straddle(wish: Readonly<Record<'from' | 'to' | 'centre' | 'each', string>>): void {
    const { view, straddle: before } = desk.model();
    const pages = view?.document?.pages ?? [];
    const seal = chosen();
    if (seal === null || pages.length < 2 || !free()) return;
    const plan = before ?? usualStraddle(seal, pages);
    const number = (text: string, by = 0): number | undefined => {
      const value = Number(text);
      return text.trim() === '' || !Number.isFinite(value) ? undefined : value + by;
    };
    const [from, to, centre, each] = [
      number(wish.from, -1),
      number(wish.to, -1),
      number(wish.centre),
      number(wish.each),
    ];
    const asked = {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(centre !== undefined && { centre }),
      ...(each !== undefined && { each }),
    };
    desk.change({ straddle: adjusted({ ...plan, seal }, asked, pages), invisible: false, hint: null });
    papers.straddled();
  }

  async function asWished(): Promise<void> {
    const { view } = desk.model();
    const wish = view?.wish ?? null;
    const seal = chosen();
    if (tried || view === null || wish === null || seal === null || desk.model().paper.at !== 'shown') return;
    tried = true;
    const point = wishedPoint(wish, seal);
    if (point !== null) {
      const stands = viewer.place(point);
      if (stands !== null) viewer.reveal(point);
      desk.change({ wished: { n: stands === null ? 0 : 1 } });
      return;
    }
    if (wish.keyword === undefined) {
      if (wish.page !== undefined) viewer.goTo(wish.page - 1);
      return;
    }
    const hits = onWishedPage(await viewer.findKeyword(wish.keyword), wish);
    desk.change({ keyword: { text: wish.keyword, busy: false, hits: asHits(hits) } });
    viewer.placeAll(hits.map((hit) => besideHit(hit, seal)));
    const [first] = hits;
    if (first !== undefined) viewer.reveal(first);
    desk.change({ wished: { n: hits.length } });
  }

  return {
    choose,
    drag: (id, event) => {
      const seal = sealOf(desk.model().view, id);
      if (seal?.usable && free() && desk.model().way === 'drag') viewer.dragFrom(asPlacing(seal), event);
    },
    here: () => {
      const seal = chosen();
      const size = viewer.pages[viewer.page];
      if (seal === null || size === undefined || !free()) return;
      viewer.arm(null);
      const placed = viewer.place({ seal, page: viewer.page, x: size.width / 2, y: size.height / 2 });
      if (placed !== null) show(placed.id);
    },
    turnTo,
    find,
    toggle,
    placeHits,
    clearHits: () => {
      desk.change({ keyword: { text: '', busy: false, hits: null } });
      const id = desk.model().seal;
      if (id !== null) viewer.clear(id);
      marked();
    },
    straddle,
    restraddle: (wish) => {
      if (desk.model().straddle !== null) straddle(wish);
    },
    show,
    remove: (id) => {
      if (!free()) return;
      if (id === 'straddle') {
        desk.change({ straddle: null });
        papers.straddled();
      } else viewer.remove(id);
    },
    invisible: (on) => {
      if (!free()) return;
      if (on) viewer.arm(null);
      desk.change({ invisible: on, hint: null });
    },
    asWished,
  };

  function show(id: string): void {
    if (id === 'straddle') {
      const { straddle: plan } = desk.model();
      const size = viewer.pages[plan?.from ?? 0];
      if (plan !== null && size !== undefined) viewer.reveal({ page: plan.from, x: size.width, y: plan.centre });
      return;
    }
    const place = viewer.places().find((one) => one.id === id);
    if (place === undefined) return;
    viewer.reveal({ page: place.page, x: place.x + place.width / 2, y: place.y + place.height / 2 });
    viewer.select(id);
  }
}
