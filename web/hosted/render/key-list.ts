import type { Boot } from '../boot.ts';
import { h, icon, spin } from '../dom.ts';
import type { KeyRoad } from '../screen/key-road.ts';
import type { MissingScreen } from '../screen/missing.ts';
import { drawCards } from './cards.ts';
import { drawVendors } from './notice.ts';

/** The certificates to choose from, or why there is none to show. */
export function drawKeys(boot: Boot, road: KeyRoad): readonly Node[] {
  const instead = noKeys(boot, road);
  if (instead !== null) return instead;
  if (road.head === null) return [];
  return [listHead(boot, road.head), drawCards(boot.words, road)];
}

/** What stands where the keys would: the closed road of a touch device, a wait, an empty socket. null: there are keys. */
export function noKeys(boot: Boot, road: Pick<KeyRoad, 'closed' | 'wait' | 'empty'>): readonly Node[] | null {
  const { key } = boot.words;
  if (road.closed) {
    const open = h(
      'button',
      { class: 'btn btn--big btn--wide', type: 'button', 'data-act': 'use-key', 'data-focus': 'use-key' },
      icon('usb'),
      key.ukeyRoad,
    );
    return [open, h('p', { class: 'field__hint' }, key.ukeyRoadHint)];
  }
  if (road.wait !== null) return [h('ol', { class: 'checks' }, h('li', { class: 'is-now' }, spin(), road.wait))];
  return road.empty ? [emptyBox(boot)] : null;
}

/** Folded away under the keys: it concerns those alone who look for their own in vain. */
export const drawMissing = (boot: Boot, { title, text, vendors, open }: MissingScreen): Node =>
  h(
    'details',
    { class: 'missing', id: 'missing', open },
    h('summary', {}, title),
    h('p', {}, text),
    drawVendors(boot.words, vendors),
  );

export const listHead = (boot: Boot, text: string): Node =>
  h('div', { class: 'list__head' }, h('span', {}, text), againLink(boot));

const againLink = (boot: Boot): Node =>
  h(
    'button',
    { class: 'link', type: 'button', 'data-act': 'again', 'data-focus': 'again' },
    icon('refresh', 's'),
    ` ${boot.words.key.again}`,
  );

const emptyBox = (boot: Boot): Node =>
  h(
    'div',
    { class: 'empty empty--box', id: 'empty', role: 'status' },
    icon('usb'),
    h('b', {}, boot.words.key.emptyTitle),
    h('p', {}, boot.words.key.emptyText, h('br'), boot.words.key.emptyMore),
    h('button', { class: 'btn', type: 'button', 'data-act': 'again', 'data-focus': 'again' }, boot.words.key.again),
  );
