import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Assets } from '../assets.ts';
import { type Language, type Words, wordsOf } from '../words.ts';
import { brandMark, icon, sprite } from './icons.ts';

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What every page is made with. */
export interface PageContext {
  readonly lang: Language;
  readonly assets: Assets;
  /** Under which this browser reached the hub. */
  readonly origin: string;
  /** Its host (and port), as the address bar should show it. */
  readonly host: string;
}

interface Shell extends PageContext {
  readonly title: string;
  /** First value of `data-state`. */
  readonly state: string;
  readonly body: Markup;
  /** The page's island. */
  readonly script?: 'login.js' | 'decrypt.js' | 'hall.js' | 'sign.js' | 'sign-fault.js' | 'diagnose.js' | 'validate.js';
  /** Handed to the island as JSON. */
  readonly boot?: unknown;
  /** The page's sheet; the hosted pages' own unless named. */
  readonly style?: 'hosted.css' | 'hall.css' | 'sign.css' | 'validate.css';
  /** False: the page brings its own head. */
  readonly bar?: boolean;
  /** False where the address may not be loaded a second time. */
  readonly canSwitchLanguage?: boolean;
}

/** The document around every hosted page. Nothing inline runs: scripts and styles are files with integrity hashes. */
export function shell(page: Shell): Markup {
  const words = wordsOf(page.lang);
  const { assets } = page;
  return html`<!doctype html>
<html lang="${words.lang}" data-state="${page.state}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no">
<meta name="renderer" content="webkit">
<title>${page.title} · ${words.site.name}</title>
<link rel="icon" type="image/svg+xml" href="${assets.url('favicon.svg')}">
<link rel="stylesheet" href="${assets.url(page.style ?? 'hosted.css')}" integrity="${assets.integrity(page.style ?? 'hosted.css')}">
${page.script === undefined ? '' : islandTags(assets, page.script)}
</head>
<body>
${sprite}
${page.bar === false ? '' : bar(page, words)}
${page.body}
${page.boot === undefined ? '' : raw(dataBlock(page.boot))}
</body>
</html>`;
}

const islandTags = (assets: Assets, script: string): Markup =>
  html`<script type="module" src="${assets.url(script)}" integrity="${assets.integrity(script)}"></script>
<script defer src="${assets.url('guard.js')}" integrity="${assets.integrity('guard.js')}"></script>`;

/** A data block is no script: CSP leaves it alone. `<` is escaped so that no text can close the element. */
export const dataBlock = (boot: unknown): string =>
  `<script type="application/json" id="boot">${JSON.stringify(boot)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')}</script>`;

function bar(page: Shell, words: Words): Markup {
  const other = page.lang === 'zh' ? { query: '?lang=en', lang: 'en' } : { query: '?', lang: 'zh-CN' };
  const { site } = words;
  return html`<header class="bar">
<span class="brand">${brandMark}${site.name}</span>
<span class="dim small not-phone">${site.identity}<i class="sep"></i>${site.crypto}<i class="sep"></i>${site.seal}</span>
<nav class="row push small" aria-label="${site.tools}"><a href="/diagnose${langQuery(page.lang)}" target="_blank" rel="noopener" class="not-phone">${site.check}</a><a href="/help${langQuery(page.lang)}" target="_blank" rel="noopener">${site.help}</a>${
    page.canSwitchLanguage === false
      ? ''
      : html`<a id="language" href="${other.query}" lang="${other.lang}">${site.otherLanguage}</a>`
  }</nav>
</header>`;
}

export const langQuery = (lang: Language): string => (lang === 'en' ? '?lang=en' : '');

/** Support code and the domain to compare stand below every sheet. */
export function foot(page: PageContext, supportCode: string | null): Markup {
  const { site } = wordsOf(page.lang);
  return html`<footer class="foot"><span id="support"${supportCode === null ? raw(' hidden') : ''}>${site.support} <span class="code">${supportCode ?? ''}</span></span><span>${site.domain} <span class="code">${page.host}</span></span><span class="push"><a href="/help/protection${langQuery(page.lang)}" target="_blank" rel="noopener">${site.protection}</a></span></footer>`;
}

/** For browsers in which the island cannot run; guard.js shows it. */
export const tooOld = (words: Words): Markup =>
  html`<div class="notice is-warn lone" id="too-old" role="alert" hidden>${icon('window')}<p class="notice__t">${words.site.oldTitle}</p><p>${words.site.oldText}</p></div>
<noscript><div class="notice is-warn lone">${icon('window')}<p class="notice__t">${words.site.noscript}</p></div></noscript>`;
