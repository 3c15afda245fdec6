import { describe, expect, it } from 'vitest';
import { nextStep } from '#delivery/schedule.ts';

const failed = { kind: 'failed', reason: 'no answer' } as const;
const refused = { kind: 'refused', message: '不行' } as const;
const at = (now: number, deadline = 600_000) => ({ now, deadline, spread: 0.5 });
const gaps = (name: 'login' | 'document', count: number): number[] =>
  Array.from({ length: count }, (_, index) => {
    const next = nextStep(name, index + 1, failed, { now: 0, deadline: 1e9, spread: 0.5 });
    return next.kind === 'retry' ? next.at / 1000 : Number.NaN;
  });

describe('the schedules', () => {
  it('tries a login after 1, 2, 4, 8, 8 … seconds', () => {
    expect(gaps('login', 6)).toEqual([1, 2, 4, 8, 8, 8]);
  });

  it('tries a document after 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 2 h …', () => {
    expect(gaps('document', 7)).toEqual([5, 30, 120, 600, 1800, 7200, 7200]);
  });

  it('never plans an attempt past the deadline', () => {
    expect(nextStep('login', 5, failed, at(595_000))).toEqual({ kind: 'retry', at: 600_000, reason: 'no answer' });
    expect(nextStep('login', 5, failed, at(600_000))).toEqual({ kind: 'lapsed', reason: 'no answer' });
  });

  it('believes a login’s first refusal, and a document’s fourth', () => {
    expect(nextStep('login', 1, refused, at(0))).toEqual(refused);
    expect(nextStep('document', 3, refused, at(0)).kind).toBe('retry');
    expect(nextStep('document', 4, refused, at(0))).toEqual({ kind: 'parked', reason: 'refused by the receiver' });
  });

  it('spreads documents by a fifth, logins not at all', () => {
    const first = (name: 'login' | 'document', spread: number) =>
      nextStep(name, 1, failed, { now: 0, deadline: 1e9, spread });
    expect(first('document', 0)).toMatchObject({ at: 4_000 });
    expect(first('document', 0.999_999)).toMatchObject({ at: 6_000 });
    expect(first('login', 0)).toMatchObject({ at: 1_000 });
  });
});
