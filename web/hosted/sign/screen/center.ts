import type { SignView } from '#hosted/sign-api.ts';
import { fill } from '../../boot.ts';
import { act, type NoticeScreen, notice, sentenceOf, supportOf } from '../../screen/notices.ts';
import { sizeText } from '../../size.ts';
import { canMove, type SignBoot, type SignModel } from '../sign-desk.ts';

/** The middle: the viewer's tools above, and what stands in the document's place while there is none to see. */
export interface CenterScreen {
  readonly bar: BarScreen | null;
  readonly cover: CoverScreen | null;
}

export interface BarScreen {
  readonly page: number;
  readonly pages: number;
  readonly text: string;
  readonly scale: string;
  /** The very bytes are shown. */
  readonly same: boolean;
  /** In another site's frame: a window of its own has more room, and reaches the key. */
  readonly canMove: boolean;
}

export type CoverScreen =
  | { readonly kind: 'wait'; readonly text: string }
  | { readonly kind: 'notice'; readonly notice: NoticeScreen }
  | { readonly kind: 'drop'; readonly said: string; readonly notice: NoticeScreen | null; readonly limit: string }
  | { readonly kind: 'sending'; readonly text: string; readonly done: number; readonly count: string };

export function centerScreen(model: SignModel, boot: SignBoot): CenterScreen {
  const { view, paper } = model;
  const { sign } = boot;
  const pages = view?.document?.pages.length ?? 0;
  const cover = coverScreen(model, boot);
  if (pages === 0) return { bar: null, cover };
  return {
    bar: {
      page: Math.min(model.page + 1, pages),
      pages,
      text: fill(sign.viewer.page, { page: String(Math.min(model.page + 1, pages)), n: String(pages) }),
      scale: `${Math.round(model.scale * 100)}%`,
      same: paper.at === 'shown',
      canMove: canMove(model),
    },
    cover,
  };
}

function coverScreen(model: SignModel, boot: SignBoot): CoverScreen | null {
  const { view, paper, upload } = model;
  const { local, loading, opening } = boot.sign;
  // In a frame that cannot reach the agent nothing is opened before the person has chosen how to go on.
  if (view === null) return model.agent === 'framed' ? null : { kind: 'wait', text: opening };
  if (upload?.at === 'sending') {
    const params = { done: sizeText(upload.sent), all: sizeText(upload.all) };
    return {
      kind: 'sending',
      text: fill(local.sending, { name: upload.name }),
      done: upload.all === 0 ? 0 : upload.sent / upload.all,
      count: fill(local.sent, params),
    };
  }
  if (view.document === null) return view.mode === 'local' ? dropScreen(model, view, boot) : null;
  switch (paper.at) {
    case 'shown':
      return null;
    case 'none':
      return { kind: 'wait', text: loading };
    case 'loading':
      return paper.again ? null : { kind: 'wait', text: loading };
    case 'fault': {
      const again = act('again', boot.sign.viewer.again, 'primary', { icon: 'refresh' });
      const actions = [{ ...again, act: 'reshow' }];
      return { kind: 'notice', notice: notice(boot, 'view-failed', {}, { actions, support: supportOf(model) }) };
    }
  }
}

function dropScreen(model: SignModel, { largest }: SignView, boot: SignBoot): CoverScreen {
  const { local } = boot.sign;
  const { upload } = model;
  const max = sizeText(largest);
  const limit = fill(local.limit, { max });
  const base = { kind: 'drop', said: '', notice: null, limit } as const;
  if (upload === null || upload.at === 'sending') return base;
  switch (upload.at) {
    case 'bad':
      return { ...base, said: local[upload.why] };
    case 'too-big':
      return { ...base, notice: notice(boot, 'too-big', { max, size: sizeText(upload.size) }) };
    case 'refused': {
      const params = { message: sentenceOf(boot, upload.error) };
      return { ...base, notice: notice(boot, 'not-signable', params, { support: upload.error.supportCode }) };
    }
  }
}
