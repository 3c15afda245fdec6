import { html } from 'hono/html';
import { SIGN_DOCUMENT_PATH } from '../sign-api.ts';
import { stateOfCode, states } from '../states.ts';
import { islandWords, signWordsOf, type Words } from '../words.ts';
import type { SignWords } from '../words-sign.ts';
import { enViewer, zhViewer } from '../words-viewer.ts';
import type { Fact } from './ask.ts';
import { brandMark, icon } from './icons.ts';
import { langQuery, type Markup, shell, tooOld } from './layout.ts';
import type { LoginPage } from './login.ts';
import { viewerEngine } from './viewer.ts';

/** The signing page as it stands before its island has claimed the interaction; everything else is the island's (web/hosted/sign.ts). */
export function signPage(page: LoginPage & { readonly embedders: readonly string[] }): Markup {
  const { words, sign } = signWordsOf(page.lang);
  return shell({
    ...page,
    title: sign.pageTitle,
    state: 'opening',
    script: 'sign.js',
    style: 'sign.css',
    bar: false,
    boot: {
      lang: page.lang,
      link: page.link,
      host: page.host,
      words: islandWords(words),
      states,
      stateOfCode,
      sign,
      viewer: page.lang === 'en' ? enViewer : zhViewer,
      engine: viewerEngine(page.assets),
      documents: SIGN_DOCUMENT_PATH,
      embedders: page.embedders,
    },
    body: html`${head(page, words, sign)}
${tooOld(words)}
<main class="desk" id="desk">
<aside class="pane pane--l" id="left-pane" aria-label="${sign.labels.left}"></aside>
<section class="viewer" id="viewer" aria-label="${sign.labels.viewer}">
<div class="viewer__bar" id="viewer-bar" role="toolbar" aria-label="${sign.labels.viewer}" hidden></div>
<div class="viewer__area"><div class="paper" id="paper"></div><div class="cover" id="cover"><p class="cover__wait"><span class="spin"></span>${sign.opening}</p></div></div>
<input type="file" id="file" accept="application/pdf,.pdf" hidden>
</section>
<section class="pane pane--r" id="sheet" aria-label="${sign.labels.right}">
<div class="do__head" id="head"><h2 class="pane__t" id="title">${sign.signer.title}</h2><span id="link" role="status"></span></div>
<div class="roads" id="roads"><div id="stage"><ol class="checks"><li class="is-now"><span class="spin"></span>${sign.opening}</li></ol></div><div class="roads__scan" id="scan" hidden></div></div>
<footer class="pane__foot"><span id="support" hidden>${words.site.support} <span class="code"></span></span><span class="not-phone">${words.site.domain} <span class="code">${page.host}</span></span></footer>
</section>
</main>
<p class="vh" id="announce" role="status" aria-live="polite"></p>`,
  });
}

/** Who asks, for which file, and until when: on one line, so that the document has the room. */
function head(page: LoginPage, words: Words, sign: SignWords['sign']): Markup {
  const { asker } = page;
  const { site, ask } = words;
  const other = page.lang === 'zh' ? { query: '?lang=en', lang: 'en' } : { query: '?', lang: 'zh-CN' };
  return html`<header class="bar bar--sign">
<span class="brand">${brandMark}<span class="not-phone">${site.name}</span></span>
<span class="bar__ask not-phone" id="ask"><span class="small" id="asker">${asker === null ? ask.loading : asker.name}</span><span class="bar__origin${asker === null ? ' is-open' : ''}" id="origin">${icon('shield', 's')}<span>${asker === null ? ask.unverified : ask.verified} <span class="code">${asker?.host ?? ''}</span></span></span></span>
<h1 class="bar__name push" id="name">${sign.pageTitle}</h1>
<span class="tag" id="valid" hidden><span class="num" id="left" role="timer" aria-live="off"></span></span>
<nav class="row small bar__nav not-phone" aria-label="${site.tools}"><a href="/help${langQuery(page.lang)}" target="_blank" rel="noopener">${site.help}</a><a id="language" href="${other.query}" lang="${other.lang}">${site.otherLanguage}</a></nav>
</header>`;
}

/** For the page that is served where the link cannot be used. */
export const signFacts = ({ ask }: Words, sign: SignWords['sign']): readonly Fact[] => [
  { term: ask.purpose, text: sign.purpose },
];
