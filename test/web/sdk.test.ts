import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Hono } from 'hono';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sdkRoutes } from '#hosted/routes-sdk.ts';
import { launchChromium } from '#test/support/chromium.ts';
import type * as Declared from '#web/sdk/ca-hub.d.ts';
import type * as Sdk from '#web/sdk/index.ts';
import { builtPages } from './built.ts';

/** What is declared to integrators is what the bundle exports, and nothing else. */
const declared: (sdk: typeof Sdk) => typeof Declared = (sdk) => sdk;

let built: Awaited<ReturnType<typeof builtPages>>;
let chromium: Browser;
const servers: Server[] = [];

beforeAll(async () => {
  [built, chromium] = await Promise.all([builtPages(), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  built?.remove();
  for (const server of servers) server.close();
});

/** A site of its own: path → HTML. */
async function site(pages: Record<string, () => string>): Promise<string> {
  const server = createServer(async (request, reply) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path.startsWith('/sdk/')) {
      const answer = await sdkRoutes({ assets: built.assets }).request(path);
      reply.writeHead(answer.status, Object.fromEntries(answer.headers));
      return reply.end(Buffer.from(await answer.arrayBuffer()));
    }
    reply.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    return reply.end(pages[path]?.() ?? '');
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A frame that plays the hub's part by the protocol; `deeds` runs with the port. */
const frame = (deeds: string, to = '*') => `<script>
  addEventListener('message', (e) => {
    const port = e.ports[0];
    if (e.data?.say !== 'connect') return;
    ${deeds}
    port.postMessage({ say: 'welcome', operations: ['sign'], expiresInMs: 60000, hub: 'hub' });
  });
  parent.postMessage({ caHub: 1, say: 'ready' }, '${to}');
</script>`;
const answering = (answers: string) => frame(`port.onmessage = ({ data }) => { ${answers} };`);

async function trade(hub: string, extra = ''): Promise<Page> {
  const origin = await site({
    '/': () => `<body>${extra}<script src="${hub}/sdk/v1/ca-hub.js"></script></body>`,
  });
  const page = await chromium.newPage();
  await page.goto(origin);
  return page;
}

/** Opens the control in the page and makes one call; the value or the code. */
const once = (page: Page, hub: string, timeout = 2000) =>
  page.evaluate(
    async ([url, ms]) => {
      const { CaHub } = window as unknown as { CaHub: typeof Declared };
      try {
        const ca = await CaHub.openControl({ frame: url as string, timeout: ms as number });
        return await ca.SOF_GetVersion();
      } catch (error) {
        return (error as Declared.CaHubError).code;
      }
    },
    [`${hub}/control/frame/t`, timeout] as const,
  );

describe('the SDK', () => {
  it('is served as module, script and types under a path of its version, with a tag, for any page', async () => {
    const app = new Hono().route('/', sdkRoutes({ assets: built.assets }));
    for (const [file, type] of [
      ['ca-hub.mjs', 'text/javascript'],
      ['ca-hub.js', 'text/javascript'],
      ['ca-hub.d.ts', 'text/plain'],
    ]) {
      for (const path of [`/sdk/v1/${file}`, `/sdk/${file}`]) {
        const answer = await app.request(path);
        const tag = answer.headers.get('etag') ?? '';
        expect([answer.status, answer.headers.get('access-control-allow-origin'), tag.length > 20]).toEqual([
          200,
          '*',
          true,
        ]);
        expect(answer.headers.get('content-type')).toContain(type);
        expect((await app.request(path, { headers: { 'if-none-match': tag } })).status).toBe(304);
      }
    }
    const types = await (await app.request('/sdk/v1/ca-hub.d.ts')).text();
    expect(types).toContain('SOF_SignMessage');
    expect((await app.request('/sdk/v1/other.js')).status).toBe(404);
    expect(declared).toBeTypeOf('function');
  });

  it('opens what the hub sent, answers once a call, whatever else the frame says', async () => {
    const hub = await site({
      '/control/frame/t': () =>
        answering(`
          port.postMessage({ say: 'answer', id: data.id, ok: true, value: 'first' });
          port.postMessage({ say: 'answer', id: data.id, ok: true, value: 'second' });
          port.postMessage({ say: 'answer', id: data.id, ok: false, failure: {} });
          port.postMessage({ say: 'nonsense' });`),
    });
    const page = await trade(hub);
    expect(await once(page, hub)).toMatch(/^ca-hub 1\.0\.0; first$/);
    await page.close();
  });

  it('fails with a sentence when the frame says no, says nonsense, or never speaks', async () => {
    const said = (failure: string) =>
      answering(`port.postMessage({ say: 'answer', id: data.id, ok: false, failure: ${failure} });`);
    const cases: readonly [string, string][] = [
      [said(`{ code: 'CANCELLED', message: '您已取消本次操作。' }`), 'CANCELLED'],
      [said(`{ code: 'NO_SUCH_CODE', message: 'x' }`), 'AGENT_FAILED'],
      [said('null'), 'AGENT_FAILED'],
      ['', 'FRAME_BLOCKED'],
      [
        frame(`port.postMessage({ say: 'refused', failure: { code: 'SESSION_ENDED', message: '…' } });`),
        'SESSION_ENDED',
      ],
    ];
    for (const [html, code] of cases) {
      const hub = await site({ '/control/frame/t': () => html });
      const page = await trade(hub);
      expect(await once(page, hub, 1500)).toBe(code);
      await page.close();
    }
  });

  it('is not talked into anything by other windows: same words from another frame, another origin, the page itself', async () => {
    const evil = await site({ '/': () => frame('document.title = 1;') });
    const hub = await site({ '/control/frame/t': () => '' });
    const page = await trade(hub, `<iframe src="${evil}/"></iframe>`);
    await page.evaluate(() => {
      setInterval(() => window.postMessage({ caHub: 1, say: 'ready' }, '*'), 20);
    });
    expect(await once(page, hub, 1200)).toBe('FRAME_BLOCKED');
    // A frame that navigated elsewhere speaks with another origin's voice.
    const moved = await site({ '/control/frame/t': () => `<script>location = '${evil}/'</script>` });
    expect(await once(page, moved, 1200)).toBe('FRAME_BLOCKED');
    await page.close();
  });

  it('ends every call when the frame is taken out of the page, and all later ones', async () => {
    const hub = await site({ '/control/frame/t': () => answering('') });
    const page = await trade(hub);
    const codes = await page.evaluate(async (url) => {
      const { CaHub } = window as unknown as { CaHub: typeof Declared };
      const ca = await CaHub.openControl({ frame: url });
      let closed = 0;
      ca.on('closed', () => {
        closed += 1;
      });
      const code = (error: unknown) => (error as Declared.CaHubError).code;
      const open = [ca.SOF_GetUserList(), ca.SOF_SignData('a'.repeat(64), 'x')].map((one) => one.catch(code));
      document.querySelector('iframe[title="数字证书控件"]')?.remove();
      const first = await Promise.all(open);
      const later = await ca.SOF_GetVersion().catch(code);
      return [...first, later, closed, ca.SOF_GetLastError()];
    }, `${hub}/control/frame/t`);
    expect(codes).toEqual(['CLOSED', 'CLOSED', 'CLOSED', 1, 'CLOSED']);
    await page.close();
  });

  it('refuses wrong arguments before anything leaves the page', async () => {
    const hub = await site({
      '/control/frame/t': () => answering(`port.postMessage({ say: 'answer', id: data.id, ok: true, value: 'left' });`),
    });
    const page = await trade(hub);
    const codes = await page.evaluate(async (url) => {
      const { CaHub } = window as unknown as { CaHub: typeof Declared };
      const code = (error: unknown) => (error as Declared.CaHubError).code;
      const ca = await CaHub.openControl({ frame: url });
      const any = (value: unknown) => value as never;
      const id = 'a'.repeat(64);
      return Promise.all(
        [
          ca.SOF_SignData('not an id', 'x'),
          ca.SOF_SignData(id, any(7)),
          ca.SOF_SignData(id, new Uint8Array(1024 * 1024 + 1)),
          ca.SOF_EncryptData([], 'x'),
          ca.SOF_DecryptData(id, ''),
          ca.SOF_VerifySignedMessage(any(null)),
          CaHub.openControl({ frame: 'https://hub.example/elsewhere' }),
          CaHub.openControl(any(undefined)),
        ].map((one) => (one as Promise<unknown>).catch(code)),
      );
    }, `${hub}/control/frame/t`);
    const wrong = 'BAD_ARGUMENT';
    expect(codes).toEqual([wrong, wrong, 'TOO_LARGE', wrong, wrong, wrong, wrong, wrong]);
    await page.close();
  });
});
