import { html, raw } from 'hono/html';
import { phrases } from '../phrases.ts';
import type { Words } from '../words.ts';
import { icon } from './icons.ts';
import type { Markup } from './layout.ts';

/** Who asks, where it is known before the claim. Reading it binds nothing. */
export interface Asker {
  readonly name: string;
  readonly host: string;
}

/** A line of the left half. `id`: the island fills it in once the claim has told it, and shows it then. */
export interface Fact {
  readonly term: string;
  readonly text: string;
  readonly id?: string;
  readonly notOnPhone?: boolean;
}

/** Left half: who asks for what, and how long it is good for. The island fills in what only the claim tells. */
export function ask(page: { readonly asker: Asker | null }, { ask: words }: Words, facts: readonly Fact[]): Markup {
  const { asker } = page;
  return html`<aside class="ask" id="ask" aria-label="${words.label}">
<p class="ask__who">${words.who}</p>
<p class="ask__name" id="asker">${asker === null ? words.loading : broken(asker.name)}</p>
<p class="ask__origin${asker === null ? ' is-open' : ''}" id="origin">${icon('shield', 's')}<span>${asker === null ? words.unverified : words.verified} <span class="code">${asker?.host ?? ''}</span></span></p>
<dl class="facts">${facts.map(factLine)}<div id="valid" hidden><dt>${words.valid}</dt><dd id="left" role="timer" aria-live="off"></dd></div></dl>
</aside>`;
}

const factLine = (fact: Fact): Markup =>
  fact.id === undefined
    ? html`<div${fact.notOnPhone ? raw(' class="not-phone"') : ''}><dt>${fact.term}</dt><dd>${fact.text}</dd></div>`
    : html`<div id="${fact.id}-line" hidden><dt>${fact.term}</dt><dd id="${fact.id}"></dd></div>`;

/** A long name breaks between its parts, not inside them. */
const broken = (name: string): readonly Markup[] =>
  phrases(name).map((part, at) => html`${at === 0 ? '' : raw('<wbr>')}<span class="nb">${part}</span>`);
