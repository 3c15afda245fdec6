import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import { follow } from './drag.ts';
import { PX_PER_MM } from './geometry.ts';
import type { Leaves } from './leaves.ts';
import type { PlaceAt, PlacingSeal, PreviewMode, ViewerOptions } from './types.ts';

export interface ArmedSealOptions extends Pick<ViewerOptions, 'words' | 'onArmed'> {
  readonly leaves: Leaves;
  readonly mode: () => PreviewMode;
  readonly say: (text: string) => void;
  readonly putDown: (at: PlaceAt) => void;
  /** A press beside every seal. */
  readonly pressedBeside: () => void;
}

/** The seal in the person's hand: the next press on a page, or the end of a drag, puts it down. Until then its ghost follows the pointer. */
export interface ArmedSeal {
  arm(seal: PlacingSeal | null, how?: { readonly keep?: boolean }): void;
  /** A drag that began elsewhere. */
  dragFrom(seal: PlacingSeal, event: PointerEvent): void;
  readonly ghost: HTMLElement;
}

export function createArmedSeal({ leaves, words, mode, say, ...options }: ArmedSealOptions): ArmedSeal {
  const { scroller } = leaves;
  const picture = h('img', { alt: '', draggable: 'false' });
  const ghost = h('div', { class: 'ghost', hidden: true, 'aria-hidden': 'true' }, picture);
  let armed: PlacingSeal | null = null;
  let keep = false;

  function arm(seal: PlacingSeal | null, how: { readonly keep?: boolean } = {}): void {
    const was = armed;
    armed = mode() === 'place' ? seal : null;
    keep = how.keep === true;
    scroller.classList.toggle('is-armed', armed !== null);
    ghost.hidden = true;
    if (armed !== null) say(fill(words.armed, { name: armed.name }));
    if (was !== armed) options.onArmed?.(armed);
  }

  function drop(seal: PlacingSeal, at: { readonly page: number; readonly x: number; readonly y: number }): void {
    options.putDown({ seal, ...at });
    if (!(keep && armed !== null)) arm(null);
  }

  /** The seal under the pointer before it is put down, in its true size. */
  function haunt(seal: PlacingSeal, clientX: number, clientY: number): void {
    const px = leaves.scale * PX_PER_MM;
    if (picture.getAttribute('src') !== seal.picture) picture.setAttribute('src', seal.picture);
    ghost.hidden = false;
    ghost.style.width = `${seal.width * px}px`;
    ghost.style.height = `${seal.height * px}px`;
    ghost.style.left = `${clientX - (seal.width * px) / 2}px`;
    ghost.style.top = `${clientY - (seal.height * px) / 2}px`;
  }

  /** Over a page, not in the grey beside it. */
  function onPaper(clientX: number, clientY: number) {
    const box = scroller.getBoundingClientRect();
    if (clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom) return null;
    const at = leaves.under(clientX, clientY);
    const size = at && leaves.sizes[at.page];
    if (!at || !size || at.x < 0 || at.y < 0 || at.x > size.width || at.y > size.height) return null;
    return at;
  }

  scroller.addEventListener('pointermove', (event) => {
    if (armed !== null && event.pointerType !== 'touch') haunt(armed, event.clientX, event.clientY);
  });
  scroller.addEventListener('pointerleave', () => {
    if (armed !== null) ghost.hidden = true;
  });
  scroller.addEventListener('click', (event) => {
    const at = onPaper(event.clientX, event.clientY);
    if (armed !== null && at !== null) drop(armed, at);
    else if (event.target instanceof Element && event.target.closest('.placed') === null) options.pressedBeside();
  });
  scroller.addEventListener('keydown', (event) => {
    if (armed === null || mode() !== 'place') return;
    if (event.key === 'Enter') {
      event.preventDefault();
      drop(armed, leaves.middle());
    } else if (event.key === 'Escape') {
      event.preventDefault();
      arm(null);
    }
  });

  return {
    arm,
    ghost,
    dragFrom: (seal, event) => {
      if (mode() !== 'place' || event.button !== 0) return;
      follow(leaves, event, {
        move: (_, now) => haunt(seal, now.clientX, now.clientY),
        end: (went, now) => {
          ghost.hidden = true;
          const at = onPaper(now.clientX, now.clientY);
          if (went && at !== null) drop(seal, at);
        },
        cancel: () => {
          ghost.hidden = true;
        },
      });
    },
  };
}
