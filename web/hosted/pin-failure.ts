import type { AgentFailure } from './dialects/dialect.ts';
import type { Card, Model } from './model.ts';

export interface AfterFailure {
  readonly patch: Partial<Model>;
  /** What the person's attention or the page needs next. */
  readonly next: 'focus-pin' | 'focus-notice' | 'read-keys' | 'nothing';
}

/** What the page becomes when the agent could not check the PIN or sign. Never another try by itself: each one may be the key's last. */
export function afterFailure(model: Model, card: Card, failure: AgentFailure, now: number): AfterFailure {
  const change = (patch: Partial<Card>) => model.cards.map((one) => (one.id === card.id ? { ...one, ...patch } : one));
  const locked = (): AfterFailure => ({
    patch: { work: null, cards: change({ pinRemaining: 0, loggedIn: false }), shown: card.id },
    next: 'focus-notice',
  });
  switch (failure.code) {
    case 'PIN_INCORRECT': {
      const remaining = failure.remaining ?? Math.max(0, card.pinRemaining - 1);
      if (remaining === 0) return locked();
      const cards = change({ pinRemaining: remaining, loggedIn: false });
      if (remaining === 1) return { patch: { work: null, cards, pin: { at: 'last' } }, next: 'focus-notice' };
      return { patch: { work: null, cards, pin: { at: 'wrong', remaining } }, next: 'focus-pin' };
    }
    case 'PIN_LOCKED':
      return locked();
    case 'PIN_CANCELLED':
      return { patch: { work: null, pin: { at: 'cancelled' } }, next: 'nothing' };
    case 'PIN_REQUIRED':
      return { patch: { work: null, cards: change({ loggedIn: false }), pin: { at: 'asked' } }, next: 'focus-pin' };
    case 'KEY_REMOVED':
    case 'KEY_NOT_FOUND':
      return { patch: pulledOut(model, card, now), next: 'nothing' };
    case 'PIN_ENTRY_WRONG':
      return { patch: { work: null }, next: 'read-keys' };
    case 'CLOSED':
      return { patch: { work: null }, next: 'nothing' };
    case 'TEXT_REFUSED':
    case 'OPERATION_NOT_GRANTED':
      return { patch: { work: null, trouble: { state: 'sign-failed', error: null } }, next: 'focus-notice' };
    case 'NOT_SUPPORTED':
      return { patch: { work: null, cards: change({ able: false }), shown: card.id }, next: 'focus-notice' };
    case 'NOT_AUTHORIZED':
    case 'GRANT_INVALID':
    case 'UNWRAP_FAILED':
    case 'BAD_REQUEST':
    case 'INTERNAL':
    case 'TIMEOUT':
      return {
        patch: { work: null, pin: { at: 'failed' }, trouble: { state: 'pin-refused', error: null } },
        next: 'focus-notice',
      };
  }
}

/** The login waits for this very key; what was typed is gone, what was done stays. */
export const pulledOut = (model: Model, card: Card, now: number): Partial<Model> => ({
  work: null,
  pulled: { card: { ...card, loggedIn: false }, since: now },
  cards: model.cards.filter((one) => one.id !== card.id),
});
