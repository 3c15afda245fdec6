import type { TroubleState } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import { type Card, type Model, offState } from '../model.ts';
import { lostService } from './missing.ts';

export interface CardScreen {
  readonly id: string;
  readonly holder: string;
  readonly meta: readonly string[];
  readonly days: {
    readonly figure: string;
    readonly word: string;
    readonly date: string;
    readonly tone: '' | 'warn' | 'bad';
  };
  readonly off: boolean;
  readonly shown: boolean;
  /** Offers its reason. */
  readonly why: boolean;
}

const offWord: Readonly<Partial<Record<TroubleState, keyof Boot['words']['card']>>> = {
  expired: 'expired',
  'not-yet-valid': 'notYet',
  revoked: 'revoked',
  superseded: 'superseded',
  'cert-cancelled': 'cancelled',
  denied: 'denied',
  suspended: 'suspended',
  'unknown-issuer': 'unknown',
  'cert-invalid': 'invalid',
  'status-down': 'statusDown',
  locked: 'locked',
  'wrong-key': 'wrongKey',
  'key-unable': 'unable',
};

export function cardScreen(model: Model, boot: Boot, card: Card): CardScreen {
  const { card: words } = boot.words;
  const off = offState(card);
  const pulled = model.pulled?.card.id === card.id;
  const { view } = card;
  const base = {
    id: card.id,
    off: off !== null || pulled || view === null,
    shown: model.shown === card.id,
    why: off !== null && model.cards.length > 1 && model.chosen !== card.id,
  };
  if (view === null) {
    const word = card.reading === 'unreadable' ? words.unreadable : words.reading;
    return { ...base, holder: card.label, meta: [word], days: { figure: '', word: '', date: '', tone: '' } };
  }
  const meta = [
    view.authority?.name ?? words.unknownAuthority,
    view.kind === 'person' ? words.person : words.organisation,
    fill(words.tail, { tail: view.tail }),
  ];
  if (pulled) {
    return {
      ...base,
      holder: view.holder,
      meta,
      days: {
        figure: '',
        word: lostService(model, card) === null ? words.pulled : words.offline,
        date: view.notAfter,
        tone: 'warn',
      },
    };
  }
  if (off !== null) {
    const word = words[offWord[off] ?? 'invalid'];
    // A bare date beside 已吊销 would read as the day of it.
    const date = off === 'expired' ? view.notAfter : fill(words.until, { date: view.notAfter });
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word, date, tone: off === 'status-down' ? 'warn' : 'bad' },
    };
  }
  // An old key that still opens files: chosen like any other.
  if (view.status === 'expired')
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word: words.expired, date: view.notAfter, tone: 'warn' },
    };
  if (view.daysLeft <= 0)
    return {
      ...base,
      holder: view.holder,
      meta,
      days: { figure: '', word: words.today, date: view.notAfter, tone: 'warn' },
    };
  const tone = view.daysLeft <= 30 ? 'warn' : '';
  return {
    ...base,
    holder: view.holder,
    meta,
    days: { figure: String(view.daysLeft), word: words.days, date: view.notAfter, tone },
  };
}
