import { html } from 'hono/html';
import type { AuthorityView } from '../api.ts';
import { wordsOf } from '../words.ts';
import { vendors } from './help.ts';
import { icon } from './icons.ts';
import { foot, langQuery, type Markup, type PageContext, shell } from './layout.ts';

/** The hub's own address typed into a browser: who it is for, and where each of them goes next. */
export function frontPage(page: PageContext & { readonly authorities: readonly AuthorityView[] }): Markup {
  const words = wordsOf(page.lang);
  const { front } = words;
  return shell({
    ...page,
    title: front.title,
    state: 'ready',
    body: html`<main class="wrap wrap--read"><div class="sheet sheet--one"><article class="do prose"><h1>${front.title}</h1><p class="prose__lead">${front.lead}</p>
<section><h2>${front.people}</h2><p>${front.peopleText}</p><p><a class="btn btn--primary btn--big" href="/diagnose${langQuery(page.lang)}">${words.site.check}</a></p></section>
<section><h2>${words.help.vendorsTitle}</h2>${vendors(page.authorities, words)}</section>
<section><h2>${front.documents}</h2><p>${front.documentsText}</p><p><a class="btn" href="/validate${langQuery(page.lang)}">${front.validate}</a></p></section>
<section><h2>${front.integrators}</h2><p>${front.integratorsText}</p><p><a class="btn" href="/docs">${front.docs}</a></p></section></article></div>${foot(page, null)}</main>`,
  });
}

/** An address that leads nowhere, for a person. */
export function lostPage(page: PageContext): Markup {
  const words = wordsOf(page.lang);
  const { front } = words;
  return shell({
    ...page,
    title: front.lostTitle,
    state: 'link-invalid',
    body: html`<main class="wrap wrap--read"><div class="sheet sheet--one"><div class="do"><div class="notice is-info" role="status">${icon('window')}<p class="notice__t">${front.lostTitle}</p><p>${front.lostText}</p><div class="notice__do"><a class="btn" href="/help${langQuery(page.lang)}">${words.site.help}</a></div></div></div></div>${foot(page, null)}</main>`,
  });
}
