import type { AuthorityView, PageError, Support } from '#hosted/api.ts';
import type { Icon, Tone, TroubleState } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import type { Card, Model } from '../model.ts';
import { dateText } from '../time.ts';
import { mediumOf } from './medium.ts';

/** A trouble, where it stands: what happened, why and what now, buttons, hotline, support code. */
export interface NoticeScreen<S extends string = TroubleState> {
  readonly state: S;
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
  | 'redeliver'
  | 'window'
  | 'use-key'
  | 'why'
  | 'unfold'
  | 'mobile'
  | 'mobile-other'
  | 'cancel'
  | 'retry'
  | 'retry-other';

export interface Action {
  readonly label: string;
  readonly style: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: Icon;
  /** Either something this page does, or a place to go. */
  readonly act?: string;
  readonly value?: string;
  readonly href?: string;
  /** The place is looked at beside this page, which stays. */
  readonly beside?: true;
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

export type Params = Readonly<Record<string, string>>;

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

/** The hub's own sentence, in the page's language where there is one. */
export const sentenceOf = (boot: Pick<Boot, 'words'>, error: PageError | null | undefined): string =>
  error == null ? '' : (boot.words.codes[error.code] ?? error.message);

export const supportOf = (model: Pick<Model, 'view' | 'fault'>): string | null =>
  model.view?.supportCode ?? model.fault?.supportCode ?? null;

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
  const offered = (model.view?.authorities ?? []).map(mediumOf);
  if (offered.includes('mobile')) return [act('scan', boot.words.act.scan, style)];
  return offered.includes('page') ? [act('scan', boot.words.act.online, style)] : [];
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

export const namesOf = (authorities: readonly AuthorityView[], boot: Pick<Boot, 'lang'>): string =>
  authorities.map((authority) => authority.name).join(boot.lang === 'zh' ? '、' : ', ');

/** What a notice about a card says of it: never more than the tail of the serial. */
export const cardParams = (model: Model, boot: Boot, card: Card): Params => ({
  authority: card.view?.authority?.name ?? boot.words.card.unknownAuthority,
  tail: card.view?.tail ?? '',
  date: card.view === null ? '' : dateText(card.view.notAfter, boot.lang),
  platform: model.view?.platform.name ?? '',
  authorities: namesOf(model.view?.authorities ?? [], boot),
  message: sentenceOf(boot, card.verdict?.error ?? card.view?.error),
  host: boot.host,
});
