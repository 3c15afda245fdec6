import { html } from 'hono/html';
import type { DocsContext, Markup, Section } from './parts.ts';
import { controlSection } from './sections/control.ts';
import { embeddingSection } from './sections/embedding.ts';
import { extensions } from './sections/extensions.ts';
import { interfacesSection } from './sections/interfaces.ts';
import { openingsSection } from './sections/openings.ts';
import { errors, faq, people, ticket } from './sections/rest.ts';
import { sealsSection } from './sections/seals.ts';
import { sign } from './sections/sign.ts';
import { signing } from './sections/signing.ts';
import { day, decryption, flow, what } from './sections/start.ts';
import { vendorsSection } from './sections/vendors.ts';

export const sections: readonly Section[] = [
  what,
  flow,
  decryption,
  signing,
  embeddingSection,
  day,
  sign,
  interfacesSection,
  extensions,
  controlSection,
  openingsSection,
  sealsSection,
  ticket,
  errors,
  people,
  faq,
  vendorsSection,
];

/** The whole page: one document, readable without script, printable. `stylesheet` is its URL. */
export const docsPage = (context: DocsContext, stylesheet: string): Markup => html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>接入文档 · CA 互认枢纽</title>
<link rel="stylesheet" href="${stylesheet}">
</head>
<body>
<a class="skip" href="#what">跳到正文</a>
<header class="bar"><span class="brand"><svg class="brand__mark" viewBox="0 0 30 22" aria-hidden="true"><circle cx="10.5" cy="11" r="8.5"/><circle cx="19.5" cy="11" r="8.5"/></svg>CA 互认枢纽</span><span class="bar__t">接入文档</span><a class="bar__a" href="/diagnose">环境检测</a></header>
<div class="frame">
<nav class="toc" aria-label="目录"><ol>${sections.map(tocEntry)}</ol></nav>
<main>
<div class="lead"><h1>一天，接入全部 CA 机构</h1><p>写给交易系统的开发人员。从领取密钥到上线检查，需要的都在这一页；表格、错误目录和样例结果由枢纽的程序生成，与正在运行的版本一致。</p></div>
${sections.map((section) => html`<section class="part" aria-labelledby="${section.id}"><h2 id="${section.id}">${section.title}</h2>${section.render(context)}</section>`)}
</main>
</div>
</body>
</html>`;

const tocEntry = ({ id, title, parts = [] }: Section): Markup =>
  html`<li><a href="#${id}">${title}</a>${parts.length === 0 ? '' : html`<ol>${parts.map((part) => html`<li><a href="#${part.id}">${part.title}</a></li>`)}</ol>`}</li>`;
