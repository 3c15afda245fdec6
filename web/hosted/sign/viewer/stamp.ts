import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import { rounded } from './geometry.ts';
import type { PlacedSeal, ViewerWords } from './types.ts';

/** What a person does to one placed seal. */
export interface StampHands {
  takeOff(id: string): void;
  select(id: string): void;
  onKey(id: string, event: KeyboardEvent): void;
  pick(id: string, event: PointerEvent): void;
}

/** A placed seal as it lies on its page. */
export function createStamp({ id, seal }: PlacedSeal, words: ViewerWords, hands: StampHands): HTMLElement {
  const label = fill(words.remove, { name: seal.name });
  const remove = h('button', { type: 'button', class: 'placed__off', tabindex: '-1', 'aria-label': label }, '×');
  const element = h(
    'div',
    { class: 'placed', tabindex: '0', role: 'group', 'data-id': id, 'aria-description': words.placedHelp },
    h('img', { alt: '', src: seal.picture, draggable: 'false' }),
    h('span', { class: 'placed__tip num', 'aria-hidden': 'true' }),
    remove,
  );
  remove.addEventListener('click', (event) => {
    event.stopPropagation();
    hands.takeOff(id);
  });
  element.addEventListener('focus', () => hands.select(id));
  element.addEventListener('keydown', (event) => hands.onKey(id, event));
  element.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.target !== remove) hands.pick(id, event);
  });
  return element;
}

/** Chosen or not, to be moved or not, and where it says that it stands. */
export function dress(
  element: HTMLElement,
  place: PlacedSeal,
  { words, on, locked }: { readonly words: ViewerWords; readonly on: boolean; readonly locked: boolean },
): void {
  const values = told(place);
  element.setAttribute('aria-label', fill(words.placed, values));
  element.classList.toggle('is-on', on);
  element.classList.toggle('is-locked', locked);
  const tip = element.querySelector('.placed__tip');
  if (tip !== null) tip.textContent = fill(words.tip, values);
}

/** Where it stands, as a person reads it: millimetres, pages from 1. */
export const told = (place: PlacedSeal): Readonly<Record<string, string>> => ({
  name: place.seal.name,
  page: String(place.page + 1),
  x: String(Math.round(place.x)),
  y: String(Math.round(place.y)),
  width: String(rounded(place.width)),
  height: String(rounded(place.height)),
});
