import { type Boot, fill } from '../boot.ts';
import type { Card, Model } from '../model.ts';
import { serviceOf } from '../services.ts';
import { namesOf } from './notices.ts';

/** The PIN's place below the cards. */
export interface PinScreen {
  readonly entry: 'page' | 'agent' | 'frame' | 'known';
  readonly card: string;
  readonly whose: readonly string[];
  readonly hint: string;
  readonly wrong: boolean;
  readonly locked: boolean;
  readonly url: string;
}

export function pinScreen(model: Model, boot: Boot, card: Card): PinScreen {
  const { key, card: words } = boot.words;
  const base = {
    card: card.id,
    whose: [card.view?.authority?.name ?? card.label, fill(words.tail, { tail: card.view?.tail ?? '' })],
    wrong: false,
    locked: model.work !== null,
    url: '',
  };
  if (model.work?.step === 'frame') return { ...base, entry: 'frame', hint: key.pinAgentHint, url: model.work.url };
  if (card.loggedIn) return { ...base, entry: 'known', hint: key.pinKnown };
  const entry = card.pinEntry;
  const vendors = model.services[serviceOf(card.handle)]?.view.vendors ?? [];
  const toPage = vendors.length === 0 ? key.pinHint : fill(key.pinHintOf, { name: namesOf(vendors, boot) });
  const usual = entry === 'agent' ? key.pinAgentBefore : toPage;
  switch (model.pin.at) {
    case 'wrong':
      return { ...base, entry, wrong: true, hint: fill(key.pinWrong, { n: String(model.pin.remaining) }) };
    case 'missing':
      return { ...base, entry, wrong: true, hint: key.pinMissing };
    case 'cancelled':
      return { ...base, entry, hint: key.pinCancelled };
    case 'failed':
    case 'asked':
    case 'dared':
    case 'last':
      return { ...base, entry, hint: usual };
  }
}
