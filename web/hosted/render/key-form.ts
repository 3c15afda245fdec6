import type { Boot } from '../boot.ts';
import { h, icon, slot, spin } from '../dom.ts';
import type { KeyRoad } from '../screen/key-road.ts';
import type { NoticeScreen } from '../screen/notices.ts';
import { drawCards } from './cards.ts';
import { drawNotice } from './notice.ts';

/** The UKey road: built once, so that a PIN half typed outlives every change around it. */
export function keyForm(boot: Boot): { element: HTMLElement; pin: HTMLElement; draw(road: KeyRoad): void } {
  const { words } = boot;
  const place = (): HTMLElement => h('div', { class: 'slot' });
  const [top, list, note, pin, submit, out] = [place(), place(), place(), place(), place(), place()];
  const element = h(
    'form',
    { class: 'stage', id: 'key-form', novalidate: true, autocomplete: 'off' },
    top,
    list,
    note,
    pin,
    submit,
    out,
  );
  const drawTop = slot<NoticeScreen | null>(top, (shown) => (shown === null ? [] : [drawNotice(words, shown, true)]));
  const drawList = slot<Pick<KeyRoad, 'head' | 'list' | 'empty' | 'wait' | 'closed'>>(list, (road) =>
    drawKeys(boot, road),
  );
  const drawNote = slot<{ notice: NoticeScreen | null; quiet: boolean }>(note, ({ notice, quiet }) =>
    notice === null ? [] : [drawNotice(words, notice, quiet)],
  );
  const drawSubmit = slot<KeyRoad['submit']>(submit, (shown) =>
    shown === null
      ? []
      : [
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
          ),
        ],
  );
  const drawOut = slot<string>(out, (text) => [
    h(
      'p',
      { class: 'stage__out' },
      h('button', { class: 'link', type: 'button', id: 'cancel', 'data-act': 'cancel', 'data-focus': 'cancel' }, text),
    ),
  ]);
  return {
    element,
    pin,
    draw: (road) => {
      drawTop(road.top);
      drawList({ head: road.head, list: road.list, empty: road.empty, wait: road.wait, closed: road.closed });
      // Set, not rebuilt: the arrow keys' focus is inside the group.
      for (const input of list.querySelectorAll('input')) input.checked = input.value === road.chosen;
      drawNote({ notice: road.notice, quiet: road.submit !== null });
      drawSubmit(road.submit);
      drawOut(words.login.cancel);
    },
  };
}

function drawKeys(boot: Boot, road: Pick<KeyRoad, 'head' | 'list' | 'empty' | 'wait' | 'closed'>): readonly Node[] {
  const { login } = boot.words;
  if (road.closed) {
    const open = h(
      'button',
      { class: 'btn btn--big btn--wide', type: 'button', 'data-act': 'use-key', 'data-focus': 'use-key' },
      icon('usb'),
      login.ukeyRoad,
    );
    return [open, h('p', { class: 'field__hint' }, login.ukeyRoadHint)];
  }
  if (road.wait !== null) return [h('ol', { class: 'checks' }, h('li', { class: 'is-now' }, spin(), road.wait))];
  const again = h(
    'button',
    { class: 'link', type: 'button', 'data-act': 'again', 'data-focus': 'again' },
    icon('refresh', 's'),
    ` ${login.again}`,
  );
  if (road.empty) return [emptyBox(boot)];
  if (road.head === null) return [];
  return [h('div', { class: 'list__head' }, h('span', {}, road.head), again), drawCards(boot.words, road.list)];
}

const emptyBox = (boot: Boot): Node =>
  h(
    'div',
    { class: 'empty empty--box', id: 'empty', role: 'status' },
    icon('usb'),
    h('b', {}, boot.words.login.emptyTitle),
    h('p', {}, boot.words.login.emptyText, h('br'), boot.words.login.emptyMore),
    h('button', { class: 'btn', type: 'button', 'data-act': 'again', 'data-focus': 'again' }, boot.words.login.again),
  );
