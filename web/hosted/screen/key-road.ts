import { type Boot, fill } from '../boot.ts';
import { chosenCard, isReady, type Model, offState } from '../model.ts';
import { type CardScreen, cardScreen } from './card-screen.ts';
import { hubNotice } from './hub-notices.ts';
import { agentNotice, cardNotice, pinLastNotice, pulledNotice, troubleNotice, unusableNotice } from './key-notices.ts';
import { type MissingScreen, missingScreen } from './missing.ts';
import type { NoticeScreen } from './notices.ts';
import { type PinScreen, pinScreen } from './pin-screen.ts';

/** The road by UKey: list of certificates, one notice where the trouble is, PIN, button. */
export interface KeyRoad {
  /** The hub is silent or full. */
  readonly top: NoticeScreen | null;
  readonly head: string | null;
  readonly list: readonly CardScreen[];
  /** Stands for the cards that are folded away; '': all are shown. */
  readonly more: string;
  /** The checked card; none while its key is pulled or cannot be used. */
  readonly chosen: string | null;
  readonly empty: boolean;
  /** A line with a spinner instead of a list. */
  readonly wait: string | null;
  readonly notice: NoticeScreen | null;
  readonly pin: PinScreen | null;
  readonly submit: { readonly text: string; readonly busy: boolean } | null;
  /** Below the keys: whose cannot be seen. */
  readonly missing: MissingScreen | null;
  /** On a touch device: a button that opens this road. */
  readonly closed: boolean;
}

/** What the button says: with the PIN typed here or known, and with the agent's own window. */
export interface SubmitWords {
  readonly here: string;
  readonly agent: string;
}

/** `NonNullable<view>` has been seen: before that there is no road. */
export function keyRoad(model: Model, boot: Boot, submit: SubmitWords): KeyRoad {
  const { key } = boot.words;
  const bare: KeyRoad = {
    top: hubNotice(model, boot),
    head: null,
    list: [],
    more: '',
    chosen: null,
    empty: false,
    wait: null,
    notice: null,
    pin: null,
    submit: null,
    missing: null,
    closed: model.touch && !model.wantsKey,
  };
  if (bare.closed) return bare;
  const trouble = agentNotice(model, boot) ?? (model.cards.length === 0 ? troubleNotice(model, boot) : null);
  if (trouble !== null && model.cards.length === 0) return { ...bare, notice: trouble };
  if (model.agent !== 'connected' && model.cards.length === 0) return { ...bare, wait: key.searching };
  const shown = model.pulled === null ? model.cards : [model.pulled.card, ...model.cards];
  if (!model.keysRead && shown.length === 0) return { ...bare, wait: key.keysReading };
  if (shown.length === 0) return { ...bare, empty: true, missing: missingScreen(model, boot, true) };
  // Those that can be used first: a drawer full of old keys must not hide the good one.
  const sorted = [
    ...shown.filter((card) => offState(card) === null),
    ...shown.filter((card) => offState(card) !== null),
  ];
  const list = sorted.map((card) => cardScreen(model, boot, card));
  const missing = missingScreen(model, boot, false);
  const head = fill(key.keys, { n: String(model.cards.length) });
  const waiting = trouble ?? pulledNotice(model, boot);
  if (waiting !== null) return { ...bare, head, list, notice: waiting };
  const chosen = list.find((card) => card.id === model.chosen && !card.off)?.id ?? null;
  return { ...bare, head, list, chosen, missing, ...actionable(model, boot, submit) };
}

/** A drawer full of keys: so many are shown at once. */
const AT_ONCE = 5;

/** The first cards of a long list, and behind them whichever is chosen, explained or waited for; the rest comes with one press. */
export function folded<R extends KeyRoad>(model: Model, boot: Boot, road: R, atOnce: number = AT_ONCE): R {
  if (model.unfolded || road.list.length <= atOnce) return road;
  const kept = [model.chosen, model.shown, model.pulled?.card.id];
  const list = road.list.filter((card, index) => index < atOnce || kept.includes(card.id));
  const rest = road.list.length - list.length;
  return { ...road, list, more: rest === 0 ? '' : fill(boot.words.key.more, { n: String(rest) }) };
}

/** PIN and button of the chosen card, or the reason why there is none. */
function actionable(model: Model, boot: Boot, submit: SubmitWords): Pick<KeyRoad, 'notice' | 'pin' | 'submit'> {
  const card = chosenCard(model);
  if (card === null || !isReady(card)) {
    const explained =
      model.cards.find((one) => one.id === model.shown) ?? model.cards.find((one) => offState(one) !== null);
    const notice = explained === undefined ? unusableNotice(model, boot) : cardNotice(model, boot, explained);
    return { notice, pin: null, submit: null };
  }
  const aside = model.cards.find((one) => one.id === model.shown && offState(one) !== null);
  const said =
    aside === undefined ? usedNotice(model, boot, card.id) : { ...cardNotice(model, boot, aside), aside: true };
  const pin = pinScreen(model, boot, card);
  const busy = model.work?.step === 'pin';
  if (model.pin.at === 'last') return { notice: pinLastNotice(model, boot, card), pin: null, submit: null };
  if (pin.entry === 'frame') return { notice: said, pin, submit: null };
  return { notice: said, pin, submit: { text: pin.entry === 'agent' ? submit.agent : submit.here, busy } };
}

/** What the hub said of the last try with this card, when another try may help. */
function usedNotice(model: Model, boot: Boot, id: string): NoticeScreen | null {
  const card = model.cards.find((one) => one.id === id);
  if (card !== undefined && card.verdict !== null) return { ...cardNotice(model, boot, card), aside: true };
  const said = troubleNotice(model, boot);
  return said === null ? null : { ...said, aside: true };
}
