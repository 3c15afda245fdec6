import { html, raw } from 'hono/html';
import { phrases } from '../phrases.ts';
import { stateOfCode, states } from '../states.ts';
import { wordsOf } from '../words.ts';
import { icon } from './icons.ts';
import { foot, type Markup, type PageContext, shell, tooOld } from './layout.ts';

/** Who asks, where it is known before the claim. Reading it binds nothing. */
export interface Asker {
  readonly name: string;
  readonly host: string;
}

export interface LoginPage extends PageContext {
  /** From the path: the page token of a first visit, or the interaction of a reload. */
  readonly link: { readonly token: string } | { readonly interaction: string };
  readonly asker: Asker | null;
}

/** The login page as it stands before its island has claimed the interaction; everything else is the island's (web/hosted/login.ts). */
export function loginPage(page: LoginPage): Markup {
  const words = wordsOf(page.lang);
  return shell({
    ...page,
    title: words.login.pageTitle,
    state: 'opening',
    script: 'login.js',
    boot: { lang: page.lang, link: page.link, host: page.host, words, states, stateOfCode },
    body: html`<main class="wrap">
${tooOld(words)}
<div class="sheet" id="sheet">
${ask(page)}
<section class="do" aria-labelledby="title">
<div class="do__head" id="head"><h1 id="title">${words.login.title}</h1><span id="link" role="status"></span></div>
<div class="roads" id="roads"><div id="stage"><ol class="checks"><li class="is-now"><span class="spin"></span>${words.login.opening}</li></ol></div><div class="roads__scan" id="scan" hidden></div></div>
</section>
</div>
${foot(page, null)}
<p class="vh" id="announce" role="status" aria-live="polite"></p>
</main>`,
  });
}

/** Left half: who asks for what, and how long it is good for. The island fills in what only the claim tells. */
export function ask(page: PageContext & { readonly asker: Asker | null }): Markup {
  const { ask: words } = wordsOf(page.lang);
  const { asker } = page;
  return html`<aside class="ask" id="ask" aria-label="${words.label}">
<p class="ask__who">${words.who}</p>
<p class="ask__name" id="asker">${asker === null ? words.loading : broken(asker.name)}</p>
<p class="ask__origin${asker === null ? ' is-open' : ''}" id="origin">${icon('shield', 's')}<span>${asker === null ? words.unverified : words.verified} <span class="code">${asker?.host ?? ''}</span></span></p>
<dl class="facts"><div><dt>${words.purpose}</dt><dd>${words.purposeLogin}</dd></div><div><dt>${words.gives}</dt><dd>${words.givesWhat}</dd></div><div class="not-phone"><dt>${words.after}</dt><dd>${words.afterWhat}</dd></div><div id="valid" hidden><dt>${words.valid}</dt><dd id="left" role="timer" aria-live="off"></dd></div></dl>
</aside>`;
}

/** A long name breaks between its parts, not inside them. */
const broken = (name: string): readonly Markup[] =>
  phrases(name).map((part, at) => html`${at === 0 ? '' : raw('<wbr>')}<span class="nb">${part}</span>`);
