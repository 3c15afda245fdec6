import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { launchChromium, type Person, person } from '#test/support/chromium.ts';
import {
  atDocuments,
  endInPage,
  eventsInPage,
  frameState,
  hubFrameOf,
  inHub,
  newSignurl,
  openInPage,
  paperShown,
} from '#test/support/embed.ts';
import { homeOf, journeyWorld } from '#test/support/journey.ts';

let world: World;
let chromium: Browser;
let bidder: Person;
let stranger: Server;
let port = 0;

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld(), launchChromium()]);
  stranger = createServer((request, reply) => {
    reply.setHeader('content-type', 'text/html; charset=utf-8');
    const { searchParams } = new URL(request.url ?? '/', 'http://x');
    const held = searchParams.get('hold');
    reply.end(held === null ? LOUD : `<iframe src="${held}" width="900" height="700"></iframe>${LOUD}`);
  });
  // Under the hub's host name and under the trading system's: only the port differs.
  await new Promise<void>((resolve) => stranger.listen(0, resolve));
  port = (stranger.address() as AddressInfo).port;
});
afterAll(async () => {
  stranger?.closeAllConnections();
  stranger?.close();
  await chromium?.close();
  await world?.close();
});
afterEach(async () => {
  await bidder?.close();
});

/** Says everything to everybody, under every name, and counts what it hears. */
const LOUD = `<script>
  var heard = [], forged = true;
  addEventListener('message', (e) => heard.push(e.data));
  var listening = () => { const c = new MessageChannel(); c.port1.onmessage = (e) => heard.push(e.data); return c.port2; };
  var end = { type: 'signed', name: 'forged.pdf', sm3: null, bytes: null };
  var reach = () => {
    const tops = [parent, top, opener, opener?.parent].filter((w) => w && w !== window);
    return [...tops, ...tops.flatMap((w) => [...Array(w.length).keys()].map((i) => w[i])), ...[...Array(length).keys()].map((i) => window[i])];
  };
  var shout = () => {
    for (const w of reach()) {
      if (w === window) continue;
      try {
        w.postMessage({ caHub: 1, say: 'ready', forged }, '*');
        w.postMessage({ caHub: 1, say: 'connect', takeDocument: true, forged }, '*', [listening()]);
        w.postMessage({ say: 'end', end, forged }, '*');
        w.postMessage({ caHub: 1, say: 'end', end, type: 'signed', forged }, '*');
      } catch {}
    }
  };
  setInterval(shout, 30);
  shout();
</script>`;

const asHub = () => `http://127.0.0.1:${port}/`;
const asTrade = () => `http://localhost:${port}/`;
const heardBy = (frame: Frame | Page): Promise<unknown[]> =>
  frame.evaluate(() => (window as unknown as { heard: unknown[] }).heard);
/** What a stranger heard of ours: strangers hear each other too. */
const ofOurs = (heard: readonly unknown[]) =>
  heard.filter((one) => (one as { forged?: boolean } | null)?.forged !== true);

/** Nothing of the hub can be read in any frame of the page. */
async function rendersNothing(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  const frames = page.frames().filter((one) => one !== page.mainFrame());
  expect(frames.length).toBeGreaterThan(0);
  for (const frame of frames) {
    await frame.waitForLoadState('load').catch(() => undefined);
    expect(await frame.locator('#sheet, #paper').count()).toBe(0);
  }
}

describe('a page of nobody that is registered', () => {
  it.each([
    ['another port of the hub’s own host', asHub],
    ['another port of the trading system’s host', asTrade],
  ])('cannot show the signing page: %s', async (_, address) => {
    bidder = await person(chromium);
    const url = await newSignurl(await atDocuments(world, bidder));
    await bidder.page.goto(`${address()}?hold=${encodeURIComponent(url)}`);
    await rendersNothing(bidder.page);
    await openInPage(world, bidder.page, url, 2000);
    expect(await endInPage(bidder.page)).toMatchObject({ type: 'failed', code: 'FRAME_BLOCKED' });
    expect(await eventsInPage(bidder.page)).toEqual([]);
  });

  it('cannot show it under the trading system’s address by another name', async () => {
    bidder = await person(chromium);
    const url = await newSignurl(await atDocuments(world, bidder));
    const other = new URL(homeOf(world));
    other.hostname = '127.0.0.1';
    await bidder.page.goto(other.href);
    await openInPage(world, bidder.page, url, 2000);
    expect(await endInPage(bidder.page)).toMatchObject({ type: 'failed', code: 'FRAME_BLOCKED' });
  });

  it('cannot show it inside a registered page that it frames itself, nor can a frame without an origin', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    const url = await newSignurl(page);
    await page.evaluate((src) => {
      const none = document.createElement('iframe');
      none.setAttribute('sandbox', 'allow-scripts');
      none.srcdoc = `<iframe src="${src}"></iframe>`;
      document.body.append(none);
    }, url);
    await rendersNothing(page);
    const embedding = new URL(homeOf(world)).origin;
    await page.goto(`${asTrade()}?hold=${encodeURIComponent(`${embedding}/embed/done`)}`);
    const inner = page.frames().find((one) => one.url().startsWith(embedding));
    await inner?.evaluate((src) => {
      const frame = document.createElement('iframe');
      frame.src = src;
      document.body.append(frame);
      return new Promise((resolve) => frame.addEventListener('load', resolve));
    }, url);
    for (const frame of page.frames()) expect(await frame.locator('#sheet, #paper').count()).toBe(0);
  });
});

describe('strangers around a real signing', () => {
  it('hear nothing and are believed nothing: siblings, a null origin, the opener, a second connect', async () => {
    bidder = await person(chromium);
    const first = await atDocuments(world, bidder);
    const url = await newSignurl(first);
    // The trading system's page was opened by a stranger's, which keeps its handle.
    await first.goto(asTrade());
    const [page] = await Promise.all([
      bidder.context.waitForEvent('page'),
      first.evaluate((to) => void window.open(to, 'victim'), new URL('/documents', homeOf(world)).href),
    ]);
    await page.waitForSelector('[data-document]');
    await page.evaluate(
      ([hub, trade, loud]) => {
        for (const src of [hub, trade]) {
          const frame = document.createElement('iframe');
          frame.src = src ?? '';
          document.body.append(frame);
        }
        const none = document.createElement('iframe');
        none.setAttribute('sandbox', 'allow-scripts');
        none.srcdoc = loud ?? '';
        document.body.append(none);
      },
      [asHub(), asTrade(), LOUD] as const,
    );
    await openInPage(world, page, url);
    await paperShown(page);
    // Code of the registered page itself: it has the right window and the right origin, but comes second.
    const late = await page.evaluate(async (origin) => {
      const channel = new MessageChannel();
      let heard = 0;
      channel.port1.onmessage = () => {
        heard += 1;
      };
      const frame = document.querySelector<HTMLIFrameElement>('iframe[title="文件签章"]');
      frame?.contentWindow?.postMessage({ caHub: 1, say: 'connect', takeDocument: true }, origin, [channel.port2]);
      window.postMessage({ caHub: 1, say: 'ready' }, '*');
      window.postMessage({ say: 'end', end: { type: 'cancelled' } }, '*');
      await new Promise((resolve) => setTimeout(resolve, 500));
      return heard;
    }, new URL(url).origin);
    expect(late).toBe(0);
    expect(await eventsInPage(page)).toEqual(['opened', 'shown']);
    await inHub(page).locator('#cancel').click();
    expect(await endInPage(page)).toEqual({ type: 'cancelled' });
    expect(await eventsInPage(page)).toEqual(['opened', 'shown']);
    const strangers = page.frames().filter((one) => one !== page.mainFrame() && !one.url().includes('/sign/'));
    expect(strangers).toHaveLength(3);
    // They do listen: each hears the others.
    for (const one of strangers) expect((await heardBy(one)).length).toBeGreaterThan(0);
    for (const one of [...strangers, first]) expect(ofOurs(await heardBy(one))).toEqual([]);
  });

  it('do not take the conversation over by taking the frame’s place', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    await openInPage(world, page, await newSignurl(page), 3000);
    await paperShown(page);
    await page.evaluate((to) => {
      const frame = document.querySelector<HTMLIFrameElement>('iframe[title="文件签章"]');
      if (frame !== null) frame.src = to;
    }, asHub());
    expect(await endInPage(page)).toMatchObject({ type: 'failed', code: 'FRAME_BLOCKED' });
    const taken = page.frames().find((one) => one.url() === asHub());
    if (taken === undefined) throw new Error('the frame did not change');
    expect(ofOurs(await heardBy(taken))).toEqual([]);
  });

  it('have no hold on a signing page that they opened as a window', async () => {
    bidder = await person(chromium);
    const first = await atDocuments(world, bidder);
    const url = await newSignurl(first);
    await first.goto(asTrade());
    const [page] = await Promise.all([
      bidder.context.waitForEvent('page'),
      first.evaluate((to) => {
        const own = window as unknown as { opened: Window | null };
        own.opened = window.open(to, 'opened');
      }, url),
    ]);
    await page.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached', timeout: 30_000 });
    expect(await page.evaluate(() => window.opener)).toBeNull();
    expect(await first.evaluate(() => (window as unknown as { opened: Window | null }).opened?.closed)).toBe(true);
    expect(ofOurs(await heardBy(first))).toEqual([]);
  });

  it('a frame taken out of the page ends the conversation once', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    await openInPage(world, page, await newSignurl(page));
    await frameState(page, 'ready', 'searching');
    expect(hubFrameOf(world, page).url()).toContain('/sign/');
    await page.evaluate(() => document.querySelector('iframe[title="文件签章"]')?.remove());
    expect(await endInPage(page)).toMatchObject({ type: 'failed', code: 'CLOSED' });
  });
});
