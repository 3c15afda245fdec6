import type { PageApi, PageError } from '#hosted/api.ts';
import type { MadeView, SealView, SignPageApi, SignView } from '#hosted/sign-api.ts';
import type { SignWords } from '#hosted/words-sign.ts';
import type { ViewerWords } from '#hosted/words-viewer.ts';
import type { Api } from '../api.ts';
import type { LinkBoot } from '../boot.ts';
import { createDesk } from '../create-desk.ts';
import type { Desk } from '../desk.ts';
import type { Judged } from '../keys.ts';
import { emptyModel, type Model } from '../model.ts';
import type { SheetPage } from '../render/sheet.ts';
import type { Hit } from './keyword.ts';
import type { SealJob, StraddlePlan } from './plan.ts';
import type { PlacedSeal, ViewerEngine, ViewerFault } from './viewer/types.ts';

/** The page's part of the hub, and the greeting that all pages share. */
export type SignApi = SignPageApi & Pick<PageApi, 'hello'>;

export interface SignBoot extends LinkBoot {
  readonly sign: SignWords['sign'];
  /** Sentences of states that only this page has. */
  readonly viewer: ViewerWords;
  readonly engine: ViewerEngine;
  /** Where documents are read from and put, without the interaction. */
  readonly documents: string;
  /** Origins whose pages may hold this one in a frame. */
  readonly embedders: readonly string[];
}

/** Everything the signing page knows. */
export interface SignModel extends Model<SignView> {
  /** How the document stands in the viewer. */
  readonly paper: Paper;
  /** 0-based page in view, and the viewer's scale. */
  readonly page: number;
  readonly scale: number;
  /** The scale that the person has chosen; null: as wide as the room. */
  readonly zoom: number | null;
  /** Seal that is placed next. */
  readonly seal: string | null;
  readonly way: 'drag' | 'keyword' | 'straddle';
  readonly keyword: KeywordSearch;
  readonly placed: readonly PlacedSeal[];
  readonly straddle: StraddlePlan | null;
  /** The person signs without a seal. */
  readonly invisible: boolean;
  /** Seals that are being signed, one after another. */
  readonly run: Run | null;
  /** A prepared signature for which the person waits no more on the phone. */
  readonly dismissed: string | null;
  /** Another certificate is to sign; the one before keeps what it has signed. */
  readonly changing: boolean;
  /** The person pressed the button with nothing placed, or before the document stood. */
  readonly hint: 'nothing' | 'not-shown' | null;
  readonly upload: Upload | null;
  /** Placed by what the trading system wished; null: not tried, or nothing wished. */
  readonly wished: { readonly n: number } | null;
  /** What became of the places that the hub has kept; null: nothing to say. */
  readonly kept: KeptNews | null;
  /** The page around this one has taken the signed document. */
  readonly handed: boolean;
  /** The signed document is being fetched for a download. */
  readonly downloading: boolean;
  /** The person stays on this page after the end. */
  readonly stays: boolean;
  /** Hub's UTC ms at which the browser goes back by itself. */
  readonly leavesAt: number | null;
  /** The person went on in a window of its own: how it stands there. */
  readonly moved: SignView['state'] | 'open' | null;
}

export type Paper =
  | { readonly at: 'none' | 'shown' }
  /** `again`: a version before this one is still in sight. */
  | { readonly at: 'loading'; readonly again: boolean }
  | { readonly at: 'fault'; readonly kind: ViewerFault };

/** Of places kept at the hub: `gone` are those whose seal cannot be used any more. */
export type KeptNews =
  | { readonly at: 'restored'; readonly n: number; readonly gone: number }
  | { readonly at: 'gone'; readonly n: number }
  /** They were for another file. */
  | { readonly at: 'other-document' }
  /** Another window has kept others meanwhile: the person says which count. */
  | { readonly at: 'elsewhere' };

export interface KeywordSearch {
  readonly text: string;
  readonly busy: boolean;
  /** null: not searched yet. */
  readonly hits: readonly Hit[] | null;
}

export interface Run {
  readonly jobs: readonly SealJob[];
  /** Jobs of this run that the hub has completed. */
  readonly done: number;
  /** The last of them ends the page's work. */
  readonly last: boolean;
  readonly road: 'key' | 'mobile';
  /** Signatures made when the job under way began. */
  readonly before: number;
}

export type Upload =
  | { readonly at: 'sending'; readonly name: string; readonly sent: number; readonly all: number }
  | { readonly at: 'bad'; readonly why: 'notPdf' | 'failed' | 'empty' }
  | { readonly at: 'too-big'; readonly size: number }
  | { readonly at: 'refused'; readonly error: PageError };

export type SignDesk = Desk<SignApi, SignModel>;

export const emptySign = (touch: boolean, framed = false): SignModel => ({
  ...emptyModel(touch),
  framed,
  paper: { at: 'none' },
  page: 0,
  scale: 1,
  zoom: null,
  seal: null,
  way: 'drag',
  keyword: { text: '', busy: false, hits: null },
  placed: [],
  straddle: null,
  invisible: false,
  run: null,
  dismissed: null,
  changing: false,
  hint: null,
  upload: null,
  wished: null,
  kept: null,
  handed: false,
  downloading: false,
  stays: false,
  leavesAt: null,
  moved: null,
});

export interface SignDeskParts {
  readonly boot: SignBoot;
  readonly api: Api<SignApi>;
  readonly page: SheetPage<SignView>;
  readonly touch: boolean;
  readonly framed: boolean;
  draw(model: SignModel): void;
  /** After a newer view has been drawn. */
  afterView(desk: SignDesk, view: SignView): void;
}

export function createSignDesk({ boot, api, page, touch, framed, draw, afterView }: SignDeskParts): SignDesk {
  return createDesk<SignApi, SignModel>({
    boot,
    api,
    page,
    empty: emptySign(touch, framed),
    draw,
    judge: async (desk, certificates) => {
      const interaction = desk.model().view?.interaction ?? '';
      const asked = certificates.map(({ key, sign }) => ({ key, sign }));
      const answer = await desk.ask('certificates', { interaction, certificates: asked });
      if (answer.ok) return answer.value.certificates.map((one) => forSigner(desk.model(), one));
      desk.refused(answer.error);
      return null;
    },
    deed: () => 'sign-document',
    onView: (desk, view) => ({
      seal: keptSeal(desk.model().seal, view),
      changing: desk.model().changing && view.state === 'claimed',
    }),
    afterView: (desk, view) => {
      if (isClosed(view)) {
        desk.session()?.close();
        desk.holdSession(null);
      }
      afterView(desk, view);
    },
  });
}

/** Once somebody has proved himself, his key alone signs: to the list of keys any other is one that does not fit. */
function forSigner(model: SignModel, one: Judged): Judged {
  const signer = model.changing ? null : (model.view?.signer ?? null);
  if (signer === null || one.status !== 'ready') return one;
  const same = one.tail === signer.tail && one.authority?.id === signer.authority.id && one.holder === signer.holder;
  return { ...one, opens: same ? ['sign'] : [] };
}

/** The chosen seal as long as it can be used; else the largest that can: a company's own, before that of its legal person. */
function keptSeal(chosen: string | null, view: SignView): string | null {
  const usable = view.seals.filter((seal) => seal.usable);
  const kept = usable.find((seal) => seal.id === chosen);
  const [largest] = [...usable].sort((a, b) => b.width * b.height - a.width * a.height);
  return (kept ?? largest)?.id ?? null;
}

/** Who signs, unless another is being chosen. */
export const signerOf = (model: SignModel): SignView['signer'] =>
  model.changing ? null : (model.view?.signer ?? null);

export const sealOf = (view: Pick<SignView, 'seals'> | null, id: string | null): SealView | null =>
  view?.seals.find((seal) => seal.id === id) ?? null;

/** Nothing can be added to the document any more. */
const isClosed = (view: SignView): boolean => view.state !== 'claimed';

/** Out of a frame, while nothing is under way. */
export const canMove = ({ framed, view, run, work, moved }: SignModel): boolean =>
  framed && view?.state === 'claimed' && run === null && work === null && moved === null;

/** Nothing more can happen on this page. */
export const isOver = (model: SignModel): boolean =>
  model.fault !== null ||
  model.moved !== null ||
  (model.view !== null && model.view.state !== 'claimed' && model.view.state !== 'proved');

/** The seal of a signature made here: told by name, because it may be another signer's than those shown now. */
export const sealOfMade = (view: Pick<SignView, 'seals'>, made: Pick<MadeView, 'seal'>): SealView | null =>
  view.seals.find(({ id, name }) => made.seal === id || made.seal === name) ?? null;

/** Of all signatures made here: places and straddles, as a person counts them. */
export const placesMade = (made: readonly MadeView[]): number =>
  made.reduce((sum, one) => sum + one.places + (one.straddle ? 1 : 0), 0);

/** The first signature in the file that does not hold; null: all do, or cannot be judged. */
export function brokenSignature(
  view: SignView,
): { readonly nth: number; readonly verdict: 'changed' | 'invalid' } | null {
  const signatures = view.document?.signatures ?? [];
  const at = signatures.findIndex((one) => one.verdict === 'invalid' || one.verdict === 'valid-changed');
  if (at < 0) return null;
  return { nth: at + 1, verdict: signatures[at]?.verdict === 'invalid' ? 'invalid' : 'changed' };
}
