import { fill } from '../../boot.ts';
import type { OpenDocument } from './document.ts';
import { follow } from './drag.ts';
import { inside, standing } from './geometry.ts';
import { isBefore, type Leaf } from './leaf.ts';
import type { Leaves } from './leaves.ts';
import { putAt } from './reader.ts';
import { createStamp, dress, told } from './stamp.ts';
import type { PlaceAt, PlacedSeal, PreviewMode, ViewerOptions } from './types.ts';

/** Fractions of a millimetre that the arrow keys move. */
const STEP = 1;
const FINE = 0.2;

export interface PlacedSealsOptions extends Pick<ViewerOptions, 'words' | 'onPlaces' | 'onSelect'> {
  readonly leaves: () => Leaves;
  readonly mode: () => PreviewMode;
  /** Read out. */
  readonly say: (text: string) => void;
}

/** The seals that lie on the pages: moved by hand and key, chosen, taken off. */
export interface PlacedSeals {
  readonly list: () => readonly PlacedSeal[];
  /** Those that stand now; one that is larger than its page is left out. */
  place(all: readonly PlaceAt[]): readonly PlacedSeal[];
  /** Put down by the person himself: chosen, in focus, read out. */
  putDown(at: PlaceAt): void;
  select(id: string | null): void;
  /** Chosen, and brought into view. */
  show(id: string | null): void;
  takeOff(id: string): void;
  /** Places of these seals are part of the pages from the next document on. */
  printed(seals: readonly string[]): void;
  /** All of one seal, or all. */
  clear(sealId?: string): void;
  paint(leaf: Leaf): void;
}

export function createPlacedSeals(options: PlacedSealsOptions): PlacedSeals {
  const { words, leaves, mode, say } = options;
  let places: readonly PlacedSeal[] = [];
  /** Printed in the version that is being opened: they lie over the pages of the one before. */
  let leaving: { readonly places: readonly PlacedSeal[]; readonly before: OpenDocument | null } = {
    places: [],
    before: null,
  };
  let selected: string | null = null;
  let count = 0;

  const sizeOf = (page: number) => leaves().sizes[page];
  const find = (id: string) => places.find((place) => place.id === id);
  const changed = () => options.onPlaces?.([...places]);
  const unfocus = () => leaves().scroller.focus({ preventScroll: true });

  function paint(leaf: Leaf): void {
    const size = sizeOf(leaf.page);
    if (size === undefined) return;
    const present = mode() === 'plain' ? [] : places;
    const before = isBefore(leaf, leaving.before) ? leaving.places : [];
    const mine = [...present, ...before].filter((place) => place.page === leaf.page);
    const old = new Map(
      [...leaf.over.querySelectorAll<HTMLElement>('.placed')].map((element) => [element.dataset['id'] ?? '', element]),
    );
    for (const [id, element] of old) if (!mine.some((place) => place.id === id)) element.remove();
    for (const place of mine) {
      const element = old.get(place.id) ?? createStamp(place, words, { takeOff, select, onKey, pick });
      if (element.parentElement !== leaf.over) leaf.over.append(element);
      putAt(element, place, size);
      dress(element, place, { words, on: selected === place.id, locked: mode() !== 'place' || before.includes(place) });
    }
  }

  function select(id: string | null): void {
    if (selected === id) return;
    selected = id;
    leaves().repaint();
    options.onSelect?.(id);
  }

  /** Puts a place in the list and the picture; `next` undefined takes it away. */
  function update(id: string, next: PlacedSeal | undefined): void {
    places =
      next === undefined
        ? places.filter((place) => place.id !== id)
        : places.map((place) => (place.id === id ? next : place));
    leaves().repaint();
  }

  /** Moves the upper left corner; never over the page's edge. */
  function moved(place: PlacedSeal, x: number, y: number, page = place.page): PlacedSeal {
    const size = sizeOf(page);
    if (size === undefined || place.width > size.width || place.height > size.height) return place;
    return { ...place, page, x: inside(x, size.width - place.width), y: inside(y, size.height - place.height) };
  }

  function takeOff(id: string): void {
    const place = find(id);
    if (place === undefined || mode() !== 'place') return;
    update(id, undefined);
    if (selected === id) select(null);
    say(fill(words.removed, { name: place.seal.name }));
    unfocus();
    changed();
  }

  function onKey(id: string, event: KeyboardEvent): void {
    const place = find(id);
    if (place === undefined || mode() !== 'place' || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      event.stopPropagation();
      takeOff(id);
      return;
    }
    if (event.key === 'Escape') {
      select(null);
      unfocus();
      return;
    }
    const next = byKey(place, event.key, event.shiftKey ? FINE : STEP);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (next.x === place.x && next.y === place.y && next.page === place.page) return;
    update(id, next);
    if (next.page !== place.page) {
      leaves().reveal({ page: next.page, x: next.x, y: next.y });
      focus(id);
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

  function focus(id: string): void {
    const place = find(id);
    const leaf = place && leaves().leaf(place.page);
    const element = leaf?.over.querySelector<HTMLElement>(`.placed[data-id="${CSS.escape(id)}"]`);
    element?.focus({ preventScroll: true });
  }

  /** A placed seal follows the pointer; over another page it is that page's. */
  function pick(id: string, event: PointerEvent): void {
    const place = find(id);
    const at = leaves().under(event.clientX, event.clientY);
    if (place === undefined || at === null || mode() !== 'place') return;
    event.preventDefault();
    focus(id);
    select(id);
    const grip = { x: at.x - place.x, y: at.y - place.y };
    follow(leaves(), event, {
      move: (to) => {
        const here = find(id);
        if (here === undefined) return;
        const next = moved(here, to.x - grip.x, to.y - grip.y, to.page);
        if (next === here) return;
        update(id, next);
        if (next.page !== here.page) focus(id);
      },
      end: (went) => {
        if (!went) return;
        const now = find(id);
        if (now !== undefined) say(fill(words.placed, told(now)));
        changed();
      },
      cancel: () => update(id, place),
    });
  }

  function place(all: readonly PlaceAt[]): readonly PlacedSeal[] {
    const before = places;
    const stand = all.flatMap((at) => placeOne(at) ?? []);
    if (places !== before) {
      leaves().repaint();
      changed();
    }
    return stand;
  }

  function placeOne(at: PlaceAt): PlacedSeal | null {
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
    return placed;
  }

  return {
    list: () => places,
    place,
    putDown: (at) => {
      const [placed] = place([at]);
      if (placed === undefined) return;
      select(placed.id);
      focus(placed.id);
      say(fill(words.placed, told(placed)));
    },
    select,
    show: (id) => {
      select(id);
      const chosen = id === null ? undefined : find(id);
      if (chosen === undefined) return;
      leaves().reveal({ page: chosen.page, x: chosen.x + chosen.width / 2, y: chosen.y + chosen.height / 2 });
      focus(chosen.id);
    },
    takeOff,
    printed: (seals) => {
      const gone = places.filter((place) => seals.includes(place.seal.id));
      const before = leaves().document;
      leaving = { places: [...(leaving.before === before ? leaving.places : []), ...gone], before };
      if (gone.length === 0) return;
      places = places.filter((place) => !gone.includes(place));
      if (selected !== null && find(selected) === undefined) select(null);
      leaves().repaint();
      changed();
    },
    clear: (sealId) => {
      if (mode() !== 'place') return;
      places = sealId === undefined ? [] : places.filter((one) => one.seal.id !== sealId);
      if (selected !== null && find(selected) === undefined) select(null);
      leaves().repaint();
      changed();
    },
    paint,
  };
}
