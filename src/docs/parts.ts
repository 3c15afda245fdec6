import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Gm } from '#crypto/gm.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { DocsFiles } from './files.ts';

/** Never a promise: nothing here waits. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface DocsContext {
  readonly gm: Gm;
  /** The hub's own origin, written into every example. */
  readonly publicUrl: string;
  readonly files: DocsFiles;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Second level of the table of contents. */
  readonly parts?: readonly { readonly id: string; readonly title: string }[];
  render(context: DocsContext): Markup;
}

/** Everything an example needs and nobody owns. */
export const EXAMPLE = {
  secret: '0123456789abcdef',
  caUnitId: 'LN-BIZ-0001',
  orgcode: '210000',
  taskId: 'T20250301000001',
} as const;

export const code = (text: string): Markup => html`<pre tabindex="0"><code>${text}</code></pre>`;

/** A caption says what the lines are: a request, an answer, a file. */
export const listing = (caption: string, text: string): Markup =>
  html`<figure class="listing"><figcaption>${caption}</figcaption>${code(text)}</figure>`;

export const json = (value: JsonObject): string => JSON.stringify(value, null, 2);

export const table = (head: readonly string[], rows: readonly (readonly (Markup | string)[])[], wide = false): Markup =>
  html`<div class="scroll" tabindex="0"><table${wide ? raw(' class="wide"') : ''}><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;

export const name = (text: string): Markup => html`<code>${text}</code>`;

/** What a reader must not miss: tone and word together. */
export const note = (tone: 'info' | 'warn' | 'bad', title: string, body: Markup): Markup =>
  html`<aside class="note is-${tone}"><p class="note__t">${title}</p>${body}</aside>`;
