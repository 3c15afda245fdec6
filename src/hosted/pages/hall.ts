import { html } from 'hono/html';
import { qrSvg } from '../qr.ts';
import { stateOfCode, states } from '../states.ts';
import { hallWordsOf, islandWords } from '../words.ts';
import { type Markup, type PageContext, shell, tooOld } from './layout.ts';

export interface HallPage extends PageContext {
  readonly opening: string;
}

/**
 * The opening hall before its island (web/hosted/hall.ts) has asked who sits here. Nothing of the opening is in it: whether there is one at all, only the
 * hub's API says.
 */
export async function hallPage(page: HallPage): Promise<Markup> {
  const { words, hall } = hallWordsOf(page.lang);
  const url = `${page.origin}/hall/${encodeURIComponent(page.opening)}`;
  const boot = {
    lang: page.lang,
    host: page.host,
    words: islandWords(words),
    states,
    stateOfCode,
    hall,
    opening: page.opening,
    url,
    qrSvg: await qrSvg(url),
  };
  return shell({
    ...page,
    title: hall.pageTitle,
    state: 'opening',
    script: 'hall.js',
    style: 'hall.css',
    bar: false,
    boot,
    body: html`${tooOld(words)}
<main class="hall" id="sheet">
<section class="hall__side" id="side" hidden aria-labelledby="phase"></section>
<section class="hall__main">
<ol class="checks hall__loading" id="loading"><li class="is-now"><span class="spin"></span>${hall.loading}</li></ol>
<div id="head"></div>
<div class="hall__notices" id="notices"></div>
<div class="hall__body" id="body"></div>
<div id="tools"></div>
<div class="hall__deeds" id="deeds" hidden></div>
</section>
<aside class="panel" id="panel" role="dialog" aria-labelledby="panel-title" hidden></aside>
</main>
<p class="vh" id="announce" role="status" aria-live="polite"></p>`,
  });
}
