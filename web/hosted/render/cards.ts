import type { IslandWords as Words } from '#hosted/words.ts';
import { h, icon } from '../dom.ts';
import type { CardScreen } from '../screen/card-screen.ts';
import type { KeyRoad } from '../screen/key-road.ts';

/** Certificates as a radio group. A card that cannot be chosen stays visible with its date and, among others, offers its reason. */
export function drawCards(words: Words, { list, more }: Pick<KeyRoad, 'list' | 'more'>): HTMLElement {
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'list', role: 'radiogroup', 'aria-label': words.key.choose },
      list.map((card) => drawCard(words, card)),
    ),
    more === '' ? null : foldButton(more),
  );
}

const foldButton = (text: string): HTMLElement =>
  h('p', { class: 'list__more' }, h('button', { class: 'btn btn--quiet', type: 'button', 'data-act': 'unfold' }, text));

/** The first of the cards that have come to light. */
export function focusUnfolded(before: number): void {
  const card = document.querySelectorAll('.list > .cert')[before];
  card?.querySelector<HTMLElement>('input:not(:disabled), .cert__why')?.focus();
}

function drawCard(words: Words, card: CardScreen): HTMLElement {
  const about = `${card.holder}，${card.meta.join('，')}，${card.days.figure}${card.days.word} ${card.days.date}`;
  const input = h('input', {
    type: 'radio',
    name: 'certificate',
    value: card.id,
    disabled: card.off,
    'aria-label': about,
    'data-focus': `card-${card.id.slice(-24)}`,
  });
  return h(
    card.off ? 'div' : 'label',
    { class: `cert${card.off ? ' is-off' : ''}${card.shown ? ' is-shown' : ''}` },
    input,
    h(
      'span',
      { class: 'cert__body' },
      h('span', { class: 'cert__medium' }, icon('usb', 'l')),
      h(
        'span',
        { class: 'cert__main' },
        h('span', { class: 'cert__holder' }, card.holder),
        h('br'),
        h(
          'span',
          { class: 'cert__meta' },
          card.meta.map((part) => h('span', {}, part)),
        ),
      ),
      drawDays(card.days, card.why ? whyButton(words, card) : null),
    ),
  );
}

const whyButton = (words: Words, card: CardScreen): HTMLElement =>
  h(
    'button',
    {
      class: 'cert__why',
      type: 'button',
      'data-act': 'why',
      'data-value': card.id,
      'aria-expanded': card.shown ? 'true' : 'false',
      'data-focus': `why-${card.id.slice(-24)}`,
    },
    words.card.why,
  );

const drawDays = (days: CardScreen['days'], why: HTMLElement | null): HTMLElement =>
  h(
    'span',
    { class: `cert__days${days.tone === '' ? '' : ` is-${days.tone}`}` },
    days.figure === '' ? null : h('b', {}, days.figure),
    h('span', {}, days.word),
    why,
    h('br'),
    days.date,
  );
