import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { createDocs } from '#docs/docs.ts';
import { loadDocsFiles } from '#docs/files.ts';
import { catalogue } from '#kernel/catalogue.ts';
import { taskQueryFields, taskStates, ticketFields } from '#wire/extensions.ts';
import { proofHeaders } from '#wire/header-sign.ts';
import { interfaces, type PrintedInterface } from '#wire/interfaces.ts';

const files = loadDocsFiles(new URL('../../src/docs', import.meta.url).pathname);
let app: Awaited<ReturnType<typeof createDocs>>;
let page = '';
beforeAll(async () => {
  app = await createDocs({ gm: createGm(), publicUrl: 'https://hub.ca.example', files });
  page = await (await app.request('/docs')).text();
});

/** As a browser would show it. */
const escaped = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');

const sectionOf = (id: string): string => {
  const start = page.indexOf(`<section class="api" id="${id}">`);
  return page.slice(start, page.indexOf('</section>', start));
};

describe('the docs page', () => {
  it.each(Object.entries<PrintedInterface>(interfaces))(
    'prints every member of %s, its path and who calls',
    (id, entry) => {
      const section = sectionOf(id);
      expect(section).toContain(entry.path);
      expect(section).toContain(escaped(entry.summary));
      expect(section).toContain(entry.offered ? '已开放' : '后续版本');
      expect(section).toContain(entry.caller === 'hub' ? '互认枢纽 → 交易系统' : '交易系统 → 互认枢纽');
      for (const field of [...entry.request, ...entry.response]) {
        expect(section).toContain(
          `<td><code>${field.name}</code></td><td>${escaped(field.zh)}</td><td>${field.type}</td>`,
        );
      }
    },
  );

  it.each(Object.entries(catalogue))('explains %s', (code, row) => {
    expect(page).toContain(
      `<code id="error-${code}">${code}</code></td><td>${row.wire}</td><td>${escaped(row.zh)}</td>`,
    );
  });

  it('explains our additions member by member, and every state of a task', () => {
    for (const field of [...ticketFields, ...taskQueryFields]) expect(page).toContain(`<code>${field.name}</code>`);
    for (const header of taskQueryFields.flatMap((field) => field.header ?? [])) expect(page).toContain(header);
    for (const [state, meaning] of Object.entries(taskStates))
      expect(page).toContain(`<code>${state}</code></td><td>${meaning}`);
    for (const header of ['X-Ca-Delivery', 'X-Ca-State-Version', 'X-Ca-Timestamp', 'X-Ca-Signature'])
      expect(page).toContain(header);
  });

  it('explains the headers that prove a whole request, with a vector made by openssl', () => {
    for (const header of Object.values(proofHeaders)) expect(page).toContain(header);
    // printf 'POST\n/api/ca/ext/openings\n1773797400000\nf3b1c2d4e5a69788\n<SM3 of {}>' | openssl dgst -sm3 -hmac 0123456789abcdef
    expect(page).toContain('185656d4016e5e67361b186216eb49cfea4d8342fcb8d622ac28c50eb509a4a8');
  });

  it('shows the vector that the hub itself computes', () => {
    expect(page).toContain('caUnitId=LN-BIZ-0001&amp;orgcode=210000&amp;taskId=T20250301000001');
    expect(page).toContain('50ae0d871b8f0b671bb6d583f7188a224a08fdca4513351a659b3ee2c1931ad4');
    expect(page).toContain('470ca7095fd1fc6460279e7cf23644d3b17632ceede590953e0197b54c30ff15');
  });

  it('shows how a file is written, with a vector made by openssl, and a signed request whose string holds', () => {
    expect(page).toContain('AAECAwQFBgcICQoLDA0ODzXebOl7kTe/ZXNaTkYGRf5IFBpXZqhrxY6KsswSf780');
    expect(page).toContain(escaped(files.attFileSample));
    for (const member of ['keyword', 'page', 'x、hub.y', 'unitCode', 'fileName', 'returnUrl'])
      expect(page).toContain(`<code>hub.${member}</code>`);
  });

  it('holds every sample in whole, to read and to download', async () => {
    for (const { file, text } of files.samples) {
      expect(page).toContain(escaped(text));
      const reply = await app.request(`/docs/samples/${file}`);
      expect([reply.headers.get('content-type'), await reply.text()]).toEqual(['text/plain; charset=utf-8', text]);
    }
  });

  it('has a target for every link within itself, and no id twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/ href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets.length).toBeGreaterThan(30);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it('needs no script, no inline style and nobody else’s host', () => {
    expect(page).not.toMatch(/<script|\sstyle=|\son\w+=|javascript:/i);
    expect([...page.matchAll(/(?:src|href)="(https?:[^"]+)"/g)]).toEqual([]);
    expect(files.css).not.toMatch(/url\(|@import|:has\(|:is\(|oklch|color-mix|inset:|aspect-ratio/);
  });

  it('draws the flow and says it in text as well', () => {
    expect(page).toMatch(/<svg class="flow"[^>]*role="img"/);
    expect(page).toContain('<ol class="flow-text">');
  });
});

describe('GET /docs', () => {
  it('comes with a policy, a tag and, where wanted, compressed', async () => {
    const reply = await app.request('/docs', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(reply.headers.get('content-security-policy')).toContain("style-src 'self'");
    expect(gunzipSync(Buffer.from(await reply.arrayBuffer())).toString()).toBe(page);
    const again = await app.request('/docs', { headers: { 'if-none-match': reply.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  it('serves the capsule format, from which a second implementation is written', async () => {
    const reply = await app.request('/docs/capsule');
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await reply.text()).toMatch(/^# Capsule format, version 1\n/);
    expect(page).toContain('href="/docs/capsule"');
  });

  it('brings its stylesheet at the address the page names', async () => {
    const href = /<link rel="stylesheet" href="([^"]+)">/.exec(page)?.[1] ?? '';
    const reply = await app.request(href);
    expect([reply.headers.get('content-type'), await reply.text()]).toEqual(['text/css; charset=utf-8', files.css]);
    expect((await app.request('/docs/')).headers.get('location')).toBe('/docs');
    expect((await app.request('/docs/samples/../docs.ts')).status).toBe(404);
  });
});
