import { h } from '../../dom.ts';
import { createArmedSeal } from './armed.ts';
import { createPlacedSeals } from './placed.ts';
import { readerWith } from './reader.ts';
import { createStraddle } from './straddle.ts';
import type { PreviewMode, Viewer, ViewerOptions } from './types.ts';

export type * from './types.ts';

/** The document with seals on it: they are put down, moved and removed here, and stand where the hub will print them. */
export function createViewer(host: HTMLElement, options: ViewerOptions): Viewer {
  const { words } = options;
  let mode: PreviewMode = 'place';
  const voice = h('div', { class: 'pages__voice', role: 'status', 'aria-live': 'polite' });
  const say = (text: string) => {
    voice.textContent = text;
  };

  const straddle = createStraddle(words);
  const seals = createPlacedSeals({ ...options, leaves: () => leaves, mode: () => mode, say });
  const { reader, leaves } = readerWith(
    host,
    {
      ...options,
      onPages: (sizes) => {
        straddle.spread(sizes);
        options.onPages?.(sizes);
      },
    },
    (leaf) => {
      seals.paint(leaf);
      const size = leaves.sizes[leaf.page];
      if (size !== undefined) straddle.paint(leaf, size, mode !== 'plain');
    },
  );
  const hand = createArmedSeal({
    ...options,
    ...{ leaves, mode: () => mode, say, putDown: seals.putDown },
    pressedBeside: () => seals.select(null),
  });
  host.append(voice, hand.ghost);

  const viewer: Omit<Viewer, 'scale' | 'pages' | 'page'> = {
    open: (source, printed = []) => {
      straddle.printed(printed, leaves.document);
      seals.printed(printed);
      leaves.repaint();
      return reader.open(source);
    },
    goTo: reader.goTo,
    reveal: reader.reveal,
    zoom: reader.zoom,
    findKeyword: reader.findKeyword,
    highlight: reader.highlight,
    textOf: reader.textOf,
    arm: hand.arm,
    dragFrom: hand.dragFrom,
    place: (at) => seals.place([at])[0] ?? null,
    placeAll: seals.place,
    select: seals.show,
    remove: seals.takeOff,
    clear: seals.clear,
    places: () => [...seals.list()],
    straddle: (seal, groups) => {
      straddle.set(seal, groups, leaves.sizes);
      leaves.repaint();
    },
    setPreview: (next) => {
      mode = next;
      if (mode !== 'place') {
        hand.arm(null);
        seals.select(null);
      }
      leaves.repaint();
    },
    close: () => {
      voice.remove();
      hand.ghost.remove();
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
