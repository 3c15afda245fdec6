import type { PlacementWish, SignView } from '#hosted/sign-api.ts';
import { fill } from '../../boot.ts';
import { sizeText } from '../../size.ts';
import { placesMade, type SignBoot, type SignModel, signerOf } from '../sign-desk.ts';

/** What is signed, by what a person can compare. */
export interface FileScreen {
  readonly name: string;
  readonly meta: string;
  /** SM3, in groups of four. */
  readonly digest: string;
  readonly demanded: string;
  readonly wish: string;
  readonly notes: readonly string[];
  /** Mode `local`, nothing signed yet: another may be chosen. */
  readonly canReplace: boolean;
}

export function fileScreen(model: SignModel, boot: SignBoot): FileScreen | null {
  const { view } = model;
  if (view?.document == null) return null;
  const { file, notes } = boot.sign;
  const { document } = view;
  return {
    name: document.name,
    meta: [fill(file.pages, { n: String(document.pages.length) }), sizeText(document.bytes)].join(
      boot.lang === 'zh' ? '，' : ', ',
    ),
    digest: grouped(document.sm3),
    demanded: view.demanded ?? '',
    wish: view.wish === null ? '' : wishText(view.wish, boot),
    notes: document.notes.map((note) => notes[note]),
    canReplace: view.mode === 'local' && view.state === 'claimed' && view.made.length === 0 && model.run === null,
  };
}

function wishText(wish: PlacementWish, boot: SignBoot): string {
  const { file } = boot.sign;
  const params = {
    page: String(wish.page ?? 1),
    x: String(wish.x ?? ''),
    y: String(wish.y ?? ''),
    keyword: wish.keyword ?? '',
  };
  if (wish.keyword !== undefined) return fill(wish.page === undefined ? file.wishKeyword : file.wishKeywordOn, params);
  return fill(wish.x === undefined || wish.y === undefined ? file.wishPage : file.wishPoint, params);
}

/** `5f2c 91d0 … `: read aloud and compared in groups. */
export const grouped = (hex: string): string => hex.match(/.{1,4}/g)?.join(' ') ?? hex;

export interface StageStep {
  readonly text: string;
  readonly at: 'ok' | 'now' | 'waiting';
}

/** The four steps, and which is now. */
export function stepsOf(model: SignModel, boot: SignBoot): readonly StageStep[] {
  const { steps } = boot.sign;
  const { view, paper } = model;
  const signed = made(view) > 0;
  const read = signed || paper.at === 'shown' || (paper.at === 'loading' && paper.again);
  const proved = signed || signerOf(model) !== null;
  const placed = signed || model.placed.length > 0 || model.straddle !== null || model.invisible;
  const last = view?.mode === 'local' ? steps.signLocal : steps.sign;
  const flags = [read, proved, placed, view?.state === 'succeeded'];
  const now = flags.indexOf(false);
  return [steps.read, steps.prove, steps.place, last].map((text, at) => ({
    text,
    at: at < now || now < 0 ? 'ok' : at === now ? 'now' : 'waiting',
  }));
}

const made = (view: SignView | null): number => (view === null ? 0 : Math.max(view.made.length, placesMade(view.made)));
