import { fill } from '../../boot.ts';
import type { StepScreen } from '../../render/sheet.ts';
import { hubNotice, noAnswerNotice } from '../../screen/hub-notices.ts';
import type { NoticeScreen } from '../../screen/notices.ts';
import { placesOf, type SealJob } from '../plan.ts';
import { type SignBoot, type SignModel, sealOfMade } from '../sign-desk.ts';

/** The button's place while key, phone or hub work: one step a seal. */
export interface WorkScreen {
  readonly title: string;
  readonly steps: readonly StepScreen[];
  readonly notice: NoticeScreen | null;
  readonly hint: string;
  /** A way out of what is waited for; empty: none. */
  readonly stop: string;
  readonly stopAct: 'stop' | 'cancel';
}

const step = (at: StepScreen['at'], text: string): StepScreen => ({ at, text, took: '' });

/** Mode `local`: everything begins with a file. */
export const awaitingFile = (model: SignModel, boot: SignBoot): WorkScreen => ({
  title: boot.sign.signer.title,
  steps: [],
  notice: hubNotice(model, boot),
  hint: boot.sign.signer.first,
  stop: boot.words.key.cancel,
  stopAct: 'cancel',
});

/** Proving who it is. */
export function identifying(model: SignModel, boot: SignBoot): WorkScreen {
  const { work } = boot.sign;
  const judged = model.work?.step === 'judge';
  return {
    title: work.identify,
    steps: [step(judged ? 'ok' : 'now', work.stepProve), step(judged ? 'now' : 'waiting', work.stepJudge)],
    notice: hubNotice(model, boot),
    hint: '',
    stop: '',
    stopAct: 'stop',
  };
}

/** Seals one after another. */
export function signing(model: SignModel, boot: SignBoot): WorkScreen {
  const { work } = boot.sign;
  const jobs = model.run?.jobs ?? [];
  const done = model.run?.done ?? 0;
  const phone = model.run?.road === 'mobile' || model.run === null;
  const local = model.view?.mode === 'local';
  const seals = jobs.map((job, at) =>
    step(at < done ? 'ok' : at === done ? 'now' : 'waiting', jobText(job, at < done, boot)),
  );
  const tell = model.run?.last === true && !local ? [step('waiting', work.stepTell)] : [];
  return {
    title: phone ? work.titlePhone : work.title,
    steps: seals.length === 0 ? [step('now', work.stepPrepare)] : [...seals, ...tell],
    notice: hubNotice(model, boot),
    hint: phone ? '' : work.once,
    stop: phone && model.run !== null ? work.stop : '',
    stopAct: 'stop',
  };
}

/** Everything signed, on its way to the trading system. */
export function telling(model: SignModel, boot: SignBoot): WorkScreen {
  const { work } = boot.sign;
  const made = model.view?.made ?? [];
  const seals = made.map((one) => {
    if (one.seal === null) return step('ok', work.signature);
    const name = (model.view === null ? null : sealOfMade(model.view, one)?.name) ?? one.seal;
    const n = one.places + (one.straddle ? 1 : 0);
    return step('ok', fill(work.stepSealed, { name, places: fill(work.places, { n: String(n) }) }));
  });
  return {
    title: work.telling,
    steps: [...seals, step('now', work.stepTell)],
    notice: noAnswerNotice(model, model.view?.delivery ?? null, boot) ?? hubNotice(model, boot),
    hint: '',
    stop: '',
    stopAct: 'stop',
  };
}

/** 签署投标专用章，3 处 */
function jobText(job: SealJob, done: boolean, boot: SignBoot): string {
  const { work } = boot.sign;
  if (job.seal === null) return work.signature;
  const places = fill(work.places, { n: String(placesOf(job)) });
  return fill(done ? work.stepSealed : work.stepSeal, { name: job.name, places });
}
