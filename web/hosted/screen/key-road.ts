import type { LoginView } from '#hosted/api.ts';
import type { TroubleState } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import { type Card, chosenCard, isReady, type Model, offState } from '../model.ts';
import { hubNotice } from './hub-notices.ts';
import { agentNotice, cardNotice, pinLastNotice, pulledNotice } from './key-notices.ts';
import { type NoticeScreen, notice, sentenceOf, supportOf } from './notices.ts';

/** The road by UKey: list of certificates, one notice where the trouble is, PIN, button. */
export interface KeyRoad {
  /** The hub is silent or full. */
  readonly top: NoticeScreen | null;
  readonly head: string | null;
  readonly list: readonly CardScreen[];
  /** The checked card; none while its key is pulled or cannot be used. */
  readonly chosen: string | null;
  readonly empty: boolean;
  /** A line with a spinner instead of a list. */
  readonly wait: string | null;
  readonly notice: NoticeScreen | null;
  readonly pin: PinScreen | null;
  readonly submit: { readonly text: string; readonly busy: boolean } | null;
  /** On a touch device: a button that opens this road. */
  readonly closed: boolean;
}

export interface CardScreen {
  readonly id: string;
  readonly holder: string;
  readonly meta: readonly string[];
  readonly days: {
    readonly figure: string;
    readonly word: string;
    readonly date: string;
    readonly tone: '' | 'warn' | 'bad';
  };
  readonly off: boolean;
  readonly shown: boolean;
  /** Offers its reason. */
  readonly why: boolean;
}

export interface PinScreen {
  readonly entry: 'page' | 'agent' | 'frame' | 'known';
  readonly card: string;
  readonly whose: readonly string[];
  readonly hint: string;
  readonly wrong: boolean;
  readonly locked: boolean;
  readonly url: string;
}

export function keyRoad(model: Model, view: LoginView, boot: Boot): KeyRoad {
  const { login } = boot.words;
  const closed = model.touch && !model.wantsKey;
  const top = hubNotice(model, boot);
  const bare = {
    top,
    head: null,
    list: [],
    chosen: null,
    empty: false,
    wait: null,
    notice: null,
    pin: null,
    submit: null,
    closed,
  };
  if (closed) return bare;
  const trouble = agentNotice(model, view, boot);
  if (trouble !== null && model.cards.length === 0) return { ...bare, notice: trouble };
  if (model.agent !== 'connected' && model.cards.length === 0) return { ...bare, wait: login.searching };
  const shown = model.pulled === null ? model.cards : [model.pulled.card, ...model.cards];
  if (!model.keysRead && shown.length === 0) return { ...bare, wait: login.keysReading };
  if (shown.length === 0) return { ...bare, empty: true };
  // Those that can be used first: a drawer full of old keys must not hide the good one.
  const sorted = [
    ...shown.filter((card) => offState(card) === null),
    ...shown.filter((card) => offState(card) !== null),
  ];
  const list = sorted.map((card) => cardScreen(model, boot, card));
  const head = fill(login.keys, { n: String(model.cards.length) });
  const waiting = trouble ?? pulledNotice(model, boot);
  if (waiting !== null) return { ...bare, head, list, notice: waiting };
  const chosen = list.find((card) => card.id === model.chosen && !card.off)?.id ?? null;
  return { ...bare, head, list, chosen, ...actionable(model, boot) };
}

/** PIN and button of the chosen card, or the reason why there is none. */
function actionable(model: Model, boot: Boot): Pick<KeyRoad, 'notice' | 'pin' | 'submit'> {
  const { login } = boot.words;
  const card = chosenCard(model);
  if (card === null || !isReady(card)) {
    const explained =
      model.cards.find((one) => one.id === model.shown) ?? model.cards.find((one) => offState(one) !== null);
    return { notice: explained === undefined ? null : cardNotice(model, boot, explained), pin: null, submit: null };
  }
  const aside = model.cards.find((one) => one.id === model.shown && offState(one) !== null);
  const said = aside === undefined ? usedNotice(model, boot, card) : { ...cardNotice(model, boot, aside), aside: true };
  const pin = pinScreen(model, boot, card);
  const busy = model.work?.step === 'pin';
  if (model.pin.at === 'last') return { notice: pinLastNotice(model, boot, card), pin: null, submit: null };
  if (pin.entry === 'frame') return { notice: said, pin, submit: null };
  return { notice: said, pin, submit: { text: pin.entry === 'agent' ? login.submitAgent : login.submit, busy } };
}

/** What the hub said of the last try with this card, when another try may help. */
function usedNotice(model: Model, boot: Boot, card: Card): NoticeScreen | null {
  if (card.verdict !== null) return { ...cardNotice(model, boot, card), aside: true };
  if (model.trouble === null) return null;
  const params = {
    message: sentenceOf(boot, model.trouble.error),
    authority: card.view?.authority?.name ?? '',
    tail: card.view?.tail ?? '',
  };
  return notice(boot, model.trouble.state, params, {
    support: model.trouble.error?.supportCode ?? supportOf(model),
    aside: true,
  });
}

function pinScreen(model: Model, boot: Boot, card: Card): PinScreen {
  const { login, card: words } = boot.words;
  const base = {
    card: card.id,
    whose: [card.view?.authority?.name ?? card.label, fill(words.tail, { tail: card.view?.tail ?? '' })],
    wrong: false,
    locked: model.work !== null,
    url: '',
  };
  if (model.work?.step === 'frame') return { ...base, entry: 'frame', hint: login.pinAgentHint, url: model.work.url };
  if (card.loggedIn) return { ...base, entry: 'known', hint: login.pinKnown };
  const entry = card.pinEntry;
  const usual = entry === 'agent' ? login.pinAgentBefore : login.pinHint;
  switch (model.pin.at) {
    case 'wrong':
      return { ...base, entry, wrong: true, hint: fill(login.pinWrong, { n: String(model.pin.remaining) }) };
    case 'missing':
      return { ...base, entry, wrong: true, hint: login.pinMissing };
    case 'cancelled':
      return { ...base, entry, hint: login.pinCancelled };
    case 'failed':
    case 'asked':
    case 'dared':
    case 'last':
      return { ...base, entry, hint: usual };
  }
}

const offWord: Readonly<Partial<Record<TroubleState, keyof Boot['words']['card']>>> = {
  expired: 'expired',
  'not-yet-valid': 'notYet',
  revoked: 'revoked',
  superseded: 'superseded',
  'cert-cancelled': 'cancelled',
  denied: 'denied',
  suspended: 'suspended',
  'unknown-issuer': 'unknown',
  'cert-invalid': 'invalid',
  'status-down': 'statusDown',
  locked: 'locked',
};

function cardScreen(model: Model, boot: Boot, card: Card): CardScreen {
  const { card: words } = boot.words;
  const off = offState(card);
  const pulled = model.pulled?.card.id === card.id;
  const { view } = card;
  const base = {
    id: card.id,
    off: off !== null || pulled || view === null,
    shown: model.shown === card.id,
    why: off !== null && model.cards.length > 1 && model.chosen !== card.id,
  };
  if (view === null) {
    const word = card.reading === 'unreadable' ? words.unreadable : words.reading;
    return { ...base, holder: card.label, meta: [word], days: { figure: '', word: '', date: '', tone: '' } };
  }
  const meta = [
    view.authority?.name ?? words.unknownAuthority,
    view.kind === 'person' ? words.person : words.organisation,
    fill(words.tail, { tail: view.tail }),
  ];
  if (pulled) {
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word: words.pulled, date: view.notAfter, tone: 'warn' },
    };
  }
  if (off !== null) {
    const word = words[offWord[off] ?? 'invalid'];
    // A bare date beside 已吊销 would read as the day of it.
    const date = off === 'expired' ? view.notAfter : fill(words.until, { date: view.notAfter });
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word, date, tone: off === 'status-down' ? 'warn' : 'bad' },
    };
  }
  if (view.daysLeft <= 0)
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word: words.today, date: view.notAfter, tone: 'warn' },
    };
  const tone = view.daysLeft <= 30 ? 'warn' : '';
  return {
    ...base,
    holder: view.holder,
    meta,
    days: { figure: String(view.daysLeft), word: words.days, date: view.notAfter, tone },
  };
}
