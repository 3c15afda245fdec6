import type { DecryptPageApi } from '#hosted/decrypt-api.ts';
import { chosenCard, offState } from '../model.ts';
import { type DecryptDesk, type DecryptModel, tooEarly, unopened } from './decrypt-desk.ts';
import { isWrong } from './road.ts';

type Report = Pick<DecryptPageApi['report']['request'], 'kind' | 'tail'>;

const LOOK_MS = 1_000;
/** What is gone sooner was never a trouble. */
const LASTS_MS = 2_500;
/** The hub forgets a repetition anyway. */
const AGAIN_MS = 60_000;

/**
 * Tells the hub what this page meets and the hub cannot see: no assistant, no key, another key, a locked one. Of bids only, and only once they may be
 * opened; a report helps people in the hall to help, and proves nothing. What cannot be told is not told: the page goes on all the same.
 */
export function reportTroubles(desk: DecryptDesk, over: () => boolean): void {
  const since = new Map<string, number>();
  const told = new Map<string, number>();
  let wasLost = false;
  const timer = setInterval(() => {
    if (over()) {
      clearInterval(timer);
      return;
    }
    const model = desk.model();
    const met = [...metBy(model), ...(wasLost && model.hub.kind === 'open' ? [cut] : [])];
    wasLost = model.hub.kind === 'lost';
    const now = performance.now();
    for (const name of since.keys()) if (!met.some((one) => nameOf(one) === name)) since.delete(name);
    for (const one of met) {
      const name = nameOf(one);
      const first = since.get(name) ?? now;
      since.set(name, first);
      const lasting = one === cut || now - first >= LASTS_MS;
      if (!lasting || now - (told.get(name) ?? -AGAIN_MS) < AGAIN_MS) continue;
      told.set(name, now);
      void desk.api.call('report', { interaction: model.view?.interaction ?? '', ...one });
    }
  }, LOOK_MS);
}

const nameOf = ({ kind, tail }: Report): string => `${kind} ${tail ?? ''}`;
/** Told when it is over: before, there was nobody to tell. */
const cut: Report = { kind: 'network', tail: null };

/** What stands in the way of this person's files right now. */
export function metBy(model: DecryptModel): readonly Report[] {
  if (model.view?.state !== 'claimed' || tooEarly(model) || model.hub.kind === 'lost') return [];
  if (!unopened(model).some((item) => item.kind === 'capsule')) return [];
  // On a phone the key's road is closed until it is asked for.
  if (model.touch && !model.wantsKey) return [];
  const agent = agentReport(model);
  if (agent !== null) return [agent];
  if (model.pulled !== null) return [{ kind: 'key-pulled', tail: model.pulled.card.view?.tail ?? null }];
  if (model.agent !== 'connected' || !model.keysRead) return [];
  if (model.cards.length === 0) return [{ kind: 'no-key', tail: null }];
  if (isWrong(model.cards)) {
    const shown = model.cards.find((card) => card.view !== null);
    return [{ kind: 'wrong-key', tail: shown?.view?.tail ?? null }];
  }
  const card = chosenCard(model) ?? model.cards.find((one) => offState(one) === 'locked');
  if (card == null) return [];
  const tail = card.view?.tail ?? null;
  if (offState(card) === 'locked') return [{ kind: 'pin-locked', tail }];
  return model.pin.at === 'wrong' ? [{ kind: 'pin-wrong', tail }] : [];
}

function agentReport(model: DecryptModel): Report | null {
  switch (model.agent) {
    case 'none':
    case 'not-paired':
      return { kind: 'no-agent', tail: null };
    case 'denied':
    case 'framed':
      return { kind: 'agent-blocked', tail: null };
    case 'idle':
    case 'ask':
    case 'asking':
    case 'searching':
    case 'connected':
    case 'lost':
      return null;
  }
}
