import type { LoginView } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import type { SheetScreen, StepScreen } from '../render/sheet.ts';
import { framedNotice, hubNotice, noAnswerNotice } from '../screen/hub-notices.ts';
import { folded, type KeyRoad, keyRoad } from '../screen/key-road.ts';
import { keyState, tagOf } from '../screen/key-state.ts';
import type { NoticeScreen } from '../screen/notices.ts';
import { scanScreen } from '../screen/scan.ts';
import { endNotice } from './end.ts';
import type { LoginModel } from './login-desk.ts';

export type LoginStage =
  | { readonly kind: 'verify'; readonly steps: readonly StepScreen[]; readonly notice: NoticeScreen | null }
  | { readonly kind: 'key'; readonly road: KeyRoad };
/** What the login page shows. */
export type LoginScreen = SheetScreen<LoginStage>;

export function screenOf(model: LoginModel, boot: Boot): LoginScreen {
  const over = endNotice(model, boot);
  if (over !== null)
    return { state: over.state, title: null, tag: null, stage: { kind: 'end', notice: over }, scan: null };
  if (model.leaving) return verifying(model, boot, 'leaving');
  const { view } = model;
  if (view === null) {
    const notice = hubNotice(model, boot) ?? framedNotice(model, boot);
    const stage = { kind: 'wait', text: boot.words.login.opening, notice } as const;
    return { state: notice?.state ?? 'opening', title: boot.words.login.title, tag: null, stage, scan: null };
  }
  if (view.state === 'proved') return verifying(model, boot, 'verifying');
  if (model.work?.step === 'sign' || model.work?.step === 'judge') return verifying(model, boot, 'verifying');
  return choosing(model, view, boot);
}

/** Both roads side by side. */
function choosing(model: LoginModel, view: LoginView, boot: Boot): LoginScreen {
  const { login } = boot.words;
  const road = folded(model, boot, keyRoad(model, boot, { here: login.submit, agent: login.submitAgent }));
  const title = model.touch && !model.wantsKey ? login.titleMobile : login.title;
  return {
    state: keyState(model, road),
    title,
    tag: tagOf(model, boot),
    stage: { kind: 'key', road },
    scan: scanScreen(model, view, boot),
  };
}

/** The button's place becomes progress; the page is never covered. */
function verifying(model: LoginModel, boot: Boot, state: 'verifying' | 'leaving'): LoginScreen {
  const { login } = boot.words;
  const { timing } = model;
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
  const notice =
    (model.view?.state === 'proved' ? noAnswerNotice(model, model.view.delivery, boot) : null) ??
    hubNotice(model, boot);
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
