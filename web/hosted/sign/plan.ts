import type { PlacementView, StraddleView } from '#hosted/sign-api.ts';
import type { SignModel } from './sign-desk.ts';
import type { PlacingSeal, StraddleWish } from './viewer/types.ts';

/** 骑缝章 as the person has set it. Pages 0-based, both ends included. */
export interface StraddlePlan {
  readonly seal: PlacingSeal;
  readonly from: number;
  readonly to: number;
  /** Millimetres from the upper edge. */
  readonly centre: number;
  /** Most pages under one whole seal. */
  readonly each: number;
}

/** One signature to be made: a seal with all its places. */
export interface SealJob {
  /** null: an invisible signature. */
  readonly seal: string | null;
  readonly name: string;
  readonly placements: readonly PlacementView[];
  readonly straddle: StraddleView | null;
}

export const USUAL_EACH = 30;
/** Below it a group could be left with one page. */
export const LEAST_EACH = 3;
/** Of one `prepare`. */
export const MOST_PLACES = 5000;

/** What is to be signed, one job a seal, in the order in which the seals were first put down. */
export function jobsOf(model: Pick<SignModel, 'placed' | 'straddle' | 'invisible'>): readonly SealJob[] {
  if (model.invisible) return [{ seal: null, name: '', placements: [], straddle: null }];
  const seals = new Map<string, string>();
  for (const { seal } of model.placed) seals.set(seal.id, seal.name);
  if (model.straddle !== null) seals.set(model.straddle.seal.id, model.straddle.seal.name);
  return [...seals].map(([seal, name]) => ({
    seal,
    name,
    placements: model.placed
      .filter((one) => one.seal.id === seal)
      .map(({ page, x, y, width, height }) => ({ page, x, y, width, height })),
    straddle: model.straddle?.seal.id === seal ? straddleView(model.straddle) : null,
  }));
}

/** Places of a job, its straddle counted as one. */
export const placesOf = (job: Pick<SealJob, 'placements' | 'straddle'>): number =>
  job.placements.length + (job.straddle === null ? 0 : 1);

export const pagesOf = (plan: Pick<StraddlePlan, 'from' | 'to'>): readonly number[] =>
  Array.from({ length: Math.max(0, plan.to - plan.from + 1) }, (_, i) => plan.from + i);

const straddleView = (plan: StraddlePlan): StraddleView => {
  const pages = pagesOf(plan);
  const { width, height } = plan.seal;
  return { pages, centre: plan.centre, width, height, ...(pages.length > plan.each && { each: plan.each }) };
};

/** Each with a whole seal: as few groups as `each` allows, as equal as can be, the larger ones first (StraddleView.each). */
export function groupsOf(plan: Pick<StraddlePlan, 'from' | 'to' | 'each'>): readonly (readonly number[])[] {
  const pages = pagesOf(plan);
  const count = Math.max(1, Math.ceil(pages.length / Math.max(LEAST_EACH, plan.each)));
  const [least, more] = [Math.floor(pages.length / count), pages.length % count];
  const groups: (readonly number[])[] = [];
  for (let at = 0, nth = 0; nth < count; nth += 1) {
    const size = least + (nth < more ? 1 : 0);
    groups.push(pages.slice(at, at + size));
    at += size;
  }
  return groups;
}

/** For the viewer's strips. */
export const straddleWishes = (plan: StraddlePlan): readonly StraddleWish[] =>
  groupsOf(plan).map((pages) => ({ pages, centre: plan.centre }));

/** As first offered: all pages, in the middle of the shortest one. */
export function usualStraddle(seal: PlacingSeal, pages: readonly { readonly height: number }[]): StraddlePlan {
  const shortest = Math.min(...pages.map((page) => page.height));
  return { seal, from: 0, to: pages.length - 1, centre: Math.round(shortest / 2), each: USUAL_EACH };
}

/** What a person typed, brought to what is possible. */
export function adjusted(
  plan: StraddlePlan,
  wish: Partial<Pick<StraddlePlan, 'from' | 'to' | 'centre' | 'each'>>,
  pages: readonly { readonly height: number }[],
): StraddlePlan {
  const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
  const last = pages.length - 1;
  const from = within(Math.round(wish.from ?? plan.from), 0, last - 1);
  const to = within(Math.round(wish.to ?? plan.to), from + 1, last);
  const half = plan.seal.height / 2;
  const shortest = Math.min(...pages.slice(from, to + 1).map((page) => page.height));
  const centre = within(wish.centre ?? plan.centre, half, Math.max(half, shortest - half));
  const each = within(Math.round(wish.each ?? plan.each), LEAST_EACH, 500);
  return { ...plan, from, to, centre: Math.round(centre * 10) / 10, each };
}
