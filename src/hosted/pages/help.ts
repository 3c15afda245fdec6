import { html } from 'hono/html';
import type { AuthorityView } from '../api.ts';
import { fill, type Words, wordsOf } from '../words.ts';
import { icon } from './icons.ts';
import { foot, langQuery, type Markup, type PageContext, shell } from './layout.ts';

/** 使用帮助: three steps, what to do in trouble, whom to call. */
export function helpPage(page: PageContext & { readonly authorities: readonly AuthorityView[] }): Markup {
  const words = wordsOf(page.lang);
  const { help, front } = words;
  return article(page, help.title, help.lead, [
    html`<h2>${help.stepsTitle}</h2><ol class="steps"><li>${help.step1}</li><li>${help.step2}</li><li>${help.step3}</li></ol>`,
    html`<h2>${help.signTitle}</h2><p>${help.sign}</p><p>${help.validate}</p><p><a class="btn" href="/validate${langQuery(page.lang)}">${icon('seal')}${front.validate}</a></p>`,
    html`<h2>${help.troubleTitle}</h2><p>${help.trouble}</p><p>${help.diagnose}</p><p><a class="btn" href="/diagnose${langQuery(page.lang)}">${icon('shield')}${words.act.diagnose}</a></p>`,
    html`<h2>${help.vendorsTitle}</h2>${vendors(page.authorities, words)}`,
  ]);
}

/** 我们如何保护您的证书 */
export function protectionPage(page: PageContext): Markup {
  const { protection: words } = wordsOf(page.lang);
  const pairs: readonly (readonly [string, string])[] = [
    [words.q1, words.a1],
    [words.q2, words.a2],
    [words.q3, words.a3],
    [words.q4, words.a4],
    [words.q5, fill(words.a5, { host: page.host })],
    [words.q6, words.a6],
  ];
  return article(
    page,
    words.title,
    words.lead,
    pairs.map(([question, answer]) => html`<h2>${question}</h2><p>${answer}</p>`),
  );
}

const article = (page: PageContext, title: string, lead: string, parts: readonly Markup[]): Markup =>
  shell({
    ...page,
    title,
    state: 'ready',
    body: html`<main class="wrap wrap--read"><div class="sheet sheet--one"><article class="do prose"><h1>${title}</h1><p class="prose__lead">${lead}</p>${parts.map((part) => html`<section>${part}</section>`)}</article></div>${foot(page, null)}</main>`,
  });

/** Who issues certificates, how to reach them, where their pages are. */
export function vendors(authorities: readonly AuthorityView[], words: Words): Markup {
  if (authorities.length === 0) return html`<p class="dim">${words.help.vendorsNone}</p>`;
  return html`<ul class="vendors">${authorities.map(
    ({ name, support }) =>
      html`<li><b>${name}</b><span class="dim small">${words.act.hotline} <a class="num" href="tel:${support.hotline.replace(/[^\d+]/g, '')}">${support.hotline}</a></span><span class="vendors__links small"><a href="${support.install}" rel="noreferrer">${words.help.install}</a><a href="${support.renew}" rel="noreferrer">${words.help.renew}</a><a href="${support.unlock}" rel="noreferrer">${words.help.unlock}</a></span></li>`,
  )}</ul>`;
}
