import type { ExistingSignatureView, MadeView } from '#hosted/sign-api.ts';
import { fill } from '../../boot.ts';
import { hourText } from '../../time.ts';
import { jobsOf } from '../plan.ts';
import { type SignBoot, type SignModel, sealOfMade, signerOf } from '../sign-desk.ts';

/** One revision of the document: signatures that came with it, those made here, and the one to come. */
export interface VersionScreen {
  readonly tone: 'ok' | 'warn' | 'bad' | 'now';
  readonly time: string;
  readonly title: string;
  readonly who: string;
  readonly said: string;
}

export function versionsOf(model: SignModel, boot: SignBoot): readonly VersionScreen[] {
  const { view } = model;
  if (view?.document == null) return [];
  const { versions: words } = boot.sign;
  const title = (n: number): string => fill(words.nth, { n: String(n) });
  const { signatures } = view.document;
  const old = signatures.map((one, at) => existing(one, title(at + 1), boot));
  const made = view.made.map((one, at) => madeHere(one, title(signatures.length + at + 1), model, boot));
  const all = [...old, ...made];
  if (view.state !== 'claimed') return all;
  return [...all, { tone: 'now', time: words.now, title: title(all.length + 1), who: toCome(model, boot), said: '' }];
}

const toneOf = { valid: 'ok', 'valid-changed': 'bad', invalid: 'bad', indeterminate: 'warn' } as const;

function existing(one: ExistingSignatureView, title: string, boot: SignBoot): VersionScreen {
  const { versions: words } = boot.sign;
  return {
    tone: toneOf[one.verdict],
    time: one.at === null ? words.unknownTime : dayText(one.at, boot.lang),
    title,
    who: one.signer,
    said: words[one.verdict],
  };
}

function madeHere(one: MadeView, title: string, model: SignModel, boot: SignBoot): VersionScreen {
  const { versions: words, placed } = boot.sign;
  const name = (model.view === null ? null : sealOfMade(model.view, one)?.name) ?? one.seal ?? '';
  const n = one.places + (one.straddle ? 1 : 0);
  const what =
    one.seal === null ? words.madeNone : fill(words.made, { name, places: fill(placed.n, { n: String(n) }) });
  return { tone: 'ok', time: hourText(one.at), title, who: what, said: one.timestamped ? words.timed : words.valid };
}

/** 将加盖 2 枚印章、1 组骑缝章 */
function toCome(model: SignModel, boot: SignBoot): string {
  const { versions: words } = boot.sign;
  if (model.invisible) return words.willInvisible;
  const jobs = jobsOf(model);
  if (jobs.length === 0 || signerOf(model) === null) return words.willNone;
  const seals = model.placed.length;
  const parts = [
    ...(seals === 0 ? [] : [fill(words.seals, { n: String(seals) })]),
    ...(model.straddle === null ? [] : [fill(words.straddles, { n: '1' })]),
  ];
  return fill(words.will, { what: parts.join(boot.lang === 'zh' ? '、' : ', ') });
}

/** `2026-03-15 16:20` → `3月15日`; in English `03-15`. */
function dayText(at: string, lang: 'zh' | 'en'): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(at);
  if (parts === null) return at;
  return lang === 'zh' ? `${Number(parts[2])}月${Number(parts[3])}日` : `${parts[2]}-${parts[3]}`;
}
