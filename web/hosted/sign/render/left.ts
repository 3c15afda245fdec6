import { h, icon, slot } from '../../dom.ts';
import type { FileScreen, StageStep } from '../screen/file.ts';
import type { LeftScreen, PlacedScreen, SealScreen, SealsScreen } from '../screen/left.ts';
import type { SignBoot } from '../sign-desk.ts';
import { createTools, type StraddleFields } from './tools.ts';

export interface LeftPane {
  draw(screen: LeftScreen): void;
  keyword(): string;
  straddle(): StraddleFields;
}

/** The left pane: seals and where they go; below, what is signed. Fields in which a person types are built once. */
export function createLeft(boot: SignBoot, place: HTMLElement): LeftPane {
  const part = (more = ''): HTMLElement => h('div', { class: `slot${more}` });
  const [seals, placed, file, way] = [part(), part(), part(' slot--file'), part()];
  const tools = createTools(boot);
  place.replaceChildren(seals, tools.element, placed, file, way);
  const drawSeals = slot<SealsScreen | null>(seals, (shown) => (shown === null ? [] : sealsPart(boot, shown)));
  const drawPlaced = slot<PlacedScreen | null>(placed, (shown) => (shown === null ? [] : placedPart(boot, shown)));
  const drawFile = slot<FileScreen | null>(file, (shown) => (shown === null ? [] : filePart(boot, shown)));
  const drawWay = slot<readonly StageStep[] | null>(way, (shown) => (shown === null ? [] : stepsPart(boot, shown)));
  return {
    draw: (screen) => {
      drawSeals(screen.seals);
      tools.draw(screen.tools);
      drawPlaced(screen.placed);
      drawFile(screen.file);
      drawWay(screen.steps);
    },
    keyword: tools.keyword,
    straddle: tools.straddle,
  };
}

function sealsPart(boot: SignBoot, shown: SealsScreen): readonly (Node | null)[] {
  const { seals: words } = boot.sign;
  const head = paneHead(words.title, shown.whose);
  if (shown.empty !== null) return [head, emptySeals(boot, shown.empty), invisibleButton(boot, shown)];
  return [
    head,
    h(
      'ul',
      { class: 'seals' },
      shown.list.map((seal) => h('li', {}, sealButton(seal, shown))),
    ),
    invisibleButton(boot, shown),
  ];
}

const paneHead = (title: string, aside: readonly string[]): Node =>
  h(
    'h2',
    { class: 'pane__t' },
    title,
    ' ',
    h(
      'small',
      {},
      aside.filter((text) => text !== '').flatMap((text, at) => (at === 0 ? [text] : [h('i', { class: 'sep' }), text])),
    ),
  );

function sealButton(seal: SealScreen, { locked }: SealsScreen): Node {
  const meta = (text: string, tone = 'dim'): Node | null => (text === '' ? null : h('span', { class: tone }, text));
  return h(
    'button',
    {
      class: `seal${seal.on ? ' is-on' : ''}${seal.off ? ' is-off' : ''}`,
      type: 'button',
      'data-act': 'seal',
      'data-value': seal.id,
      'data-focus': `seal-${seal.id}`,
      'aria-pressed': seal.on ? 'true' : 'false',
      disabled: seal.off || locked,
    },
    h('img', { src: seal.picture, alt: '', width: '64', height: '64', draggable: 'false' }),
    h(
      'span',
      { class: 'seal__text' },
      h('b', {}, seal.name),
      seal.off ? meta(seal.why, 'seal__why') : meta(`${seal.date}`),
      seal.off ? null : meta(seal.size),
      meta(seal.image, 'seal__image'),
      seal.placed === '' ? null : h('span', { class: 'tag is-info' }, seal.placed),
    ),
  );
}

function emptySeals(boot: SignBoot, text: string): Node {
  const { seals: words } = boot.sign;
  return h(
    'div',
    { class: 'empty empty--box', id: 'no-seal', role: 'status' },
    icon('seal'),
    h('b', {}, words.emptyTitle),
    h('p', {}, text),
    h('button', { class: 'btn', type: 'button', 'data-act': 'change', 'data-focus': 'change' }, words.change),
  );
}

const invisibleButton = (boot: SignBoot, { invisible, locked }: SealsScreen): Node =>
  h(
    'label',
    { class: 'tick' },
    h('input', {
      type: 'checkbox',
      id: 'invisible',
      checked: invisible,
      disabled: locked,
      'data-focus': 'invisible',
      'aria-describedby': invisible ? 'invisible-hint' : null,
    }),
    h('span', {}, boot.sign.seals.invisible),
    invisible ? h('small', { id: 'invisible-hint' }, boot.sign.seals.invisibleHint) : null,
  );

function placedPart(boot: SignBoot, shown: PlacedScreen): readonly (Node | null)[] {
  const { placed: words } = boot.sign;
  return [
    paneHead(words.title, [shown.count]),
    shown.said === ''
      ? null
      : h('p', { class: 'field__hint', role: 'status' }, icon('info', 's'), h('span', {}, shown.said)),
    shown.choice
      ? h(
          'div',
          { class: 'row stamps__choice' },
          h(
            'button',
            { class: 'btn btn--s', type: 'button', 'data-act': 'plan-theirs', 'data-focus': 'theirs' },
            words.theirs,
          ),
          h(
            'button',
            { class: 'btn btn--s', type: 'button', 'data-act': 'plan-mine', 'data-focus': 'mine' },
            words.mine,
          ),
        )
      : null,
    shown.list.length === 0
      ? h('p', { class: 'small dim' }, words.none)
      : h(
          'ul',
          { class: 'stamps', tabindex: shown.list.length > 8 ? '0' : null, 'aria-label': words.title },
          shown.list.map((one) => stamp(boot, one, shown.locked)),
        ),
  ];
}

const filled = (text: string, one: { name: string; where: string }): string =>
  text.replace('{name}', one.name).replace('{where}', one.where);

const stamp = (boot: SignBoot, one: PlacedScreen['list'][number], locked: boolean): Node =>
  h(
    'li',
    {},
    h(
      'button',
      {
        class: 'stamps__show',
        type: 'button',
        'data-act': 'show',
        'data-value': one.id,
        'data-focus': `show-${one.id}`,
        'aria-label': filled(boot.sign.placed.show, one),
      },
      h('span', { class: 'dot is-on' }),
      h('span', { class: 'stamps__name', title: one.name }, one.name),
      h('span', { class: 'num dim' }, one.where),
    ),
    locked
      ? null
      : h(
          'button',
          {
            class: 'stamps__off',
            type: 'button',
            'data-act': 'remove',
            'data-value': one.id,
            'aria-label': filled(boot.sign.placed.remove, one),
          },
          icon('remove', 's'),
        ),
  );

function filePart(boot: SignBoot, file: FileScreen): readonly (Node | null)[] {
  const { file: words } = boot.sign;
  const fact = (term: string, text: string | Node, tone = ''): Node | null =>
    text === '' ? null : h('div', {}, h('dt', {}, term), h('dd', { class: tone }, text));
  return [
    h('h2', { class: 'pane__t' }, words.title),
    h('p', { class: 'paperwork__name' }, file.name),
    h('p', { class: 'small dim num' }, file.meta),
    h(
      'dl',
      { class: 'paperwork' },
      [
        fact(words.demanded, file.demanded),
        fact(words.wish, file.wish),
        fact(words.digest, file.digest === '' ? '' : h('span', { title: words.digestHint }, file.digest), 'hash'),
      ].flatMap((one) => (one === null ? [] : [one])),
    ),
    file.notes.length === 0
      ? null
      : h(
          'ul',
          { class: 'notes' },
          file.notes.map((note) => h('li', {}, icon('info', 's'), h('span', {}, note))),
        ),
    file.canReplace
      ? h(
          'button',
          { class: 'btn btn--s', type: 'button', 'data-act': 'choose-file', 'data-focus': 'choose-file' },
          words.other,
        )
      : null,
  ];
}

const stepsPart = (boot: SignBoot, list: readonly StageStep[]): readonly Node[] => [
  h('h2', { class: 'pane__t' }, boot.sign.steps.title),
  h(
    'ol',
    { class: 'checks way' },
    list.map((step) =>
      h(
        'li',
        { class: step.at === 'waiting' ? '' : `is-${step.at}`, 'aria-current': step.at === 'now' ? 'step' : null },
        step.at === 'ok' ? icon('ok') : h('span', { class: `dot${step.at === 'now' ? ' is-on' : ''}` }),
        step.text,
      ),
    ),
  ),
];
