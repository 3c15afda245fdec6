import { fill } from '../../boot.ts';
import { h, icon, slot, spin } from '../../dom.ts';
import type { KeywordScreen, StraddleScreen, ToolsScreen } from '../screen/left.ts';
import type { SignBoot } from '../sign-desk.ts';

export type StraddleFields = Readonly<Record<'from' | 'to' | 'centre' | 'each', string>>;

/** The three ways to put a seal down. Built once: what somebody types outlives every change around it. */
export function createTools(boot: SignBoot): {
  readonly element: HTMLElement;
  draw(screen: ToolsScreen | null): void;
  keyword(): string;
  straddle(): StraddleFields;
} {
  const { ways } = boot.sign;
  const seg = h('div');
  const drag = h('div', { class: 'tool' });
  const words = h('input', {
    class: 'input',
    id: 'keyword',
    type: 'text',
    maxlength: '60',
    autocomplete: 'off',
    placeholder: ways.keywordPlaceholder,
    enterkeyhint: 'search',
  });
  const count = h('small', { id: 'hits', role: 'status' });
  const found = h('div', { class: 'slot' });
  const keyword = h(
    'div',
    { class: 'tool' },
    h('label', { class: 'field__label', for: 'keyword' }, ways.keywordLabel, count),
    h(
      'div',
      { class: 'seek' },
      words,
      h('button', { class: 'btn', type: 'button', 'data-act': 'find', 'data-focus': 'find' }, ways.find),
    ),
    found,
  );
  const edges = createEdges(boot);
  const element = h(
    'div',
    { class: 'tools' },
    h('h2', { class: 'pane__t' }, ways.title),
    seg,
    drag,
    keyword,
    edges.element,
  );
  const drawSeg = slot<ToolsScreen['way']>(seg, (way) => [segment(boot, way)]);
  const drawDrag = slot<Pick<ToolsScreen, 'touch' | 'hasSeal'>>(drag, (shown) => dragPart(boot, shown));
  const drawFound = slot<KeywordScreen>(found, (shown) => foundPart(boot, shown));
  const drawCount = slot<string>(count, (text) => [text]);
  return {
    element,
    draw: (screen) => {
      element.hidden = screen === null;
      if (screen === null) return;
      drawSeg(screen.way);
      drag.hidden = screen.way !== 'drag';
      keyword.hidden = screen.way !== 'keyword';
      edges.element.hidden = screen.way !== 'straddle';
      drawDrag({ touch: screen.touch, hasSeal: screen.hasSeal });
      drawCount(screen.keyword.count);
      drawFound(screen.keyword);
      edges.draw(screen.straddle);
    },
    keyword: () => words.value,
    straddle: edges.fields,
  };
}

function segment(boot: SignBoot, way: ToolsScreen['way']): Node {
  const { ways } = boot.sign;
  const one = (name: ToolsScreen['way'], text: string): Node =>
    h(
      'button',
      {
        type: 'button',
        'data-act': 'way',
        'data-value': name,
        'data-focus': `way-${name}`,
        'aria-pressed': way === name ? 'true' : 'false',
      },
      text,
    );
  return h(
    'div',
    { class: 'seg', role: 'group', 'aria-label': ways.title },
    one('drag', ways.drag),
    one('keyword', ways.keyword),
    one('straddle', ways.straddle),
  );
}

const dragPart = (boot: SignBoot, { touch, hasSeal }: Pick<ToolsScreen, 'touch' | 'hasSeal'>): readonly Node[] => [
  h('p', { class: 'tool__hint' }, touch ? boot.sign.ways.dragTouch : boot.sign.ways.dragHint),
  ...(hasSeal
    ? [
        h(
          'button',
          { class: 'btn btn--s', type: 'button', 'data-act': 'here', 'data-focus': 'here' },
          icon('seal', 's'),
          boot.sign.ways.here,
        ),
      ]
    : []),
];

function foundPart(boot: SignBoot, shown: KeywordScreen): readonly (Node | null)[] {
  const { ways } = boot.sign;
  if (shown.busy) return [h('ol', { class: 'checks' }, h('li', { class: 'is-now' }, spin(), ways.finding))];
  if (!shown.searched) return [];
  if (shown.hits.length === 0) return [h('p', { class: 'tool__hint', role: 'status' }, ways.noHits)];
  return [
    h(
      'ul',
      { class: 'hits', tabindex: shown.hits.length > 5 ? '0' : null, 'aria-label': shown.count },
      shown.hits.map(hit(boot)),
    ),
    h(
      'div',
      { class: 'row' },
      shown.place === ''
        ? null
        : h(
            'button',
            { class: 'btn tool__do', type: 'button', 'data-act': 'place-hits', 'data-focus': 'place-hits' },
            shown.place,
          ),
      h('button', { class: 'btn btn--quiet', type: 'button', 'data-act': 'clear-hits' }, ways.clear),
    ),
  ];
}

const hit =
  (boot: SignBoot) =>
  (one: KeywordScreen['hits'][number]): Node =>
    h(
      'li',
      { class: one.on ? 'is-on' : '' },
      h(
        'button',
        {
          type: 'button',
          class: 'hit',
          'data-act': 'hit',
          'data-value': String(one.nth),
          'data-focus': `hit-${one.nth}`,
          'aria-pressed': one.on ? 'true' : 'false',
        },
        one.on ? icon('ok') : h('span', { class: 'dot' }),
        h('span', { class: 'num' }, one.page),
        h('span', { class: 'hit__text' }, one.before, h('mark', {}, one.text), one.after),
        h('span', { class: 'hit__side' }, one.on ? boot.sign.ways.right : boot.sign.ways.dropped),
      ),
    );

/** 骑缝: which pages, how high, how many pages a seal. */
function createEdges(boot: SignBoot) {
  const { ways } = boot.sign;
  const number = (id: string): HTMLInputElement =>
    h('input', { class: 'input', id, type: 'number', inputmode: 'numeric', step: id === 'edge-centre' ? '0.5' : '1' });
  const [from, to, centre, each] = [number('edge-from'), number('edge-to'), number('edge-centre'), number('edge-each')];
  const field = (input: HTMLInputElement, text: string): Node =>
    h('div', { class: 'edge' }, h('label', { for: input.id }, text), input);
  const picture = h('div', { class: 'slot' });
  const hint = h('p', { class: 'tool__hint' });
  const act = h('div', { class: 'slot' });
  const form = h(
    'div',
    { class: 'edges' },
    field(from, ways.straddleFrom),
    field(to, ways.straddleTo),
    field(centre, ways.straddleCentre),
    field(each, ways.straddleEach),
  );
  const none = h('p', { class: 'tool__hint' }, ways.straddleOne);
  const element = h('div', { class: 'tool' }, none, picture, form, hint, act);
  const drawPicture = slot<Pick<StraddleScreen, 'picture' | 'from' | 'to'>>(picture, (shown) => [cutting(boot, shown)]);
  const drawAct = slot<boolean>(act, (placed) => [
    h(
      'button',
      { class: 'btn tool__do', type: 'button', 'data-act': 'straddle', 'data-focus': 'straddle' },
      placed ? ways.straddleChange : ways.straddlePlace,
    ),
  ]);
  const set = (input: HTMLInputElement, value: number, least: number, most: number): void => {
    input.min = String(least);
    input.max = String(most);
    if (document.activeElement !== input) input.value = String(value);
  };
  return {
    element,
    draw: (shown: StraddleScreen | null): void => {
      none.hidden = shown !== null;
      for (const one of [picture, form, hint, act]) one.hidden = shown === null;
      if (shown === null) return;
      set(from, shown.from, 1, shown.pages - 1);
      set(to, shown.to, 2, shown.pages);
      set(centre, shown.centre, 1, 2000);
      set(each, shown.each, 3, 500);
      drawPicture({ picture: shown.picture, from: shown.from, to: shown.to });
      hint.textContent = shown.grouped ? fill(ways.straddleEachHint, { n: String(shown.groups) }) : '';
      hint.hidden = !shown.grouped;
      drawAct(shown.placed);
    },
    fields: (): StraddleFields => ({ from: from.value, to: to.value, centre: centre.value, each: each.value }),
  };
}

const MOST_DRAWN = 6;
/** Pixels, as in sign.css. */
const STRIP_HEIGHT = 42;

/** The first pages of the range, each with its strip. */
function cutting(boot: SignBoot, shown: Pick<StraddleScreen, 'picture' | 'from' | 'to'>): Node {
  const n = shown.to - shown.from + 1;
  const drawn = Math.min(n, MOST_DRAWN);
  const parts = Math.min(n, MOST_DRAWN);
  return h(
    'div',
    { class: 'cutting', role: 'img', 'aria-label': fill(boot.sign.ways.straddlePicture, { n: String(n) }) },
    Array.from({ length: drawn }, (_, at) => {
      const picture = h('img', { src: shown.picture, alt: '' });
      picture.style.width = `${parts * 100}%`;
      picture.style.left = `${-at * 100}%`;
      const strip = h('span', { class: 'cutting__strip' }, picture);
      strip.style.width = `${STRIP_HEIGHT / parts}px`;
      return h(
        'span',
        { class: 'cutting__page', 'aria-hidden': 'true' },
        strip,
        h('i', {}, at === drawn - 1 && n > drawn ? '…' : String(shown.from + at)),
      );
    }),
  );
}
