import { html } from 'hono/html';
import { stateOfCode, states } from '../states.ts';
import { decryptWordsOf, islandWords, type Words } from '../words.ts';
import { ask, type Fact } from './ask.ts';
import { foot, type Markup, shell, tooOld } from './layout.ts';
import type { LoginPage } from './login.ts';

/** The decryption page as it stands before its island has claimed the interaction; everything else is the island's (web/hosted/decrypt.ts). */
export function decryptPage(page: LoginPage): Markup {
  const words = decryptWordsOf(page.lang);
  return shell({
    ...page,
    title: words.decrypt.pageTitle,
    state: 'opening',
    script: 'decrypt.js',
    boot: { lang: page.lang, link: page.link, host: page.host, words: islandWords(words), states, stateOfCode },
    body: html`<main class="wrap">
${tooOld(words)}
<div class="sheet" id="sheet">
${ask(page, words, decryptFacts(words))}
<section class="do" aria-labelledby="title">
<div class="do__head" id="head"><h1 id="title">${words.decrypt.title}</h1><span id="link" role="status"></span></div>
<div class="roads" id="roads"><div id="stage"><ol class="checks"><li class="is-now"><span class="spin"></span>${words.decrypt.opening}</li></ol></div><div class="roads__scan" id="scan" hidden></div></div>
</section>
</div>
${foot(page, null)}
<p class="vh" id="announce" role="status" aria-live="polite"></p>
</main>`,
  });
}

/** What is opened and how; how much of it only the claim tells. */
export const decryptFacts = ({ ask: words, decrypt }: Words): readonly Fact[] => [
  { term: words.purpose, text: decrypt.purpose },
  { term: decrypt.what, text: '', id: 'what' },
  { term: decrypt.how, text: decrypt.howText, notOnPhone: true },
];
