import type { DecryptItemView } from '#hosted/decrypt-api.ts';
import type { Icon, Tone } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import { sentenceOf } from '../screen/notices.ts';
import { sizeText } from '../size.ts';
import { type DecryptModel, isOpen } from './decrypt-desk.ts';

export interface FileScreen {
  readonly id: string;
  readonly name: string;
  readonly meta: string;
  readonly tone: Tone | 'mute';
  readonly icon: Icon | 'spin';
  readonly word: string;
  readonly now: boolean;
}

/** How far it is: `n` all, the rest add up to it. */
export interface ProgressScreen {
  readonly n: number;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly text: string;
  readonly eta: string;
}

export function filesOf(model: DecryptModel, boot: Boot): readonly FileScreen[] {
  return model.items.map((item) => fileScreen(model, boot, item));
}

function fileScreen(model: DecryptModel, boot: Boot, item: DecryptItemView): FileScreen {
  const { decrypt: words } = boot.words;
  const { run, view } = model;
  const meta = [
    sizeText(item.bytes),
    ...(item.interaction === view?.interaction ? [] : [words.notYours]),
    ...(item.state === 'failed' || item.state === 'undelivered' ? [sentenceOf(boot, item.error)] : []),
  ].filter((text) => text !== '');
  const base = { id: item.id, name: item.name, meta: meta.join(boot.lang === 'zh' ? '，' : ', '), now: false };
  if (!isOpen(item) && run?.now === item.id)
    return { ...base, tone: 'info', icon: 'spin', word: words.running, now: true };
  switch (item.state) {
    case 'opened':
      return { ...base, tone: 'ok', icon: 'ok', word: words.opened };
    case 'delivered':
      return { ...base, tone: 'ok', icon: 'ok', word: words.delivered };
    case 'undelivered':
      return { ...base, tone: 'bad', icon: 'server', word: words.undelivered };
    case 'failed':
      if (run?.items.includes(item.id) && !run.failed.includes(item.id))
        return { ...base, tone: 'mute', icon: 'clock', word: words.queued };
      return { ...base, tone: 'bad', icon: 'bad', word: words.failed };
    case 'waiting':
      return { ...base, tone: 'mute', icon: 'clock', word: run === null ? words.waiting : words.queued };
  }
}

/** `now` is the monotonic reading at which the run's pace is judged. */
export function progressOf(model: DecryptModel, boot: Boot, now: number): ProgressScreen {
  const { decrypt: words } = boot.words;
  const items = model.items;
  const done = items.filter(isOpen).length;
  const failed = items.filter((item) => item.state === 'failed' || item.state === 'undelivered').length;
  const running = model.run?.now == null ? 0 : 1;
  return {
    n: items.length,
    done,
    running: Math.min(running, items.length - done),
    failed: Math.min(failed, items.length - done - running),
    text: fill(words.progress, { done: String(done), n: String(items.length) }),
    eta: etaOf(model, boot, now),
  };
}

/** Said only once there is a pace to judge by, and where it is worth saying. */
function etaOf(model: DecryptModel, boot: Boot, now: number): string {
  const { run, view } = model;
  if (run === null || view === null) return '';
  const open = model.items.filter((item) => run.items.includes(item.id) && isOpen(item)).length;
  if (open < 2) return '';
  const left = Math.round(((now - run.began) / open) * (run.items.length - open - run.failed.length)) / 1000;
  return left < 3 ? '' : fill(boot.words.decrypt.eta, { s: String(Math.ceil(left)) });
}
