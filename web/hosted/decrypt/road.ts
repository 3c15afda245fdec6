import type { NeededKey } from '#hosted/decrypt-api.ts';
import { type Boot, fill } from '../boot.ts';
import { type Card, chosenCard, isReady, offState } from '../model.ts';
import { folded, type KeyRoad, keyRoad } from '../screen/key-road.ts';
import { isMissing } from '../screen/missing.ts';
import { act, cardParams, type NoticeScreen, notice, scanRoad, supportOf, vendorLine } from '../screen/notices.ts';
import { momentText } from '../time.ts';
import { type DecryptModel, tooEarly, unopened } from './decrypt-desk.ts';
import { type FileScreen, filesOf } from './files.ts';

/** The UKey road of the decryption page: which key is needed, which is plugged, the PIN once for all files. */
export interface DecryptRoad extends KeyRoad {
  readonly needed: readonly NeededScreen[];
  readonly neededHead: string;
  /** None of the plugged keys is the one: they stand below it, and what differs is marked. */
  readonly versus: readonly PluggedScreen[] | null;
  /** How many keys are plugged that open nothing. */
  readonly others: string;
  /** Nothing says for whom the files were encrypted: any key may be tried. */
  readonly unknown: boolean;
  readonly files: readonly FileScreen[];
  readonly filesHead: string;
}

export interface NeededScreen {
  readonly holder: string;
  readonly meta: readonly string[];
  readonly word: string;
  readonly date: string;
  readonly tone: '' | 'warn';
}

export interface PluggedScreen {
  readonly holder: Part;
  readonly authority: Part;
  readonly tail: Part;
  readonly date: string;
}

export interface Part {
  readonly text: string;
  readonly differs: boolean;
}

export function decryptRoad(model: DecryptModel, boot: Boot): DecryptRoad {
  const { decrypt: words } = boot.words;
  const left = unopened(model);
  const some = left.length < model.items.length;
  const label = (all: string, rest: string) => fill(some ? rest : all, { n: String(left.length) });
  const early = tooEarly(model);
  const road = keyRoad(model, boot, {
    here: early ? words.arm : label(words.submit, words.resume),
    agent: early ? words.armAgent : label(words.submitAgent, words.resumeAgent),
  });
  const needed = neededOf(model);
  const plugged = model.cards.filter((card) => card.view !== null);
  const wrong = model.agent === 'connected' && model.pulled === null && isWrong(model.cards);
  // One key is the one: it stands as the key that is needed, not as a choice of one. Keys that open nothing are only counted.
  const fitting = model.cards.filter(isReady);
  const compared = wrong ? worthComparing(plugged, needed) : [];
  const others = othersOf(model, fitting, wrong ? compared : fitting);
  const single = model.pulled === null && fitting.length === 1 && needed.length > 0;
  return folded(model, boot, {
    ...road,
    list: wrong || single ? [] : road.list.filter((card) => others === 0 || fitting.some((one) => one.id === card.id)),
    head: wrong || single ? null : road.head,
    others: others === 0 ? '' : fill(words.others, { n: String(others) }),
    needed:
      single || wrong || road.empty || road.notice?.state === 'no-agent'
        ? needed.map((one) => neededScreen(one, boot))
        : [],
    neededHead: single ? words.neededIn : needed.length > 1 ? words.neededAny : words.needed,
    versus: wrong && needed.length > 0 ? compared.map((card) => pluggedScreen(card, needed, boot)) : null,
    unknown: needed.length === 0 && model.cards.some(isReady),
    files: filesOf(model, boot),
    filesHead: filesHead(model, boot),
    ...said(model, boot, road, wrong, needed),
  });
}

const MOST_COMPARED = 3;

/** Where many keys are plugged, those of the needed holder are the ones to mistake for it. */
function worthComparing(plugged: readonly Card[], needed: readonly NeededKey[]): readonly Card[] {
  const same = plugged.filter((card) => needed.some((one) => one.holder === card.view?.holder));
  return (same.length > 0 ? same : plugged).slice(0, MOST_COMPARED);
}

/** How many plugged keys are not spoken of one by one. */
function othersOf(model: DecryptModel, fitting: readonly Card[], shown: readonly Card[]): number {
  if (model.pulled !== null || shown.length === 0) return 0;
  return fitting.length > 0 || shown.length < model.cards.length ? model.cards.length - shown.length : 0;
}

/** Every plugged key has been judged, and none opens anything. */
export const isWrong = (cards: readonly Card[]): boolean =>
  cards.length > 0 &&
  cards.every((card) => card.reading !== 'reading') &&
  cards.some((card) => card.view !== null) &&
  cards.every((card) => card.view === null || offState(card) === 'wrong-key');

/** The notice of this page where the plain road has none of its own, or a less telling one. */
function said(
  model: DecryptModel,
  boot: Boot,
  road: KeyRoad,
  wrong: boolean,
  needed: readonly NeededKey[],
): Partial<KeyRoad> {
  // Above the keys it compares.
  if (wrong) return { top: road.top ?? wrongNotice(model, boot, needed), notice: null, pin: null, submit: null };
  if (model.armed) return { notice: road.notice, pin: null, submit: null };
  const vendor = vendorNotice(model, boot);
  if (vendor !== null) return { notice: vendor };
  const card = chosenCard(model);
  if (road.notice === null && card?.view?.status === 'expired' && isReady(card)) {
    return { notice: { ...notice(boot, 'expired-ok', cardParams(model, boot, card)), aside: true } };
  }
  return {};
}

/** The old key after a renewal, or simply another one; which of both, the hub says. */
function wrongNotice(model: DecryptModel, boot: Boot, needed: readonly NeededKey[]): NoticeScreen {
  const [one] = needed;
  const again = act('again', boot.words.key.again, 'plain', { icon: 'refresh' });
  const more = { actions: [again, ...scanRoad(model, boot)], support: supportOf(model) };
  if (one?.renewed) return notice(boot, 'renewed', { tail: one.tail }, more);
  const off = needed.flatMap(({ authority }) =>
    authority !== null && isMissing(model, authority) ? [authority] : [],
  )[0];
  if (off !== undefined) {
    const text = [fill(boot.words.key.serviceOff, { name: off.name })];
    const vendors = [vendorLine(off, 'install', boot.words.act.downloadOf)];
    return notice(boot, 'wrong-key', {}, { ...more, text, vendors });
  }
  return notice(boot, 'wrong-key', {}, more);
}

/** The vendor of the phone road does not answer: said so, and the other road named. */
function vendorNotice(model: DecryptModel, boot: Boot): NoticeScreen | null {
  const { error, authority } = model.mobile;
  if (error?.code !== 'AUTHORITY_UNAVAILABLE') return null;
  const name = model.view?.authorities.find((one) => one.id === authority)?.name ?? '';
  const message = boot.words.codes[error.code] ?? error.message;
  const retry = act('mobile', boot.words.act.retry, 'plain', { value: authority ?? '' });
  const key = model.touch && !model.wantsKey ? [act('use-key', boot.words.mobile.useUkey, 'primary')] : [];
  return {
    ...notice(
      boot,
      'vendor-down',
      { authority: name, message },
      { actions: [...key, retry], support: error.supportCode },
    ),
    aside: true,
  };
}

/** The keys that open what is still closed, without repetition. */
export function neededOf(model: DecryptModel): readonly NeededKey[] {
  const all = unopened(model).flatMap((item) => item.needed);
  const nameOf = (one: NeededKey) => `${one.authority?.id ?? ''} ${one.tail} ${one.holder}`;
  return [...new Map(all.map((one) => [nameOf(one), one])).values()];
}

export function neededScreen(one: NeededKey, boot: Boot): NeededScreen {
  const { card: words, decrypt } = boot.words;
  const meta = [one.authority?.name ?? words.unknownAuthority, fill(words.tail, { tail: one.tail })];
  return {
    holder: one.holder,
    meta,
    word: one.renewed ? decrypt.oldKey : one.expired ? decrypt.expiredMark : '',
    date: fill(decrypt.until, { date: one.notAfter }),
    tone: one.expired || one.renewed ? 'warn' : '',
  };
}

function pluggedScreen(card: Card, needed: readonly NeededKey[], boot: Boot): PluggedScreen {
  const { card: words } = boot.words;
  const { view } = card;
  const part = (text: string, wanted: readonly string[]): Part => ({
    text,
    differs: wanted.length > 0 && !wanted.includes(text),
  });
  const tail = view?.tail ?? '';
  return {
    holder: part(
      view?.holder ?? card.label,
      needed.map((one) => one.holder),
    ),
    authority: part(
      view?.authority?.name ?? words.unknownAuthority,
      needed.map((one) => one.authority?.name ?? words.unknownAuthority),
    ),
    tail: { text: fill(words.tail, { tail }), differs: needed.every((one) => one.tail !== tail) },
    date: fill(boot.words.decrypt.until, { date: view?.notAfter ?? '' }),
  };
}

function filesHead(model: DecryptModel, boot: Boot): string {
  const { decrypt: words } = boot.words;
  const items = model.items;
  const together = items.some((item) => item.interaction !== model.view?.interaction);
  return fill(together ? words.together : words.files, { n: String(items.length) });
}

/** Before the opening time: what holds, and until when. */
export function earlyNotice(model: DecryptModel, boot: Boot): NoticeScreen | null {
  const opensAt = model.view?.opensAt ?? null;
  if (opensAt === null) return null;
  const words = boot.words.state['not-yet'];
  const at = momentText(opensAt, boot.lang);
  const early = notice(
    boot,
    'not-yet',
    {},
    {
      text: model.armed ? [boot.words.decrypt.armed] : [],
      timer: { text: fill(words.text, { at, left: '{left}' }), until: opensAt, past: fill(words.now, { at }) },
    },
  );
  return early;
}
