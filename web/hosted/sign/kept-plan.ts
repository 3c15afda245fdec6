import type { PlanView, SignView } from '#hosted/sign-api.ts';
import { adjusted, type StraddlePlan } from './plan.ts';
import { asPlacing } from './seal.ts';
import { type SignModel, sealOf } from './sign-desk.ts';
import type { PlaceAt } from './viewer/types.ts';

/** What is placed and not signed, as the hub keeps it. */
export function planOf(model: SignModel): PlanView {
  const { straddle, run } = model;
  const seals = new Map<string, [page: number, x: number, y: number][]>();
  for (const { seal, page, x, y } of model.placed) {
    const at = seals.get(seal.id) ?? [];
    at.push([page, x, y]);
    seals.set(seal.id, at);
  }
  return {
    version: model.view?.document?.version ?? 0,
    seals: [...seals].map(([seal, at]) => ({ seal, at })),
    straddle:
      straddle === null
        ? null
        : {
            ...{ seal: straddle.seal.id, from: straddle.from, to: straddle.to },
            ...{ centre: straddle.centre, each: straddle.each },
          },
    invisible: model.invisible,
    chosen: model.seal,
    page: model.page,
    zoom: model.zoom,
    run: run?.road === 'mobile' ? { last: run.last } : null,
  };
}

/** Nothing in it would be missed. */
export const isBare = ({ seals, straddle, invisible }: PlanView): boolean =>
  seals.length === 0 && straddle === null && !invisible;

export interface Restored {
  readonly places: readonly PlaceAt[];
  readonly straddle: StraddlePlan | null;
  /** Places whose seal cannot be used any more. */
  readonly gone: number;
}

/** What of a kept plan can stand again: seals of whoever signs now, in the size that they have now. */
export function restored(plan: PlanView, view: SignView): Restored {
  const pages = view.document?.pages ?? [];
  const usable = (id: string) => {
    const seal = sealOf(view, id);
    return seal?.usable === true ? asPlacing(seal) : null;
  };
  let gone = 0;
  const places = plan.seals.flatMap(({ seal: id, at }): PlaceAt[] => {
    const seal = usable(id);
    if (seal === null) gone += at.length;
    return seal === null
      ? []
      : at.map(([page, x, y]) => ({ seal, page, x: x + seal.width / 2, y: y + seal.height / 2 }));
  });
  const edge = plan.straddle === null ? null : usable(plan.straddle.seal);
  if (plan.straddle === null) return { places, straddle: null, gone };
  if (edge === null || pages.length < 2) return { places, straddle: null, gone: gone + 1 };
  return { places, straddle: adjusted({ ...plan.straddle, seal: edge }, {}, pages), gone };
}
