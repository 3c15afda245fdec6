import { type Boot, fill } from '../boot.ts';
import { chosenCard, isReady } from '../model.ts';
import type { SheetScreen } from '../render/sheet.ts';
import { framedNotice, hubNotice, noAnswerNotice } from '../screen/hub-notices.ts';
import { keyState, tagOf } from '../screen/key-state.ts';
import { act, go, type NoticeScreen, notice, supportOf } from '../screen/notices.ts';
import { scanScreen } from '../screen/scan.ts';
import { type DecryptModel, isOpen, tooEarly, unopened } from './decrypt-desk.ts';
import { endNotice } from './end.ts';
import { type FileScreen, filesOf, type ProgressScreen, progressOf } from './files.ts';
import { type DecryptRoad, decryptRoad, earlyNotice, type NeededScreen } from './road.ts';

export type DecryptStage =
  | { readonly kind: 'key'; readonly road: DecryptRoad }
  | { readonly kind: 'files'; readonly progress: ProgressStage };
/** What the decryption page shows. */
export type DecryptScreen = SheetScreen<DecryptStage>;

/** Files and how far they are, while it runs, when something is left, and at the end. */
export interface ProgressStage {
  readonly key: NeededScreen | null;
  readonly progress: ProgressScreen;
  readonly files: readonly FileScreen[];
  readonly notice: NoticeScreen | null;
  readonly running: boolean;
  /** The notice is what the page has come to, so it stands first. */
  readonly over: boolean;
}

/** `now`: monotonic ms, for the pace of a run. */
export function screenOf(model: DecryptModel, boot: Boot, now: number): DecryptScreen {
  const over = endNotice(model, boot);
  const { view } = model;
  if (over !== null) {
    if (over.state !== 'all-open' && over.state !== 'closed' && over.state !== 'undelivered')
      return { state: over.state, title: null, tag: null, stage: { kind: 'end', notice: over }, scan: null };
    return filesScreen(model, boot, now, over, true);
  }
  if (view === null) {
    const notice = hubNotice(model, boot) ?? framedNotice(model, boot);
    const stage = { kind: 'wait', text: boot.words.decrypt.opening, notice } as const;
    return { state: notice?.state ?? 'opening', title: boot.words.decrypt.title, tag: null, stage, scan: null };
  }
  if (model.work?.step === 'open') return filesScreen(model, boot, now, hubNotice(model, boot), false);
  if (unopened(model).length === 0) {
    const waiting = noAnswerNotice(model, view.delivery, boot) ?? hubNotice(model, boot);
    return filesScreen(model, boot, now, waiting, false);
  }
  if (
    !model.again &&
    model.items.some((item) => item.state === 'failed') &&
    model.work === null &&
    model.pulled === null
  )
    return filesScreen(model, boot, now, partialNotice(model, boot), true);
  return choosing(model, boot);
}

/** Which key, its PIN, and beside it the phone. */
function choosing(model: DecryptModel, boot: Boot): DecryptScreen {
  const { decrypt: words } = boot.words;
  const { view } = model;
  const road = decryptRoad(model, boot);
  const early = tooEarly(model) ? earlyNotice(model, boot) : null;
  const top = road.top ?? early;
  const state = road.top === null && early !== null ? 'not-yet' : keyState(model, road);
  const card = chosenCard(model);
  const matches = card !== null && isReady(card) && (card.opens?.length ?? 0) > 0;
  return {
    state,
    title: model.touch && !model.wantsKey ? words.titleMobile : words.title,
    tag: matches && model.agent === 'connected' ? { tone: 'ok', icon: 'usb', text: words.match } : tagOf(model, boot),
    stage: { kind: 'key', road: { ...road, top } },
    // Nothing can be opened by phone before the time either.
    scan: view === null || early !== null ? null : scanScreen(model, view, boot),
  };
}

function filesScreen(
  model: DecryptModel,
  boot: Boot,
  now: number,
  notice: NoticeScreen | null,
  over: boolean,
): DecryptScreen {
  const { decrypt: words } = boot.words;
  const running = model.work?.step === 'open';
  const card = running ? chosenCard(model) : null;
  const title = running
    ? words.titleRunning
    : notice?.state === 'all-open'
      ? words.titleDone
      : over
        ? words.titlePartial
        : words.titleTelling;
  const key =
    card?.view == null
      ? null
      : {
          holder: card.view.holder,
          meta: [card.view.authority?.name ?? '', fill(boot.words.card.tail, { tail: card.view.tail })],
          word: card.view.status === 'expired' ? words.expiredMark : '',
          date: fill(words.until, { date: card.view.notAfter }),
          tone: card.view.status === 'expired' ? ('warn' as const) : ('' as const),
        };
  const progress = { key, progress: progressOf(model, boot, now), files: filesOf(model, boot), notice, running, over };
  return {
    state: notice?.state ?? (running ? 'running' : 'verifying'),
    title,
    tag: running ? { tone: 'ok', icon: 'usb', text: words.match } : null,
    stage: { kind: 'files', progress },
    scan: null,
  };
}

/** Some did not open: the rest is kept, and what failed may be tried again. */
function partialNotice(model: DecryptModel, boot: Boot): NoticeScreen {
  const items = model.items;
  const failed = items.filter((item) => item.state === 'failed');
  const done = items.filter(isOpen).length;
  const { decrypt: words, act: labels, state } = boot.words;
  const params = { n: String(failed.length), done: String(done) };
  const left = String(unopened(model).length);
  return notice(boot, 'partial', params, {
    ...(done === 0 && { text: [state.partial.none] }),
    actions: [
      act('retry', fill(words.retry, { n: left }), 'primary', { icon: 'refresh' }),
      act('retry-other', words.retryOther),
      ...go(labels.leave, model.view?.platform.homeUrl, 'quiet'),
    ],
    support: failed.find((item) => item.error !== null)?.error?.supportCode ?? supportOf(model),
  });
}
