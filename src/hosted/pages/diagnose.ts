import { html } from 'hono/html';
import type { AuthorityView } from '../api.ts';
import { wordsOf } from '../words.ts';
import { vendors } from './help.ts';
import { icon } from './icons.ts';
import { foot, type Markup, type PageContext, shell, tooOld } from './layout.ts';

const CHECKS = ['browser', 'secure', 'cookies', 'time', 'permission', 'agent', 'keys'] as const;

/** 环境检测: runs without a task; its island (web/hosted/diagnose.ts) fills in the list. */
export function diagnosePage(page: PageContext & { readonly authorities: readonly AuthorityView[] }): Markup {
  const words = wordsOf(page.lang);
  const { diagnose } = words;
  return shell({
    ...page,
    title: diagnose.title,
    state: 'idle',
    script: 'diagnose.js',
    boot: { lang: page.lang, host: page.host, words },
    body: html`<main class="wrap wrap--read">
${tooOld(words)}
<div class="sheet sheet--one" id="sheet"><section class="do prose">
<h1>${diagnose.title}</h1><p class="prose__lead">${diagnose.lead}</p>
<div id="verdict" role="status" aria-live="polite"></div>
<ul class="probes" id="probes">${CHECKS.map((name) => html`<li id="probe-${name}" data-result="waiting"><span class="dot"></span><b>${diagnose[name]}</b><span class="probes__said">${diagnose.waiting}</span></li>`)}</ul>
<p><button class="btn btn--primary btn--big" type="button" id="start">${diagnose.start}</button></p>
<section><h2>${words.help.vendorsTitle}</h2>${vendors(page.authorities, words)}</section>
<p class="dim small">${icon('lock', 's')} ${words.key.pinHint}</p>
</section></div>
${foot(page, null)}
</main>`,
  });
}
