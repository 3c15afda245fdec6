import { describe, expect, it } from 'vitest';
import type { AgentFailure } from '#web/hosted/dialects/dialect.ts';
import { afterFailure } from '#web/hosted/pin-failure.ts';
import { card, model } from './models.ts';

const one = card({ pinRemaining: 3, loggedIn: true });
const told = (code: AgentFailure['code'], remaining: number | null = null) =>
  afterFailure(model({ cards: [one, card()], work: { step: 'pin' } }), one, { code, remaining }, 5000);

describe('after a failed PIN or signature', () => {
  it('a wrong PIN leaves the focus in the field with the tries that are left', () => {
    expect(told('PIN_INCORRECT', 2)).toMatchObject({
      patch: { work: null, pin: { at: 'wrong', remaining: 2 } },
      next: 'focus-pin',
    });
  });

  it('the last try wants a second word, none left is a locked key', () => {
    expect(told('PIN_INCORRECT', 1)).toMatchObject({ patch: { pin: { at: 'last' } }, next: 'focus-notice' });
    expect(told('PIN_INCORRECT', 0).patch.cards?.[0]).toMatchObject({ pinRemaining: 0, loggedIn: false });
    expect(told('PIN_LOCKED').patch).toMatchObject({ shown: one.id });
  });

  it('an agent that does not say how many are left is counted for, downwards', () => {
    expect(told('PIN_INCORRECT')).toMatchObject({ patch: { pin: { at: 'wrong', remaining: 2 } } });
  });

  it('a pulled key waits; a lost session, a cancelled window and a refused text go back to the form', () => {
    expect(told('KEY_REMOVED').patch).toMatchObject({
      pulled: { since: 5000, card: { id: one.id, loggedIn: false } },
    });
    expect(told('KEY_REMOVED').patch.cards).toHaveLength(1);
    expect(told('CLOSED')).toEqual({ patch: { work: null }, next: 'nothing' });
    expect(told('PIN_CANCELLED').patch).toMatchObject({ pin: { at: 'cancelled' } });
    expect(told('PIN_REQUIRED').patch.cards?.[0]).toMatchObject({ loggedIn: false });
    expect(told('TEXT_REFUSED').patch).toMatchObject({ trouble: { state: 'sign-failed' } });
  });

  it('never tries again by itself', () => {
    const codes = [
      'TIMEOUT',
      'INTERNAL',
      'BAD_REQUEST',
      'NOT_AUTHORIZED',
      'GRANT_INVALID',
      'UNWRAP_FAILED',
      'PIN_ENTRY_WRONG',
      'OPERATION_NOT_GRANTED',
      'KEY_NOT_FOUND',
    ] as const;
    for (const code of codes) expect([code, told(code).patch.work]).toEqual([code, null]);
  });
});
