import type { StateName } from '#hosted/states.ts';
import { type Boot, fill } from '../boot.ts';
import { isReady, type Model } from '../model.ts';
import type { SheetScreen } from '../render/sheet.ts';
import type { KeyRoad } from './key-road.ts';
import { namesOf } from './notices.ts';

/** The situation of a page on which a key is being chosen. */
export function keyState(model: Model, road: KeyRoad): StateName {
  if (road.top !== null) return road.top.state;
  if (road.pin?.wrong) return 'pin-wrong';
  if (road.notice !== null && !(model.cards.some(isReady) && road.notice.aside)) return road.notice.state;
  if (road.notice !== null) return model.shown === null ? 'ready' : road.notice.state;
  if (model.touch && !model.wantsKey) return 'mobile';
  if (model.agent !== 'connected') return 'searching';
  if (model.keysRead && model.cards.length === 0) return 'empty';
  return model.cards.some(isReady) ? 'ready' : 'searching';
}

/** How the connection to the agent stands. */
export function tagOf(model: Model, boot: Boot): SheetScreen<never>['tag'] {
  const { key } = boot.words;
  switch (model.agent) {
    case 'connected':
      return { tone: 'ok', icon: 'ok', text: connectedText(model, boot) };
    case 'searching':
    case 'asking':
    case 'lost':
      return { tone: 'mute', icon: 'spin', text: key.searching };
    case 'none':
    case 'denied':
    case 'framed':
    case 'not-paired':
      return { tone: 'mute', icon: 'plug-off', text: key.notConnected };
    case 'idle':
    case 'ask':
      return null;
  }
}

/** The hub's own agent speaks for itself; without it, the vendors' programs that are there are named. */
function connectedText(model: Model, boot: Boot): string {
  const { key } = boot.words;
  const there = model.services.filter(({ status }) => status === 'connected').map(({ view }) => view.vendors);
  if (there.length === 0 || there.some((vendors) => vendors.length === 0)) return key.connected;
  return fill(key.connectedOf, { name: namesOf(there.flat(), boot) });
}
