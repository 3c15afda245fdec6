import { h, icon, spin } from '../../dom.ts';
import type { SideScreen } from '../screen/side.ts';

/** The night-blue column: clock, custodians, the record's digest. */
export function drawSide(side: SideScreen): readonly (Node | null)[] {
  return [
    h(
      'div',
      { class: 'row hall__brand' },
      h('span', { class: 'brand' }, mark(), side.brand),
      h('span', { class: 'hall__sub num push', 'data-timer': '{now}', 'aria-live': 'off' }),
    ),
    clockBlock(side),
    keysBlock(side),
    side.digest === '' ? null : h('p', { class: 'hall__sub hall__digest not-phone' }, side.digest),
  ];
}

function mark(): Node {
  const SVG = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'brand__mark');
  svg.setAttribute('viewBox', '0 0 30 22');
  svg.setAttribute('aria-hidden', 'true');
  const circle = document.createElementNS(SVG, 'circle');
  for (const [name, value] of [
    ['cx', '11'],
    ['cy', '11'],
    ['r', '8'],
  ] as const)
    circle.setAttribute(name, value);
  const arc = document.createElementNS(SVG, 'path');
  arc.setAttribute('d', 'M15.3 4.200A8 8 0 1 1 15.3 17.800');
  svg.append(circle, arc);
  return svg;
}

function clockBlock(side: SideScreen): Node {
  const { clock } = side;
  return h(
    'div',
    { class: 'hall__time' },
    h('p', { class: 'hall__phase', id: 'phase' }, side.phase),
    clock === null
      ? null
      : clock.until === null
        ? h('p', { class: 'hall__clock num' }, clock.text)
        : h('p', {
            class: 'hall__clock num',
            role: 'timer',
            'aria-live': 'off',
            'data-timer': '{clock}',
            'data-until': String(clock.until),
          }),
    side.window === null
      ? null
      : h(
          'div',
          { class: 'progress hall__bar', 'data-span': `${side.window.from} ${side.window.to}`, 'aria-hidden': 'true' },
          h('i'),
        ),
    side.since === null
      ? null
      : h('p', {
          class: 'hall__sub num',
          'aria-live': 'off',
          'data-timer': side.since.text,
          'data-since': String(side.since.from),
        }),
    side.under.map((line) => h('p', { class: 'hall__sub num' }, line)),
  );
}

const keysBlock = (side: SideScreen): Node =>
  h(
    'div',
    { class: 'hall__keys' },
    h(
      'p',
      { class: 'hall__phase' },
      side.keysHead === '' ? null : `${side.keysHead}　`,
      h('span', { class: 'num' }, side.keysCount),
    ),
    h(
      'ul',
      { class: 'keys' },
      side.keys.map((one) =>
        h(
          'li',
          { class: one.look === '' ? '' : `is-${one.look}` },
          icon(one.icon),
          h('span', {}, one.title),
          h('span', { class: 'num' }, one.word),
        ),
      ),
    ),
    side.does.map((one) =>
      h(
        'button',
        {
          class: 'btn btn--big btn--wide hall__deed',
          type: 'button',
          'data-act': one.act,
          'data-focus': `deed-${one.act}`,
          disabled: one.busy,
        },
        one.busy ? spin() : null,
        one.label,
      ),
    ),
    side.rule === '' ? null : h('p', { class: 'hall__sub hall__rule not-phone' }, side.rule),
  );
