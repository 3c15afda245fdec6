import type { SealView } from '#hosted/sign-api.ts';
import { fill } from '../../boot.ts';
import { sentenceOf } from '../../screen/notices.ts';
import { groupsOf, pagesOf, type StraddlePlan, usualStraddle } from '../plan.ts';
import { asPlacing } from '../seal.ts';
import { brokenSignature, type SignBoot, type SignModel, sealOf, signerOf } from '../sign-desk.ts';
import { type FileScreen, fileScreen, type StageStep, stepsOf } from './file.ts';

/** The left pane: what is signed and how far it is; once somebody has proved himself, his seals and where they go. */
export interface LeftScreen {
  readonly file: FileScreen | null;
  readonly steps: readonly StageStep[] | null;
  readonly seals: SealsScreen | null;
  readonly tools: ToolsScreen | null;
  readonly placed: PlacedScreen | null;
}

export interface SealsScreen {
  readonly whose: readonly string[];
  readonly list: readonly SealScreen[];
  /** The certificate has none: why, and what now. */
  readonly empty: string | null;
  readonly invisible: boolean;
  readonly locked: boolean;
}

export interface SealScreen {
  readonly id: string;
  readonly name: string;
  readonly picture: string;
  readonly date: string;
  readonly size: string;
  /** 印章图片由交易系统同步…, for pictures. */
  readonly image: string;
  readonly on: boolean;
  readonly off: boolean;
  readonly why: string;
  readonly placed: string;
}

export interface ToolsScreen {
  readonly way: SignModel['way'];
  readonly touch: boolean;
  readonly hasSeal: boolean;
  readonly keyword: KeywordScreen;
  readonly straddle: StraddleScreen | null;
}

export interface KeywordScreen {
  readonly busy: boolean;
  readonly searched: boolean;
  readonly count: string;
  readonly hits: readonly {
    readonly nth: number;
    readonly page: string;
    readonly before: string;
    readonly text: string;
    readonly after: string;
    readonly on: boolean;
  }[];
  readonly place: string;
}

export interface StraddleScreen {
  readonly pages: number;
  readonly from: number;
  readonly to: number;
  readonly centre: number;
  readonly each: number;
  readonly groups: number;
  readonly grouped: boolean;
  readonly picture: string;
  readonly placed: boolean;
}

export interface PlacedScreen {
  readonly count: string;
  readonly list: readonly {
    readonly id: string;
    readonly name: string;
    readonly where: string;
    readonly straddle: boolean;
  }[];
  readonly said: string;
  /** Another window has other places: which count. */
  readonly choice: boolean;
  readonly locked: boolean;
}

export function leftScreen(model: SignModel, boot: SignBoot): LeftScreen {
  const { view } = model;
  const whole = fileScreen(model, boot);
  // The good end tells the fingerprint itself.
  const file = whole !== null && view?.state === 'succeeded' ? { ...whole, digest: '' } : whole;
  const signer = signerOf(model);
  const bare: LeftScreen = {
    file,
    steps: view !== null && brokenSignature(view) !== null ? null : stepsOf(model, boot),
    seals: null,
    tools: null,
    placed: null,
  };
  if (view === null || signer === null || view.state !== 'claimed') return bare;
  const usable = view.seals.some((seal) => seal.usable);
  return {
    file,
    steps: null,
    seals: sealsScreen(model, boot),
    tools: usable && stands(model) && !model.invisible && model.run === null ? toolsScreen(model, boot) : null,
    placed: usable && !model.invisible ? placedScreen(model, boot) : null,
  };
}

/** There are pages to put a seal on. */
const stands = ({ paper }: SignModel): boolean => paper.at === 'shown' || (paper.at === 'loading' && paper.again);

function sealsScreen(model: SignModel, boot: SignBoot): SealsScreen {
  const { seals: words } = boot.sign;
  const signer = signerOf(model);
  const seals = model.view?.seals ?? [];
  const authority = signer?.authority.name ?? '';
  return {
    whose: [authority, signer?.tail ?? ''],
    list: seals.map((seal) => sealScreen(model, boot, seal)),
    empty: seals.length === 0 ? fill(words.emptyText, { authority }) : null,
    invisible: model.invisible,
    locked: model.run !== null,
  };
}

function sealScreen(model: SignModel, boot: SignBoot, seal: SealView): SealScreen {
  const { seals: words } = boot.sign;
  const n =
    model.placed.filter((one) => one.seal.id === seal.id).length + (model.straddle?.seal.id === seal.id ? 1 : 0);
  return {
    id: seal.id,
    name: seal.name,
    picture: seal.picture,
    date: seal.validTo === null ? words.forever : fill(words.until, { date: seal.validTo }),
    size: fill(words.size, { width: millimetres(seal.width), height: millimetres(seal.height) }),
    image: seal.kind === 'image' ? words.image : '',
    on: seal.id === model.seal && seal.usable && !model.invisible,
    off: !seal.usable,
    why: seal.usable ? '' : sentenceOf(boot, seal.error) || words.off,
    placed: n === 0 ? '' : fill(words.placedOn, { n: String(n) }),
  };
}

function toolsScreen(model: SignModel, boot: SignBoot): ToolsScreen {
  const { ways } = boot.sign;
  const { keyword } = model;
  const hits = keyword.hits ?? [];
  const chosen = hits.filter((hit) => hit.on).length;
  return {
    way: model.way,
    touch: model.touch,
    hasSeal: model.seal !== null,
    keyword: {
      busy: keyword.busy,
      searched: keyword.hits !== null,
      count: hits.length === 0 ? '' : fill(ways.hits, { n: String(hits.length) }),
      hits: hits.slice(0, MOST_LISTED).map((hit, nth) => ({
        nth,
        page: fill(ways.hitPage, { page: String(hit.page + 1) }),
        // The words themselves must be in sight in a narrow line.
        before: hit.before.slice(-4),
        text: hit.text,
        after: hit.after,
        on: hit.on,
      })),
      place: chosen === 0 ? '' : fill(ways.placeHits, { n: String(chosen) }),
    },
    straddle: straddleScreen(model),
  };
}

/** More hits than a person goes through one by one are placed all the same, and only counted. */
const MOST_LISTED = 200;

function straddleScreen(model: SignModel): StraddleScreen | null {
  const pages = model.view?.document?.pages ?? [];
  const seal = sealOf(model.view, model.seal);
  if (pages.length < 2 || seal === null) return null;
  const plan: StraddlePlan = model.straddle ?? usualStraddle(asPlacing(seal), pages);
  const n = pagesOf(plan).length;
  return {
    pages: pages.length,
    from: plan.from + 1,
    to: plan.to + 1,
    centre: plan.centre,
    each: plan.each,
    groups: groupsOf(plan).length,
    grouped: n > plan.each,
    picture: (model.straddle?.seal.picture ?? seal.picture) || '',
    placed: model.straddle !== null,
  };
}

function placedScreen(model: SignModel, boot: SignBoot): PlacedScreen {
  const { placed: words, ways } = boot.sign;
  const { straddle } = model;
  const list = model.placed.map((one) => ({
    id: one.id,
    name: one.seal.name,
    where: fill(words.page, { page: String(one.page + 1) }),
    straddle: false,
  }));
  const edges =
    straddle === null
      ? []
      : [
          {
            id: 'straddle',
            name: ways.straddleSeal,
            where: fill(ways.straddlePages, { from: String(straddle.from + 1), to: String(straddle.to + 1) }),
            straddle: true,
          },
        ];
  const all = [...list, ...edges];
  return {
    count: all.length === 0 ? '' : fill(words.n, { n: String(all.length) }),
    list: all,
    said: keptText(model, boot) || wishedText(model, boot),
    choice: model.kept?.at === 'elsewhere',
    locked: model.run !== null,
  };
}

/** What became of places that were put down before this page was loaded. */
function keptText({ kept }: SignModel, boot: SignBoot): string {
  const { placed: words } = boot.sign;
  switch (kept?.at) {
    case undefined:
      return '';
    case 'restored': {
      const stand = kept.n === 0 ? '' : fill(words.restored, { n: String(kept.n) });
      return stand + (kept.gone === 0 ? '' : fill(words.restoredGone, { n: String(kept.gone) }));
    }
    case 'gone':
      return fill(words.gone, { n: String(kept.n) });
    case 'other-document':
      return words.otherDocument;
    case 'elsewhere':
      return words.elsewhere;
  }
}

function wishedText(model: SignModel, boot: SignBoot): string {
  const { placed: words } = boot.sign;
  if (model.wished === null) return '';
  const { n } = model.wished;
  if (n > 0) return fill(words.wished, { n: String(n) });
  return fill(words.wishedNone, { keyword: model.view?.wish?.keyword ?? '' });
}

const millimetres = (value: number): string => String(Math.round(value * 10) / 10);
