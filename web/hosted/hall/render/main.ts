import { fill } from '../../boot.ts';
import { h, icon } from '../../dom.ts';
import { hourText } from '../../time.ts';
import type { HallBoot } from '../hall-desk.ts';
import type { BoardScreen, RowScreen } from '../screen/board.ts';
import type { CalmScreen, HallScreen, HeadScreen, SeatScreen } from '../screen/screen.ts';

export const drawHead = (head: HeadScreen | null, seat: SeatScreen | null): readonly (Node | null)[] =>
  head === null
    ? []
    : [
        h(
          'div',
          { class: 'hall__top' },
          h(
            'p',
            { class: 'hall__place' },
            head.place.map((part) => h('span', { class: 'nb' }, part)),
          ),
          seat === null ? null : seatLine(seat),
        ),
        h('h1', { class: 'hall__t', id: 'title' }, head.title),
      ];

const seatLine = (seat: SeatScreen): Node =>
  h(
    'p',
    { class: 'hall__seat' },
    seat.text === '' ? null : h('span', { id: 'seat' }, seat.text),
    h(
      'button',
      {
        class: seat.act === 'enter' ? 'btn btn--s' : 'link',
        type: 'button',
        'data-act': seat.act,
        'data-focus': 'seat',
        title: seat.hint === '' ? null : seat.hint,
      },
      seat.label,
    ),
  );

/** Before anything may be told: what comes next, and how bidders come in. */
export function drawCalm(boot: HallBoot, calm: CalmScreen): readonly (Node | null)[] {
  const { hall: words } = boot;
  return [
    h('p', { class: 'calm__text' }, calm.text),
    calm.lots.length === 0
      ? null
      : h(
          'ul',
          { class: 'calm__lots' },
          calm.lots.map((lot) =>
            h(
              'li',
              {},
              h('span', { class: 'code dim' }, lot.code),
              h('span', {}, lot.name),
              lot.note === '' ? null : h('span', { class: 'tag is-warn' }, lot.note),
            ),
          ),
        ),
    h(
      'div',
      { class: 'calm' },
      calm.flow.length === 0
        ? null
        : h(
            'div',
            { class: 'calm__flow' },
            h('h2', {}, words.flow),
            h(
              'ol',
              {},
              calm.flow.map((step, n) =>
                h(
                  'li',
                  { class: `is-${step.at}` },
                  h('span', { class: 'calm__n num' }, step.at === 'ok' ? icon('ok') : String(n + 1)),
                  h('span', {}, step.text),
                ),
              ),
            ),
          ),
      calm.join
        ? h(
            'div',
            { class: 'calm__join not-phone' },
            h('h2', {}, words.join),
            h('img', {
              src: `data:image/svg+xml,${encodeURIComponent(boot.qrSvg)}`,
              alt: boot.url,
              width: '168',
              height: '168',
            }),
            h('p', { class: 'calm__url' }, fill(words.joinHint, { url: boot.url })),
          )
        : null,
    ),
  ];
}

export function drawBoard(boot: HallBoot, board: BoardScreen): readonly (Node | null)[] {
  const { hall: words } = boot;
  if (board.bar.n === 0) return [h('div', { class: 'empty empty--box' }, icon('file'), h('b', {}, words.none))];
  return [
    h(
      'div',
      { class: 'tally' },
      board.tally.map((one) =>
        h(
          'span',
          { class: one.tone === '' ? '' : `is-${one.tone}` },
          h('b', { class: 'num' }, String(one.n)),
          one.word,
        ),
      ),
      h('span', { class: 'push' }, board.total),
    ),
    bar(board),
    ...board.groups.flatMap((group) => [
      group.head === '' ? null : h('h2', { class: 'board__lot' }, group.head),
      h('ol', { class: `board${board.dense ? ' board--dense' : ''}`, 'aria-live': 'polite' }, group.rows.map(row)),
    ]),
  ];
}

function bar(board: BoardScreen): Node {
  const part = (name: string, of: number): HTMLElement | null => {
    if (of === 0) return null;
    const piece = h('i', { class: `is-${name}` });
    piece.style.width = `${(of / board.bar.n) * 100}%`;
    return piece;
  };
  return h(
    'div',
    { class: 'progress hall__progress', role: 'img', 'aria-label': board.label },
    part('ok', board.bar.opened),
    part('run', board.bar.working),
    part('bad', board.bar.failed),
  );
}

const row = (one: RowScreen): Node =>
  h(
    'li',
    { 'data-bid': one.bid },
    h('span', { class: 'dim num' }, one.place),
    h('span', { class: 'board__who' }, one.bidder),
    h('span', { class: `st is-${one.tone}` }, icon(one.icon), one.word),
    h(
      'span',
      { class: 'board__why' },
      one.party === '' ? null : h('b', {}, one.party),
      one.party === '' ? null : '　',
      one.why,
      one.said === '' ? null : h('span', { class: 'board__said' }, one.said),
      one.evidence === ''
        ? null
        : h(
            'button',
            {
              class: 'link',
              type: 'button',
              'data-act': 'evidence',
              'data-value': one.bid,
              'data-focus': `e-${one.bid}`,
            },
            one.evidence,
          ),
    ),
  );

export const drawTools = (screen: Pick<HallScreen, 'tools' | 'log'>, logHead: string): readonly (Node | null)[] => [
  screen.tools.length === 0
    ? null
    : h(
        'div',
        { class: 'hall__tools' },
        screen.tools.map((one) =>
          h(
            'button',
            {
              class: 'btn',
              type: 'button',
              'data-act': one.act,
              'data-value': one.value,
              'data-focus': `tool-${one.act}-${one.value}`,
            },
            one.label,
          ),
        ),
      ),
  screen.log.length === 0
    ? null
    : h(
        'details',
        { class: 'hall__log' },
        h('summary', {}, logHead),
        h(
          'ol',
          { class: 'timeline' },
          screen.log.map((one) =>
            h(
              'li',
              { class: `is-${one.tone}` },
              h('time', {}, hourText(one.at, true)),
              h('span', { class: 'timeline__p' }),
              h('div', {}, one.text),
            ),
          ),
        ),
      ),
];
