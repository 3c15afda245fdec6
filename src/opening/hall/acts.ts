import type { HallProposalTable } from '#store/schema-hall.ts';

/** Acts that change rights: one person proposes with a reason, another confirms; both sign. */
export type ProposalKind = HallProposalTable['kind'];

/** The ladder of domain 5.2. `retry` and `old-key` change nobody's rights; the others need two persons. */
export const remedyKinds = [
  'retry',
  'old-key',
  'key-file',
  'backup-file',
  'key-recovery',
  'extend',
  'withdrawn',
] as const;
export type RemedyKind = (typeof remedyKinds)[number];

/** What somebody in the hall wants done. Texts are one line of 2 to 200 characters; times UTC ms. */
export type HallAct =
  /** Release begins; lots with too few must have been ended first. */
  | { readonly act: 'start' }
  | { readonly act: 'end-lot'; readonly lot: string; readonly reason: string }
  | { readonly act: 'close-window'; readonly reason: string }
  | {
      readonly act: 'propose';
      readonly kind: 'extend';
      readonly minutes: number;
      readonly reason: string;
      readonly incident?: string | undefined;
    }
  | {
      readonly act: 'propose';
      readonly kind: 'remedy';
      readonly remedy: RemedyKind;
      readonly bid: string;
      readonly reason: string;
      readonly basis: string;
    }
  | { readonly act: 'propose'; readonly kind: 'abort'; readonly reason: string }
  | { readonly act: 'propose'; readonly kind: 'postpone'; readonly opensAt: number; readonly reason: string }
  | { readonly act: 'propose'; readonly kind: 'time-override'; readonly reason: string }
  /** opinion: 确认意见，必填，写入开标记录 */
  | { readonly act: 'decide'; readonly proposal: string; readonly agree: boolean; readonly opinion: string }
  | { readonly act: 'withdraw'; readonly proposal: string }
  | { readonly act: 'ask-remedy'; readonly bid: string; readonly remedy: RemedyKind; readonly reason: string }
  | { readonly act: 'confirm'; readonly bid: string }
  | { readonly act: 'object'; readonly bid: string; readonly reason: string }
  | { readonly act: 'answer-objection'; readonly bid: string; readonly answer: string }
  /** The time by the custodian's own watch, never by this page's clock: two of different seats make the hub's believed again. */
  | { readonly act: 'state-clock'; readonly statedAt: number }
  /** Signs and closes the minutes (after `confirmUntil`, or when every bidder has spoken). */
  | { readonly act: 'finish' };

export type ActName = HallAct['act'];

/** Acts that change rights, or speak for somebody on the record: the person's key signs the very act. */
const SIGNED: readonly ActName[] = ['end-lot', 'propose', 'decide', 'confirm', 'object', 'state-clock', 'finish'];

export const isSigned = (act: ActName): boolean => SIGNED.includes(act);
