import { fill } from '../../boot.ts';
import { h } from '../../dom.ts';
import { inside, rounded, type Strip, standing, stripsOf } from './geometry.ts';
import type { Leaf } from './leaves.ts';
import { putAt, readerWith } from './reader.ts';
import type {
  PlaceAt,
  PlacedSeal,
  PlacingSeal,
  PreviewMode,
  StraddleWish,
  Viewer,
  ViewerOptions,
  ViewerWords,
} from './types.ts';

export type * from './types.ts';

/** Fractions of a millimetre that the arrow keys move. */
const STEP = 1;
const FINE = 0.2;
/** Pixels a pointer may shake before a press is a drag. */
const SHAKE = 4;

/** The document with seals on it: they are put down, moved and removed here, and stand where the hub will print them. */
export function createViewer(host: HTMLElement, options: ViewerOptions): Viewer {
  const { words } = options;
  let places: PlacedSeal[] = [];
  let strips: readonly (Strip & { readonly seal: PlacingSeal })[] = [];
  let straddled: { readonly seal: PlacingSeal; readonly groups: readonly StraddleWish[] } | null = null;
  let selected: string | null = null;
  let armed: PlacingSeal | null = null;
  let keep = false;
  let mode: PreviewMode = 'place';
  let count = 0;

  const { reader, leaves } = readerWith(
    host,
    {
      ...options,
      onPages: (sizes) => {
        spread();
        options.onPages?.(sizes);
      },
    },
    paint,
  );
  const { scroller } = leaves;
  const voice = h('div', { class: 'pages__voice', role: 'status', 'aria-live': 'polite' });
  const ghost = h(
    'div',
    { class: 'ghost', hidden: true, 'aria-hidden': 'true' },
    h('img', { alt: '', draggable: 'false' }),
  );
  host.append(voice, ghost);

  const sizeOf = (page: number) => leaves.sizes[page];
  const find = (id: string) => places.find((place) => place.id === id);
  const say = (text: string) => {
    voice.textContent = text;
  };
  const changed = () => options.onPlaces?.([...places]);

  function paint(leaf: Leaf): void {
    const size = sizeOf(leaf.page);
    if (size === undefined) return;
    const mine = mode === 'plain' ? [] : places.filter((place) => place.page === leaf.page);
    const old = new Map(
      [...leaf.over.querySelectorAll<HTMLElement>('.placed')].map((element) => [element.dataset['id'] ?? '', element]),
    );
    for (const [id, element] of old) if (!mine.some((place) => place.id === id)) element.remove();
    for (const place of mine) {
      const element = old.get(place.id) ?? stamp(place);
      if (element.parentElement !== leaf.over) leaf.over.append(element);
      putAt(element, place, size);
      dress(element, place);
    }
    for (const strip of leaf.over.querySelectorAll('.strip')) strip.remove();
    if (mode === 'plain') return;
    for (const strip of strips) if (strip.page === leaf.page) leaf.over.append(stripElement(strip, size, words));
  }

  function stamp(place: PlacedSeal): HTMLElement {
    const remove = h(
      'button',
      {
        type: 'button',
        class: 'placed__off',
        tabindex: '-1',
        'aria-label': fill(words.remove, { name: place.seal.name }),
      },
      '×',
    );
    const element = h(
      'div',
      { class: 'placed', tabindex: '0', role: 'group', 'data-id': place.id, 'aria-description': words.placedHelp },
      h('img', { alt: '', src: place.seal.picture, draggable: 'false' }),
      h('span', { class: 'placed__tip num', 'aria-hidden': 'true' }),
      remove,
    );
    remove.addEventListener('click', (event) => {
      event.stopPropagation();
      takeOff(place.id);
    });
    element.addEventListener('focus', () => select(place.id));
    element.addEventListener('keydown', (event) => onKey(place.id, event));
    element.addEventListener('pointerdown', (event) => {
      if (event.button === 0 && event.target !== remove) pick(place.id, event);
    });
    return element;
  }

  function dress(element: HTMLElement, place: PlacedSeal): void {
    const values = told(place);
    element.setAttribute('aria-label', fill(words.placed, values));
    element.classList.toggle('is-on', selected === place.id);
    element.classList.toggle('is-locked', mode !== 'place');
    const tip = element.querySelector('.placed__tip');
    if (tip !== null) tip.textContent = fill(words.tip, values);
  }

  const told = (place: PlacedSeal) => ({
    name: place.seal.name,
    page: String(place.page + 1),
    x: String(Math.round(place.x)),
    y: String(Math.round(place.y)),
    width: String(rounded(place.width)),
    height: String(rounded(place.height)),
  });

  function select(id: string | null): void {
    if (selected === id) return;
    selected = id;
    leaves.repaint();
    options.onSelect?.(id);
  }

  /** Puts a place in the list and the picture; `next` undefined takes it away. */
  function update(id: string, next: PlacedSeal | undefined): void {
    places =
      next === undefined
        ? places.filter((place) => place.id !== id)
        : places.map((place) => (place.id === id ? next : place));
    leaves.repaint();
  }

  /** Moves the upper left corner; never over the page's edge. */
  function moved(place: PlacedSeal, x: number, y: number, page = place.page): PlacedSeal {
    const size = sizeOf(page);
    if (size === undefined || place.width > size.width || place.height > size.height) return place;
    return { ...place, page, x: inside(x, size.width - place.width), y: inside(y, size.height - place.height) };
  }

  function takeOff(id: string): void {
    const place = find(id);
    if (place === undefined || mode !== 'place') return;
    update(id, undefined);
    if (selected === id) select(null);
    say(fill(words.removed, { name: place.seal.name }));
    scroller.focus({ preventScroll: true });
    changed();
  }

  function onKey(id: string, event: KeyboardEvent): void {
    const place = find(id);
    if (place === undefined || mode !== 'place' || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? FINE : STEP;
    const next = byKey(place, event.key, step);
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      event.stopPropagation();
      takeOff(id);
      return;
    }
    if (event.key === 'Escape') {
      select(null);
      scroller.focus({ preventScroll: true });
      return;
    }
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (next.x === place.x && next.y === place.y && next.page === place.page) return;
    update(id, next);
    if (next.page !== place.page) {
      leaves.reveal({ page: next.page, x: next.x, y: next.y });
      elementOf(id)?.focus({ preventScroll: true });
    }
    say(fill(words.placed, told(next)));
    changed();
  }

  function byKey(place: PlacedSeal, key: string, step: number): PlacedSeal | undefined {
    switch (key) {
      case 'ArrowLeft':
        return moved(place, place.x - step, place.y);
      case 'ArrowRight':
        return moved(place, place.x + step, place.y);
      case 'ArrowUp':
        return moved(place, place.x, place.y - step);
      case 'ArrowDown':
        return moved(place, place.x, place.y + step);
      case 'PageUp':
        return moved(place, place.x, place.y, place.page - 1);
      case 'PageDown':
        return moved(place, place.x, place.y, place.page + 1);
      default:
        return undefined;
    }
  }

  const elementOf = (id: string): HTMLElement | null => {
    const place = find(id);
    const leaf = place && leaves.leaf(place.page);
    return leaf?.over.querySelector<HTMLElement>(`.placed[data-id="${CSS.escape(id)}"]`) ?? null;
  };

  /** A placed seal follows the pointer; over another page it is that page's. */
  function pick(id: string, event: PointerEvent): void {
    const place = find(id);
    const at = leaves.under(event.clientX, event.clientY);
    if (place === undefined || at === null || mode !== 'place') return;
    event.preventDefault();
    elementOf(id)?.focus({ preventScroll: true });
    select(id);
    const grip = { x: at.x - place.x, y: at.y - place.y };
    follow(event, {
      move: (to) => {
        const here = find(id);
        if (here === undefined) return;
        const next = moved(here, to.x - grip.x, to.y - grip.y, to.page);
        if (next === here) return;
        update(id, next);
        if (next.page !== here.page) elementOf(id)?.focus({ preventScroll: true });
      },
      end: (went) => {
        if (!went) return;
        const now = find(id);
        if (now !== undefined) say(fill(words.placed, told(now)));
        changed();
      },
      cancel: () => {
        update(id, place);
      },
    });
  }

  interface Follower {
    move(to: { readonly page: number; readonly x: number; readonly y: number }, event: PointerEvent): void;
    end(went: boolean, event: PointerEvent): void;
    cancel(): void;
  }

  /** Until the button is up: a press that shook a little is no drag; Escape and a lost pointer take it back. At the edges the pages roll along. */
  function follow(start: PointerEvent, follower: Follower): void {
    let went = false;
    let last = start;
    let rolling = 0;
    const roll = () => {
      const box = scroller.getBoundingClientRect();
      const over = last.clientY < box.top + 32 ? -1 : last.clientY > box.bottom - 32 ? 1 : 0;
      if (went && over !== 0 && last.clientX > box.left && last.clientX < box.right) {
        scroller.scrollTop += over * 12;
        step(last);
      }
      rolling = requestAnimationFrame(roll);
    };
    const step = (event: PointerEvent) => {
      const to = leaves.under(event.clientX, event.clientY);
      if (to !== null) follower.move(to, event);
    };
    const move = (event: PointerEvent) => {
      if (event.pointerId !== start.pointerId) return;
      last = event;
      went ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SHAKE;
      if (went) step(event);
    };
    const stop = () => {
      cancelAnimationFrame(rolling);
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', lost);
      window.removeEventListener('keydown', onEscape, true);
      window.removeEventListener('touchmove', still);
    };
    const up = (event: PointerEvent) => {
      if (event.pointerId !== start.pointerId) return;
      stop();
      follower.end(went, event);
    };
    const lost = (event: PointerEvent) => {
      if (event.pointerId !== start.pointerId) return;
      stop();
      follower.cancel();
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      stop();
      follower.cancel();
    };
    const still = (event: TouchEvent) => event.preventDefault();
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', lost);
    window.addEventListener('keydown', onEscape, true);
    window.addEventListener('touchmove', still, { passive: false });
    rolling = requestAnimationFrame(roll);
  }

  function place(at: PlaceAt): PlacedSeal | null {
    const size = sizeOf(at.page);
    const stands = size && standing(size, at);
    if (stands === undefined || stands === null) return null;
    const same = places.find(
      (other) =>
        other.seal.id === stands.seal.id && other.page === stands.page && other.x === stands.x && other.y === stands.y,
    );
    if (same !== undefined) return same;
    const placed: PlacedSeal = { id: `place-${++count}`, ...stands };
    places = [...places, placed];
    leaves.repaint();
    changed();
    return placed;
  }

  function drop(seal: PlacingSeal, at: { readonly page: number; readonly x: number; readonly y: number }): void {
    const placed = place({ seal, ...at });
    if (!(keep && armed !== null)) arm(null);
    if (placed === null) return;
    select(placed.id);
    elementOf(placed.id)?.focus({ preventScroll: true });
    say(fill(words.placed, told(placed)));
  }

  function arm(seal: PlacingSeal | null, how: { readonly keep?: boolean } = {}): void {
    const was = armed;
    armed = mode === 'place' ? seal : null;
    keep = how.keep === true;
    scroller.classList.toggle('is-armed', armed !== null);
    ghost.hidden = true;
    if (armed !== null) say(fill(words.armed, { name: armed.name }));
    if (was !== armed) options.onArmed?.(armed);
  }

  /** The seal under the pointer before it is put down, in its true size and kept on the page. */
  function haunt(seal: PlacingSeal, clientX: number, clientY: number): void {
    const px = (leaves.scale * 96) / 25.4;
    const picture = ghost.querySelector('img');
    if (picture !== null && picture.getAttribute('src') !== seal.picture) picture.setAttribute('src', seal.picture);
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
    const size = at && sizeOf(at.page);
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
    else if (event.target instanceof Element && event.target.closest('.placed') === null) select(null);
  });
  scroller.addEventListener('keydown', (event) => {
    if (armed === null || mode !== 'place') return;
    if (event.key === 'Enter') {
      event.preventDefault();
      drop(armed, leaves.middle());
    } else if (event.key === 'Escape') {
      event.preventDefault();
      arm(null);
    }
  });

  function spread(): void {
    strips =
      straddled === null
        ? []
        : straddled.groups.flatMap((group) =>
            stripsOf(leaves.sizes, (straddled as { seal: PlacingSeal }).seal, group).map((strip) => ({
              ...strip,
              seal: (straddled as { seal: PlacingSeal }).seal,
            })),
          );
  }

  const viewer: Omit<Viewer, 'scale' | 'pages' | 'page'> = {
    open: reader.open,
    goTo: reader.goTo,
    reveal: reader.reveal,
    zoom: reader.zoom,
    findKeyword: reader.findKeyword,
    highlight: reader.highlight,
    textOf: reader.textOf,
    arm,
    dragFrom: (seal, event) => {
      if (mode !== 'place' || event.button !== 0) return;
      follow(event, {
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
    place,
    select: (id) => {
      select(id);
      const chosen = id === null ? undefined : find(id);
      if (chosen === undefined) return;
      leaves.reveal({ page: chosen.page, x: chosen.x + chosen.width / 2, y: chosen.y + chosen.height / 2 });
      elementOf(chosen.id)?.focus({ preventScroll: true });
    },
    remove: takeOff,
    clear: (sealId) => {
      if (mode !== 'place') return;
      places = sealId === undefined ? [] : places.filter((one) => one.seal.id !== sealId);
      if (selected !== null && find(selected) === undefined) select(null);
      leaves.repaint();
      changed();
    },
    places: () => [...places],
    straddle: (seal, groups) => {
      straddled = groups === null ? null : { seal, groups: 'pages' in groups ? [groups] : groups };
      spread();
      leaves.repaint();
    },
    setPreview: (next) => {
      mode = next;
      if (mode !== 'place') {
        arm(null);
        select(null);
      }
      leaves.repaint();
    },
    close: () => {
      voice.remove();
      ghost.remove();
      reader.close();
    },
  };
  // Getters of the reader stay getters: a spread would freeze what they said first.
  return Object.defineProperties(
    viewer as Viewer,
    Object.getOwnPropertyDescriptors({
      get scale() {
        return reader.scale;
      },
      get pages() {
        return reader.pages;
      },
      get page() {
        return reader.page;
      },
    }),
  );
}

/** A part of the picture through a window as narrow as the strip. */
function stripElement(
  strip: Strip & { readonly seal: PlacingSeal },
  size: { readonly width: number; readonly height: number },
  words: ViewerWords,
): HTMLElement {
  const picture = h('img', { alt: '', src: strip.seal.picture, draggable: 'false' });
  const part = strip.to - strip.from;
  picture.style.width = `${100 / part}%`;
  picture.style.left = `${(-100 * strip.from) / part}%`;
  const element = h(
    'div',
    {
      class: 'strip',
      role: 'img',
      'aria-label': fill(words.straddle, { name: strip.seal.name, page: String(strip.page + 1) }),
    },
    picture,
  );
  putAt(element, strip, size);
  return element;
}
