import type { PageError } from '#hosted/api.ts';
import { type Boot, fill } from '../boot.ts';
import type { Model } from '../model.ts';
import { act, go, type NoticeScreen, notice, type Params, sentenceOf, supportOf, type Timer } from './notices.ts';

/** The hub is silent or full: shown above everything, and nothing is lost. */
export function hubNotice(model: Model, boot: Boot): NoticeScreen | null {
  const { hub } = model;
  switch (hub.kind) {
    case 'opening':
    case 'open':
      return null;
    case 'lost': {
      const wait = fill(boot.words.state.offline.wait, { n: String(hub.tries) });
      return notice(boot, 'offline', {}, { timer: { text: wait }, support: supportOf(model) });
    }
    case 'busy':
      return notice(boot, 'busy', { message: sentenceOf(boot, hub.error) }, { support: supportOf(model) });
  }
}

/** Inside another site's frame that does not let us reach the agent; nothing has been claimed yet. */
export function framedNotice(model: Model, boot: Boot): NoticeScreen | null {
  if (model.agent !== 'framed') return null;
  const { act: labels } = boot.words;
  const open = act('window', labels.newWindow, 'primary', { icon: 'window' });
  return notice(boot, 'framed', {}, { actions: [open, act('scan', labels.scan, 'quiet')], support: supportOf(model) });
}

/** The hub refused the link itself; null: it did not. */
export function faultNotice(model: Model, boot: Boot): NoticeScreen | null {
  const { fault, view } = model;
  if (fault === null) return null;
  const state = boot.stateOfCode[fault.code] ?? 'trouble';
  return notice(boot, state, errorParams(model, boot, fault), {
    actions: go(boot.words.act.restart, view?.platform.homeUrl, 'primary'),
    support: fault.supportCode || null,
  });
}

/** The result is on its way to a trading system that does not answer. */
export function noAnswerNotice(
  model: Model,
  delivery: { readonly attempt: number; readonly nextAt: number | null } | null,
  boot: Boot,
): NoticeScreen | null {
  if (delivery === null || delivery.attempt < 1) return null;
  const words = boot.words.state['no-answer'];
  const { attempt, nextAt } = delivery;
  // The first attempt is no trouble while it is under way.
  if (nextAt === null && attempt <= 1) return null;
  const params = { n: String(nextAt === null ? attempt : attempt + 1) };
  const timer: Timer =
    nextAt === null
      ? { text: fill(words.now, params) }
      : { text: fill(words.text, { ...params, left: '{left}' }), until: nextAt, past: fill(words.now, params) };
  const { act: labels } = boot.words;
  const actions = [act('redeliver', labels.retryNow, 'primary'), ...go(labels.leave, model.view?.platform.homeUrl)];
  return notice(boot, 'no-answer', {}, { text: [], timer, actions, support: supportOf(model) });
}

/** The trading system's own words reach the person as `message`, without the hub's prefix. */
export function errorParams(model: Model, boot: Boot, error: PageError | null): Params {
  const platform = model.view?.platform.name ?? '';
  const message = sentenceOf(boot, error);
  const prefix = `${platform} 提示：`;
  return {
    platform,
    host: boot.host,
    message: message.startsWith(prefix) ? message.slice(prefix.length) : message,
    authority: '',
    tail: '',
    date: '',
  };
}
