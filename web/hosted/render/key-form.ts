import type { Boot } from '../boot.ts';
import { h, slot, spin } from '../dom.ts';
import type { KeyRoad } from '../screen/key-road.ts';
import type { NoticeScreen } from '../screen/notices.ts';
import { drawMissing } from './key-list.ts';
import { drawNotice } from './notice.ts';
import { pinPlace } from './pin.ts';
import type { StageDrawer } from './sheet.ts';

/** The UKey road: built once, so that a PIN half typed outlives every change around it. `drawList` draws what stands above the PIN, `drawBelow` what stands below it all. */
export function keyStage<R extends KeyRoad>(
  boot: Boot,
  drawList: (road: R) => readonly (Node | null)[],
  drawBelow: (road: R) => readonly (Node | null)[] = () => [],
): StageDrawer<{ readonly kind: 'key'; readonly road: R }> {
  const { words } = boot;
  // Pages arrange some of them otherwise, by name.
  const place = (name = ''): HTMLElement => h('div', { class: name === '' ? 'slot' : `slot slot--${name}` });
  const [top, list, miss, note, pinSlot] = [place(), place('list'), place(), place(), place('pin')];
  const [submit, out, below] = [place('submit'), place('out'), place('below')];
  const element = h(
    'form',
    { class: 'stage', id: 'key-form', novalidate: true, autocomplete: 'off' },
    top,
    list,
    miss,
    note,
    pinSlot,
    submit,
    out,
    below,
  );
  const pin = pinPlace(words, pinSlot);
  const drawTop = slot<NoticeScreen | null>(top, (shown) => (shown === null ? [] : [drawNotice(words, shown, true)]));
  const drawAbove = slot<R>(list, drawList);
  const drawUnder = slot<R>(below, drawBelow);
  const drawMiss = slot<KeyRoad['missing']>(miss, (shown) => (shown === null ? [] : [drawMissing(boot, shown)]));
  const drawNote = slot<{ notice: NoticeScreen | null; quiet: boolean }>(note, ({ notice, quiet }) =>
    notice === null ? [] : [drawNotice(words, notice, quiet)],
  );
  const drawSubmit = slot<KeyRoad['submit']>(submit, (shown) => (shown === null ? [] : [submitButton(shown)]));
  const drawOut = slot<string>(out, (text) => [
    h(
      'p',
      { class: 'stage__out' },
      h('button', { class: 'link', type: 'button', id: 'cancel', 'data-act': 'cancel', 'data-focus': 'cancel' }, text),
    ),
  ]);
  return {
    element,
    draw: ({ road }) => {
      drawTop(road.top);
      // Only what the list itself shows: a PIN's hint or a notice must not rebuild the cards under a person's finger.
      const bare = { ...road, top: null, chosen: null, notice: null, pin: null, submit: null, missing: null };
      drawAbove(bare);
      drawMiss(road.missing);
      drawUnder(bare);
      // Set, not rebuilt: the arrow keys' focus is inside the group.
      for (const input of list.querySelectorAll('input')) input.checked = input.value === road.chosen;
      drawNote({ notice: road.notice, quiet: road.submit !== null });
      drawSubmit(road.submit);
      drawOut(words.key.cancel);
      pin.draw(road.pin);
    },
    take: pin.take,
    focus: pin.focus,
  };
}

const submitButton = (shown: { readonly text: string; readonly busy: boolean }): Node =>
  h(
    'button',
    {
      class: 'btn btn--primary btn--big btn--wide',
      type: 'submit',
      id: 'submit',
      disabled: shown.busy,
      'data-focus': 'submit',
    },
    shown.busy ? spin() : null,
    shown.text,
  );
