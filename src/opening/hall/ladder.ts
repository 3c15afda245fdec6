import type { TenderRules } from '../opening.ts';
import type { RemedyKind } from './acts.ts';

/** One rung: what a person reads, and whether it changes anybody's rights. */
interface Rung {
  readonly kind: RemedyKind;
  readonly title: string;
  readonly persons: 1 | 2;
  /** Whether the tender documents must have provided for it; null: they need not. */
  readonly allowed: ((rules: TenderRules) => boolean) | null;
}

/** Domain 5.2, from the first thing to try to the last word. */
const LADDER: readonly Rung[] = [
  { kind: 'retry', title: '重试、更换电脑或修复驱动', persons: 1, allowed: null },
  { kind: 'old-key', title: '改用加密时的旧 UKey 或手机证书', persons: 1, allowed: null },
  {
    kind: 'key-file',
    title: '使用投标时留存的密钥文件',
    persons: 2,
    allowed: (rules) => rules.remedies.includes('backup'),
  },
  {
    kind: 'backup-file',
    title: '使用同一版本的备用投标文件',
    persons: 2,
    allowed: (rules) => rules.remedies.includes('backup'),
  },
  {
    kind: 'key-recovery',
    title: '由恢复托管人共同恢复密钥',
    persons: 2,
    allowed: (rules) => rules.remedies.includes('recovery'),
  },
  { kind: 'extend', title: '延长解密窗口', persons: 2, allowed: (rules) => rules.remedies.includes('extend') },
  { kind: 'withdrawn', title: '按招标文件的规定作未解密处理', persons: 2, allowed: null },
];

export const rungOf = (kind: RemedyKind): Rung => {
  const rung = LADDER.find((one) => one.kind === kind);
  if (rung === undefined) throw new RangeError(`no rung ${kind}`);
  return rung;
};

/** The rungs that this tender's documents leave open. */
export const rungsFor = (rules: TenderRules): Rung[] =>
  LADDER.filter((rung) => rung.allowed === null || rung.allowed(rules));

/** What the host may propose for a bid: what needs two persons, the extension aside (it holds for all, and is proposed as such). */
export const remediesToPropose = (rules: TenderRules): RemedyKind[] =>
  rungsFor(rules).flatMap((rung) => (rung.persons === 2 && rung.kind !== 'extend' ? [rung.kind] : []));

/** What a bidder may ask for. */
export const remediesToAsk = (rules: TenderRules): RemedyKind[] =>
  rungsFor(rules).flatMap((rung) => (rung.kind === 'withdrawn' ? [] : [rung.kind]));
