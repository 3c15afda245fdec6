import { h, icon, spin } from '../../dom.ts';
import type { HallBoot } from '../hall-desk.ts';
import type { BarAct, MineScreen, MyBidScreen } from '../screen/mine.ts';

/** A bidder's own part: his bids, the key he needs, his next deed at the lower edge. */
export const drawMine = (mine: MineScreen): readonly (Node | null)[] => [
  ...mine.bids.map(bid),
  mine.others === '' ? null : h('p', { class: 'small dim' }, mine.others),
];

const bid = (one: MyBidScreen): Node =>
  h(
    'section',
    { class: 'mine__bid', 'data-bid': one.bid },
    one.lot === '' ? null : h('h2', {}, one.lot),
    neededList(one.neededHead, one.needed),
    one.checks.length === 0 ? null : h('ul', { class: 'checks' }, one.checks.map(check)),
    one.steps.length === 0 ? null : h('ol', { class: 'timeline' }, one.steps.map(step)),
    one.statement === null
      ? null
      : h('p', {}, h('a', { class: 'btn', href: one.statement.href }, icon('down'), one.statement.label)),
  );

const check = (one: MyBidScreen['checks'][number]): Node =>
  h(
    'li',
    { class: one.at === 'waiting' ? '' : `is-${one.at}` },
    one.at === 'ok'
      ? icon('ok')
      : one.at === 'bad'
        ? icon('bad')
        : one.at === 'now'
          ? spin()
          : h('span', { class: 'dot' }),
    one.text,
  );

const step = (one: MyBidScreen['steps'][number]): Node =>
  h(
    'li',
    { class: one.done ? 'is-ok' : '' },
    h('time', {}, one.time),
    h('span', { class: 'timeline__p' }),
    h('div', {}, h('b', {}, one.title), one.note),
  );

export const neededList = (head: string, needed: MyBidScreen['needed']): Node | null =>
  needed.length === 0
    ? null
    : h(
        'div',
        { class: 'needs' },
        h('p', { class: 'needs__t' }, head),
        needed.map((one) =>
          h(
            'div',
            { class: 'cert cert--flat' },
            h(
              'span',
              { class: 'cert__body' },
              h('span', { class: 'cert__medium' }, icon('usb', 'l')),
              h(
                'span',
                { class: 'cert__main' },
                h('span', { class: 'cert__holder' }, one.holder),
                h('br'),
                h(
                  'span',
                  { class: 'cert__meta' },
                  one.meta.map((part) => h('span', {}, part)),
                ),
              ),
              h(
                'span',
                { class: `cert__days${one.word === '' ? '' : ' is-warn'}` },
                one.word === '' ? null : h('span', {}, one.word),
                one.word === '' ? null : h('br'),
                one.date,
              ),
            ),
          ),
        ),
      );

export const drawDeeds = (boot: HallBoot, mine: MineScreen): readonly (Node | null)[] => {
  if (mine.primary === null && mine.more.length === 0 && mine.support === '') return [];
  return [
    mine.primary === null ? null : deed(mine.primary, 'btn btn--primary btn--big btn--wide'),
    h(
      'div',
      { class: 'row mine__more' },
      mine.more.map((one) => deed(one, 'btn btn--quiet')),
      mine.support === ''
        ? null
        : h('span', { class: 'support' }, `${boot.words.site.support} `, h('b', {}, mine.support)),
    ),
  ];
};

const deed = (one: BarAct, style: string): Node =>
  h(
    'button',
    {
      class: style,
      type: 'button',
      'data-act': one.act,
      'data-value': one.value,
      'data-focus': `deed-${one.act}-${one.value}`,
    },
    one.icon === null ? null : icon(one.icon),
    one.label,
  );
