import type { LoginView } from '#hosted/api.ts';
import type { Icon, StateName, Tone } from '#hosted/states.ts';
import type { Boot } from '../boot.ts';
import { fill } from '../boot.ts';
import { isReady, type Model, type Timing } from '../model.ts';
import { endNotice, framedNotice, hubNotice, noAnswerNotice } from './hub-notices.ts';
import { type KeyRoad, keyRoad } from './key-road.ts';
import type { NoticeScreen } from './notices.ts';
import { type ScanScreen, scanScreen } from './scan.ts';

export type { KeyRoad, NoticeScreen };

/** What the page shows, as plain data: the same model always gives the same screen. */
export interface Screen {
  readonly state: StateName;
  /** Heading of the right half; null: the notice is the heading. */
  readonly title: string | null;
  readonly tag: { readonly tone: Tone | 'mute'; readonly icon: Icon | 'spin'; readonly text: string } | null;
  readonly stage: Stage;
  readonly scan: ScanScreen | null;
}

export type Stage =
  | { readonly kind: 'wait'; readonly text: string; readonly notice: NoticeScreen | null }
  | { readonly kind: 'end'; readonly notice: NoticeScreen }
  | { readonly kind: 'verify'; readonly steps: readonly StepScreen[]; readonly notice: NoticeScreen | null }
  | { readonly kind: 'key'; readonly road: KeyRoad };

export interface StepScreen {
  readonly at: 'ok' | 'now' | 'waiting';
  readonly text: string;
  readonly took: string;
}

export function screenOf(model: Model, boot: Boot, timing: Timing): Screen {
  const over = endNotice(model, boot);
  if (over !== null)
    return { state: over.state, title: null, tag: null, stage: { kind: 'end', notice: over }, scan: null };
  if (model.leaving) return verifying(model, boot, timing, 'leaving');
  const { view } = model;
  if (view === null) {
    const notice = hubNotice(model, boot) ?? framedNotice(model, boot);
    const stage: Stage = { kind: 'wait', text: boot.words.login.opening, notice };
    return { state: notice?.state ?? 'opening', title: boot.words.login.title, tag: null, stage, scan: null };
  }
  if (view.state === 'proved') return verifying(model, boot, timing, 'verifying');
  if (model.work?.step === 'sign' || model.work?.step === 'judge') return verifying(model, boot, timing, 'verifying');
  return choosing(model, view, boot);
}

/** Both roads side by side. */
function choosing(model: Model, view: LoginView, boot: Boot): Screen {
  const road = keyRoad(model, view, boot);
  const scan = scanScreen(model, view, boot);
  const title = model.touch && !model.wantsKey ? boot.words.login.titleMobile : boot.words.login.title;
  return { state: stateOf(model, road), title, tag: tagOf(model, boot), stage: { kind: 'key', road }, scan };
}

function stateOf(model: Model, road: KeyRoad): StateName {
  if (road.top !== null) return road.top.state;
  if (road.pin?.wrong) return 'pin-wrong';
  if (road.notice !== null && !(model.cards.some(isReady) && road.notice.aside)) return road.notice.state;
  if (road.notice !== null) return model.shown === null ? 'ready' : road.notice.state;
  if (model.touch && !model.wantsKey) return 'mobile';
  if (model.agent !== 'connected') return 'searching';
  if (model.keysRead && model.cards.length === 0) return 'empty';
  return model.cards.some(isReady) ? 'ready' : 'searching';
}

function tagOf(model: Model, boot: Boot): Screen['tag'] {
  const { login } = boot.words;
  switch (model.agent) {
    case 'connected':
      return { tone: 'ok', icon: 'ok', text: login.connected };
    case 'searching':
    case 'asking':
    case 'lost':
      return { tone: 'mute', icon: 'spin', text: login.searching };
    case 'none':
    case 'denied':
    case 'framed':
    case 'not-paired':
      return { tone: 'mute', icon: 'plug-off', text: login.notConnected };
    case 'idle':
    case 'ask':
      return null;
  }
}

/** The button's place becomes progress; the page is never covered. */
function verifying(model: Model, boot: Boot, timing: Timing, state: 'verifying' | 'leaving'): Screen {
  const { login } = boot.words;
  const proved = model.view?.state === 'proved' || model.leaving;
  const signed = proved || model.work?.step === 'judge';
  const signedText =
    timing.signedMs !== null
      ? login.stepSigned
      : model.mobile.authority !== null
        ? login.stepPhoneSigned
        : login.stepConfirmed;
  const took = (ms: number | null): string =>
    ms === null ? '' : fill(login.seconds, { s: (Math.max(100, ms) / 1000).toFixed(1) });
  const step = (done: boolean, now: boolean, text: string, doneText: string, ms: number | null): StepScreen => ({
    at: done ? 'ok' : now ? 'now' : 'waiting',
    text: done ? doneText : text,
    took: done ? took(ms) : '',
  });
  const notice = noAnswerNotice(model, boot) ?? hubNotice(model, boot);
  const steps = [
    step(signed, true, login.stepSign, signedText, timing.signedMs),
    step(proved, signed, login.stepJudge, login.stepJudged, timing.judgedMs),
    step(model.leaving, proved, login.stepTell, login.stepTold, null),
    step(false, model.leaving, model.leaving ? login.stepReturning : login.stepReturn, login.stepReturn, null),
  ];
  return {
    state: notice?.state ?? state,
    title: login.titleVerify,
    tag: tagOf(model, boot),
    stage: { kind: 'verify', steps, notice },
    scan: null,
  };
}
