import { html } from 'hono/html';
import { stateOfCode, states } from '../states.ts';
import { islandWords, type Words, wordsOf } from '../words.ts';
import { type Asker, ask, type Fact } from './ask.ts';
import { foot, type Markup, type PageContext, shell, tooOld } from './layout.ts';

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
    boot: { lang: page.lang, link: page.link, host: page.host, words: islandWords(words), states, stateOfCode },
    body: html`<main class="wrap">
${tooOld(words)}
<div class="sheet" id="sheet">
${ask(page, words, loginFacts(words))}
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

/** What a login gives, and what follows. */
export const loginFacts = ({ ask }: Words): readonly Fact[] => [
  { term: ask.purpose, text: ask.purposeLogin },
  { term: ask.gives, text: ask.givesWhat },
  { term: ask.after, text: ask.afterWhat, notOnPhone: true },
];
