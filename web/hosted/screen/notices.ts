import type { AuthorityView, PageError, Support } from '#hosted/api.ts';
import type { Icon, Tone, TroubleState } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import type { Card, Model } from '../model.ts';
import { dateText } from '../time.ts';

/** A trouble, where it stands: what happened, why and what now, buttons, hotline, support code. */
export interface NoticeScreen {
  readonly state: TroubleState;
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
  /** More than one: an ordered list of things to do. */
  readonly text: readonly string[];
  readonly actions: readonly Action[];
  readonly vendors: readonly VendorLine[];
  readonly support: string | null;
  /** A line that counts: filled in by the clock. */
  readonly timer: Timer | null;
  /** It explains a card that is not chosen: the login itself can go on. */
  readonly aside: boolean;
}

export type ActName =
  | 'again'
  | 'scan'
  | 'connect'
  | 'reconnect'
  | 'other'
  | 'use'
  | 'pin-once'
  | 'retry'
  | 'redeliver'
  | 'window'
  | 'use-key';

export interface Action {
  readonly label: string;
  readonly style: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: Icon;
  /** Either something this page does, or a place to go. */
  readonly act?: ActName;
  readonly value?: string;
  readonly href?: string;
}

export interface VendorLine {
  readonly name: string;
  readonly hotline: string;
  readonly link: { readonly text: string; readonly href: string } | null;
}

export interface Timer {
  /** Text with `{time}` (counts up, 00:24) or `{left}` (counts down). */
  readonly text: string;
  readonly from?: number;
  readonly until?: number;
  /** Shown instead once `until` has passed. */
  readonly past?: string;
}

type Params = Readonly<Record<string, string>>;

/** The bare notice of a state; callers add buttons. */
export function notice(
  boot: Boot,
  state: TroubleState,
  params: Params,
  more: Partial<NoticeScreen> = {},
): NoticeScreen {
  const look = boot.states[state];
  const words = boot.words.state[state];
  return {
    state,
    tone: look.tone,
    icon: look.icon,
    title: fill(words.title, params),
    text: [fill(words.text, params)],
    actions: [],
    vendors: [],
    support: null,
    timer: null,
    aside: false,
    ...more,
  };
}

export const supportOf = (model: Model): string | null => model.view?.supportCode ?? model.fault?.supportCode ?? null;

export const go = (label: string, href: string | undefined, style: Action['style'] = 'plain'): readonly Action[] =>
  href === undefined || href === '' ? [] : [{ label, href, style }];

export const act = (
  name: ActName,
  label: string,
  style: Action['style'] = 'plain',
  more: Partial<Action> = {},
): Action => ({
  act: name,
  label,
  style,
  ...more,
});

/** The other road, in every trouble of the first one. */
export function scanRoad(model: Model, boot: Boot, style: Action['style'] = 'quiet'): readonly Action[] {
  const offered = model.view?.authorities.some((authority) => authority.media.includes('mobile')) ?? false;
  return offered ? [act('scan', boot.words.act.scan, style)] : [];
}

export const vendorLine = (
  authority: AuthorityView,
  kind: Exclude<keyof Support, 'hotline'> | null,
  text: string,
): VendorLine => ({
  name: authority.name,
  hotline: authority.support.hotline,
  link: kind === null ? null : { text, href: authority.support[kind] },
});

/** What a notice about a card says of it: never more than the tail of the serial. */
export const cardParams = (model: Model, boot: Boot, card: Card): Params => ({
  authority: card.view?.authority?.name ?? boot.words.card.unknownAuthority,
  tail: card.view?.tail ?? '',
  date: card.view === null ? '' : dateText(card.view.notAfter, boot.lang),
  platform: model.view?.platform.name ?? '',
  authorities: (model.view?.authorities ?? [])
    .map((authority) => authority.name)
    .join(boot.lang === 'zh' ? '、' : ', '),
  message: card.verdict?.error.message ?? card.view?.error?.message ?? '',
  host: boot.host,
});

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
      return notice(boot, 'busy', { message: hub.error.message }, { support: supportOf(model) });
  }
}

/** Inside another site's frame that does not let us reach the agent; nothing has been claimed yet. */
export function framedNotice(model: Model, boot: Boot): NoticeScreen | null {
  if (model.agent !== 'framed') return null;
  const { act: labels } = boot.words;
  const open = act('window', labels.newWindow, 'primary', { icon: 'window' });
  return notice(boot, 'framed', {}, { actions: [open, act('scan', labels.scan, 'quiet')], support: supportOf(model) });
}

/** The result is on its way to a trading system that does not answer. */
export function noAnswerNotice(model: Model, boot: Boot): NoticeScreen | null {
  const { view } = model;
  if (view?.state !== 'proved' || view.delivery === null || view.delivery.attempt < 1) return null;
  const words = boot.words.state['no-answer'];
  const { attempt, nextAt } = view.delivery;
  // The first attempt is no trouble while it is under way.
  if (nextAt === null && attempt <= 1) return null;
  const params = { n: String(nextAt === null ? attempt : attempt + 1) };
  const timer: Timer =
    nextAt === null
      ? { text: fill(words.now, params) }
      : { text: fill(words.text, { ...params, left: '{left}' }), until: nextAt, past: fill(words.now, params) };
  const { act: labels } = boot.words;
  return notice(
    boot,
    'no-answer',
    {},
    {
      text: [],
      timer,
      actions: [act('redeliver', labels.retryNow, 'primary'), ...go(labels.leave, view.platform.homeUrl)],
      support: view.supportCode,
    },
  );
}

/** The interaction is over on this page; null: it is not. */
export function endNotice(model: Model, boot: Boot): NoticeScreen | null {
  const { view, fault } = model;
  const { act: labels } = boot.words;
  const home = view?.platform.homeUrl;
  if (fault !== null) {
    const state = boot.stateOfCode[fault.code] ?? 'trouble';
    return notice(boot, state, errorParams(model, boot, fault), {
      actions: go(labels.restart, home, 'primary'),
      support: fault.supportCode,
    });
  }
  if (view === null || model.leaving) return null;
  const close = (state: TroubleState, label: string): NoticeScreen =>
    notice(boot, state, errorParams(model, boot, view.error), {
      actions: go(label, home, 'primary'),
      support: view.supportCode,
    });
  switch (view.state) {
    case 'claimed':
      return model.ended ? close('task-expired', labels.relogin) : null;
    case 'proved':
      return null;
    case 'succeeded':
      return view.next?.kind === 'stay' ? close('done', labels.leave) : close('already-done', labels.leave);
    case 'refused':
      return close(view.error === null ? 'refused' : (boot.stateOfCode[view.error.code] ?? 'refused'), labels.leave);
    case 'undelivered':
      return close('undelivered', labels.relogin);
    case 'cancelled':
      return close('cancelled', labels.leave);
    case 'expired':
      return close('task-expired', labels.relogin);
  }
}

/** The trading system's own words reach the person as `message`, without the hub's prefix. */
function errorParams(model: Model, boot: Boot, error: PageError | null): Params {
  const platform = model.view?.platform.name ?? '';
  const message = error?.message ?? '';
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
