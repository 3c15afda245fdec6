/** When a message that was not taken is tried again, and how it ends (readings L32). */
export type ScheduleName = 'login' | 'window' | 'document';

export type Attempt =
  | { readonly kind: 'delivered'; readonly remark?: string }
  /** A well-formed answer that says no. */
  | { readonly kind: 'refused'; readonly message: string }
  /** No answer, or one that says nothing. */
  | { readonly kind: 'failed'; readonly reason: string };

export type Next =
  | { readonly kind: 'delivered'; readonly remark?: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'retry'; readonly at: number; readonly reason: string }
  | { readonly kind: 'lapsed'; readonly reason: string }
  | { readonly kind: 'parked'; readonly reason: string };

export const REFUSED = 'refused by the receiver';

interface Schedule {
  /** Milliseconds from one attempt to the next; the last repeats. */
  readonly gaps: readonly number[];
  /** Attempts that may be refused before the refusal is believed. */
  readonly refusals: number;
  /** At the deadline: `lapsed` is never sent later; `parked` waits for a person to replay it. */
  readonly atDeadline: 'lapsed' | 'parked';
  /** Share of the gap by which attempts are spread, so that receivers are not hit in step. */
  readonly jitter: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const schedules: Readonly<Record<ScheduleName, Schedule>> = {
  // A person waits in front of the page, and a login that arrives late is a security fault.
  login: { gaps: [1, 2, 4, 8].map((s) => s * SECOND), refusals: 1, atDeadline: 'lapsed', jitter: 0 },
  // Opened content, until its window ends: then its sealed copy is erased, sent or not (readings L54).
  window: { gaps: [1, 2, 4, 8, 16, 30].map((s) => s * SECOND), refusals: 4, atDeadline: 'lapsed', jitter: 0 },
  // Signed files: nobody waits, nothing is dropped.
  document: {
    gaps: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR],
    refusals: 4,
    atDeadline: 'parked',
    jitter: 0.2,
  },
};

/**
 * What follows attempt number `attempts` (1 = the first).
 * `spread` is a random number in [0, 1). The next time is never past the deadline: a message whose time runs out waits for it and then ends.
 */
export function nextStep(
  name: ScheduleName,
  attempts: number,
  attempt: Attempt,
  at: { readonly now: number; readonly deadline: number; readonly spread: number },
): Next {
  const schedule = schedules[name];
  if (attempt.kind === 'delivered') return attempt;
  // the receiver's words are the outcome's to keep, sealed; a reason is ours and may be stored and logged
  const reason = attempt.kind === 'refused' ? REFUSED : attempt.reason;
  if (attempt.kind === 'refused' && attempts >= schedule.refusals)
    return schedule.atDeadline === 'lapsed' ? attempt : { kind: 'parked', reason };
  if (at.now >= at.deadline) return { kind: schedule.atDeadline, reason };
  const gap = schedule.gaps[Math.min(attempts, schedule.gaps.length) - 1] ?? 0;
  const spread = 1 + schedule.jitter * (2 * at.spread - 1);
  return { kind: 'retry', at: Math.min(at.now + Math.round(gap * spread), at.deadline), reason };
}

/** How a message ends that reaches its deadline without being sent. */
export const expired = (name: ScheduleName, reason: string): Next => ({ kind: schedules[name].atDeadline, reason });
