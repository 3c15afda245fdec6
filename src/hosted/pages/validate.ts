import { html } from 'hono/html';
import { VALIDATE_PAGE_PATH } from '../validate-api.ts';
import { wordsOf } from '../words.ts';
import { validateWordsOf } from '../words-validate.ts';
import { enViewer, zhViewer } from '../words-viewer.ts';
import { icon } from './icons.ts';
import { foot, type Markup, type PageContext, shell, tooOld } from './layout.ts';
import { viewerEngine } from './viewer.ts';

/** 校验电子签名: anybody brings a PDF or an OFD; its island (web/hosted/validate.ts) sends it, shows the report and the pages. */
export function validatePage(page: PageContext): Markup {
  const words = wordsOf(page.lang);
  const said = validateWordsOf(page.lang);
  return shell({
    ...page,
    title: said.title,
    state: 'idle',
    script: 'validate.js',
    style: 'validate.css',
    boot: {
      lang: page.lang,
      words: said,
      viewer: page.lang === 'en' ? enViewer : zhViewer,
      engine: viewerEngine(page.assets),
      path: VALIDATE_PAGE_PATH,
      support: words.site.support,
    },
    body: html`<main class="wrap wrap--check">
${tooOld(words)}
<section class="sheet sheet--one intake" id="intake" aria-labelledby="title"><div class="do">
<h1 id="title">${said.title}</h1><p class="prose__lead">${said.lead}</p>
<div class="dropping" id="dropping">${icon('file', 'l')}
<label class="btn btn--primary btn--big" for="file">${said.choose}</label><input class="vh" type="file" id="file" accept="application/pdf,.pdf,application/ofd,.ofd">
<p class="dim small">${said.drop}</p></div>
<p class="field__hint">${icon('shield', 's')}<span>${said.privacy}</span></p>
<div id="trouble" role="alert"></div>
</div></section>
<section class="checked" id="checked" hidden><div class="checked__report" id="report" aria-live="polite"></div><div class="checked__pages" id="pages" aria-label="${said.view}"></div></section>
${foot(page, null)}
</main>`,
  });
}
