import { html, raw } from 'hono/html';
import type { PageError } from '../api.ts';
import { stateOfCode, states, type TroubleState } from '../states.ts';
import { fill, type Words, wordsOf } from '../words.ts';
import { type Asker, ask, type Fact } from './ask.ts';
import { icon } from './icons.ts';
import { foot, type Markup, type PageContext, shell } from './layout.ts';
import { loginFacts } from './login.ts';

export interface FaultPage extends PageContext {
  readonly error: PageError;
  readonly asker: Asker | null;
  /** Registered home of the trading system, where it is known. */
  readonly homeUrl: string | null;
  /** Where a page around this one wants to know of it. */
  readonly island?: { readonly script: 'sign-fault.js'; readonly boot: unknown };
}

/** Served instead of a page whose link cannot be used: one fact, one way out. Without `about` it speaks of a login. */
export function faultPage(
  page: FaultPage,
  about: { readonly words: Words; readonly facts: readonly Fact[] } = loginOf(page),
): Markup {
  const { words } = about;
  const state = stateOfFault(page.error);
  const text = words.state[state];
  const params = {
    message: words.codes[page.error.code] ?? page.error.message,
    platform: page.asker?.name ?? '',
    host: page.host,
  };
  const { tone, icon: picture } = states[state];
  const notice = html`<div class="notice is-${tone}" role="${tone === 'bad' ? 'alert' : 'status'}">${icon(picture)}<h1 class="notice__t">${fill(text.title, params)}</h1><p>${fill(text.text, params)}</p>${
    page.homeUrl === null
      ? ''
      : html`<div class="notice__do"><a class="btn btn--primary" rel="noreferrer"${page.island === undefined ? '' : raw(' target="_top"')} href="${page.homeUrl}">${words.act.restart}</a></div>`
  }${page.error.supportCode === '' ? '' : html`<p class="support">${words.site.support} <b>${page.error.supportCode}</b>${raw('　')}${words.site.supportHint}</p>`}</div>`;
  return shell({
    ...page,
    title: fill(text.title, params),
    state,
    ...page.island,
    body: html`<main class="wrap${page.asker === null ? ' wrap--narrow' : ''}">
${page.asker === null ? html`<div class="sheet sheet--one"><section class="do">${notice}</section></div>` : html`<div class="sheet">${ask(page, words, about.facts)}<section class="do">${notice}</section></div>`}
${foot(page, page.error.supportCode || null)}
</main>`,
  });
}

export const stateOfFault = (error: PageError): TroubleState =>
  (stateOfCode as Readonly<Record<string, TroubleState | undefined>>)[error.code] ?? 'trouble';

const loginOf = (page: PageContext) => {
  const words = wordsOf(page.lang);
  return { words, facts: loginFacts(words) };
};
