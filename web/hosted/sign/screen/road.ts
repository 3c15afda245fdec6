import { fill } from '../../boot.ts';
import { chosenCard, isReady } from '../../model.ts';
import { hubNotice } from '../../screen/hub-notices.ts';
import { troubleNotice } from '../../screen/key-notices.ts';
import { folded, type KeyRoad, keyRoad } from '../../screen/key-road.ts';
import { isMissing } from '../../screen/missing.ts';
import { type Action, act, type NoticeScreen, notice, supportOf } from '../../screen/notices.ts';
import { jobsOf } from '../plan.ts';
import { canMove, type SignBoot, type SignModel, signerOf } from '../sign-desk.ts';
import { type VersionScreen, versionsOf } from './versions.ts';

/** The right pane while something can still be signed: who signs, the document's versions, PIN and button. */
export interface SignRoad extends KeyRoad {
  readonly signer: SignerScreen | null;
  readonly versions: readonly VersionScreen[];
  /** Signatures that were there stay valid. */
  readonly safe: boolean;
  /** Below the button: what it does, or what is missing before it can. */
  readonly after: string;
  readonly hint: string;
  /** A second way on: sign now and submit later. */
  readonly keep: string;
  /** Nobody has proved himself yet: why he should. */
  readonly why: string;
}

export interface SignerScreen {
  readonly medium: 'usb' | 'phone';
  readonly holder: string;
  readonly meta: readonly string[];
  readonly date: string;
  readonly canChange: boolean;
}

export function signRoad(model: SignModel, boot: SignBoot): SignRoad {
  const signer = signerOf(model);
  const { view } = model;
  const versions = versionsOf(model, boot);
  const safe = (view?.document?.signatures.length ?? 0) + (view?.made.length ?? 0) > 0;
  if (signer === null) {
    const { signer: words } = boot.sign;
    const all = keyRoad(model, boot, { here: words.submit, agent: words.submitAgent });
    const road = withWindow(model, boot, folded(model, boot, all, roomFor(all)));
    const why = road.submit === null ? '' : words.why;
    return { ...road, signer: null, versions, safe, after: '', hint: '', keep: '', why };
  }
  const submit = submitWords(model, boot);
  const bare = signer.road === 'key' ? keyOfSigner(model, boot, submit) : phoneOfSigner(model, boot, submit);
  const possible =
    model.invisible || (view?.made.length ?? 0) > 0 || (view?.seals.some((seal) => seal.usable) ?? false);
  const all = withWindow(model, boot, bare);
  const road = { ...all, ...(!possible && { submit: null, pin: null }), notice: ownNotice(all.notice, model) };
  const { submit: words } = boot.sign;
  const ready = road.submit !== null;
  return {
    ...road,
    signer: signerScreen(model, boot),
    versions,
    safe,
    after: ready ? (view?.mode === 'local' ? words.afterLocal : words.after) : '',
    hint: ready && model.hint !== null ? (model.hint === 'nothing' ? words.nothing : words.notShown) : '',
    keep:
      ready && jobsOf(model).length > 0 && road.submit?.busy !== true && view?.mode === 'document' ? words.keep : '',
    why: '',
  };
}

/** What a frame may not do a window of its own may: the work goes along. */
function withWindow<R extends KeyRoad>(model: SignModel, boot: SignBoot, road: R): R {
  const { notice: said } = road;
  if (said === null || !canMove(model) || !FRAMED.has(said.state)) return road;
  const { act: labels, state: words } = boot.words;
  const first = act('window', labels.newWindow, 'primary', { icon: 'window' });
  const rest = said.actions.map((one) => (one.style === 'primary' ? { ...one, style: 'plain' as const } : one));
  const text = said.state === 'framed' ? [words.framed.text] : said.text;
  return { ...road, notice: { ...said, text, actions: [first, ...rest] } };
}

/** Troubles that come of the frame. */
const FRAMED: ReadonlySet<string> = new Set(['framed', 'lna-denied']);

/** A pane is narrow and its button should be in sight: of a drawer full of keys it shows those that can sign. */
function roomFor({ list }: KeyRoad): number {
  const able = list.filter((card) => !card.off).length;
  return able === 0 ? PANE_CARDS : Math.min(able, PANE_CARDS);
}

const PANE_CARDS = 3;

/** What the button says: it signs, or, with everything signed, it sends. */
function submitWords(model: SignModel, boot: SignBoot): { readonly here: string; readonly agent: string } {
  const { submit: words } = boot.sign;
  const local = model.view?.mode === 'local';
  const sent = jobsOf(model).length === 0 && (model.view?.made.length ?? 0) > 0;
  if (sent) {
    const text = local ? words.finishLocal : words.finish;
    return { here: text, agent: text };
  }
  if (model.view?.signer?.road === 'mobile') return { here: words.signPhone, agent: words.signPhone };
  return local ? { here: words.local, agent: words.localAgent } : { here: words.sign, agent: words.signAgent };
}

/** The signer's own key: its PIN where it asks for one again, and a plain word where it is not plugged in. */
function keyOfSigner(model: SignModel, boot: SignBoot, submit: { here: string; agent: string }): KeyRoad {
  const road = keyRoad(model, boot, submit);
  const card = chosenCard(model);
  const bare = { ...road, list: [], head: null, more: '', missing: null };
  const sent = jobsOf(model).length === 0 && (model.view?.made.length ?? 0) > 0;
  // What is signed needs no key any more.
  if (sent && model.pulled === null)
    return { ...bare, empty: false, wait: null, notice: null, pin: null, submit: { text: submit.here, busy: false } };
  if (road.closed || model.agent !== 'connected' || model.pulled !== null || road.wait !== null) return bare;
  if (card !== null && isReady(card)) return bare;
  if (model.cards.some((one) => one.reading === 'reading')) return { ...bare, wait: boot.words.key.keysReading };
  const missing = isMissing(model, model.view?.signer?.authority ?? null) ? road.missing : null;
  return { ...bare, empty: false, notice: signerKeyNotice(model, boot), pin: null, submit: null, missing };
}

/** A refused signature stands above the button. */
const phoneOfSigner = (model: SignModel, boot: SignBoot, submit: { here: string }): KeyRoad => ({
  top: hubNotice(model, boot),
  head: null,
  list: [],
  more: '',
  chosen: null,
  empty: false,
  missing: null,
  wait: null,
  notice: troubleNotice(model, boot),
  pin: null,
  submit: { text: submit.here, busy: false },
  closed: false,
});

/** The other road is no way on for somebody who has proved himself by this one; a refused signature is tried again with the button below. */
function ownNotice(notice: NoticeScreen | null, model: SignModel): NoticeScreen | null {
  if (notice === null) return null;
  const refused = model.trouble !== null && notice.state === model.trouble.state;
  const actions = notice.actions.filter(({ act: name }) => name !== 'scan' && !(refused && name === 'again'));
  return { ...notice, actions };
}

function signerKeyNotice(model: SignModel, boot: SignBoot): NoticeScreen {
  const signer = signerOf(model);
  const params = { holder: signer?.holder ?? '', authority: signer?.authority.name ?? '', tail: signer?.tail ?? '' };
  const again = act('again', boot.words.key.again, 'primary', { icon: 'refresh' });
  const change = { label: boot.sign.signer.change, style: 'plain', act: 'change' } as const;
  return notice(boot, 'signer-key', params, { actions: [again, change], support: supportOf(model) });
}

function signerScreen(model: SignModel, boot: SignBoot): SignerScreen | null {
  const signer = signerOf(model);
  if (signer === null) return null;
  const { card } = boot.words;
  return {
    medium: signer.road === 'key' ? 'usb' : 'phone',
    holder: signer.holder,
    meta: [signer.authority.name, fill(card.tail, { tail: signer.tail })],
    date: fill(boot.sign.signer.days, { date: signer.notAfter }),
    canChange: model.run === null && model.work === null,
  };
}

/** A signature in the file does not hold: nobody signs on top of it. */
export function brokenNotice(
  broken: { readonly nth: number; readonly verdict: 'changed' | 'invalid' },
  model: SignModel,
  boot: SignBoot,
): NoticeScreen {
  const { sign, words } = boot;
  const version = fill(sign.versions.nth, { n: String(broken.nth) });
  const { report, download } = words.state.broken;
  const look: readonly Action[] = [
    { label: report, href: boot.lang === 'en' ? '/validate?lang=en' : '/validate', style: 'plain', beside: true },
    { label: download, act: 'download', style: 'quiet' },
  ];
  const actions = [...home(model, boot), ...look];
  const made = notice(boot, 'broken', { version }, { actions, support: supportOf(model) });
  if (broken.verdict === 'changed') return made;
  return { ...made, title: fill(words.state.broken.invalid, { version }) };
}

const home = (model: SignModel, boot: SignBoot) => {
  const href = model.view?.platform.homeUrl ?? '';
  return href === '' ? [] : [{ label: boot.words.act.leave, href, style: 'primary' } as const];
};
