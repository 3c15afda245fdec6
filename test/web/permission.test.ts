import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '#test/support/chromium.ts';
import { builtPages } from './built.ts';
import { inState, type Stage, stage } from './stage.ts';

/** Chromium's Local Network Access, played on one machine: the hub's port counts as a public address, and its name is not this computer's. */
const HOST = 'hub.ca.example';
let built: Awaited<ReturnType<typeof builtPages>>;
let end: (() => Promise<void>)[] = [];
beforeAll(async () => {
  built = await builtPages();
});
afterAll(() => built?.remove());
afterEach(async () => {
  for (const close of end.reverse()) await close();
  end = [];
});

async function gated(
  frameAncestors?: readonly string[],
): Promise<Stage & { origin: string; allow(setting: 'granted' | 'denied'): Promise<void> }> {
  const port = await freePort();
  const origin = `http://${HOST}:${port}`;
  const browser = await launchChromium([
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
    `--ip-address-space-overrides=127.0.0.1:${port}=public`,
    `--unsafely-treat-insecure-origin-as-secure=${origin}`,
  ]);
  const now = await stage(browser, built.assets, {
    hub: (hub) => {
      hub.port = port;
      if (frameAncestors !== undefined) hub.frameAncestors = frameAncestors;
    },
  });
  end.push(
    () => browser.close(),
    () => now.close(),
  );
  const devtools = await now.context.newCDPSession(now.page);
  const { targetInfo } = await devtools.send('Target.getTargetInfo');
  const allow = async (setting: 'granted' | 'denied') => {
    const context = targetInfo.browserContextId;
    await devtools.send('Browser.setPermission', {
      origin,
      permission: { name: 'loopback-network' },
      setting,
      ...(context !== undefined && { browserContextId: context }),
    });
  };
  return { ...now, origin, allow };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const titleOf = (page: Page, state: string) => page.textContent(`#${state} .notice__t`);

describe('the browser’s permission to reach this computer', () => {
  it('is asked for by the person’s own click, never by opening the page', async () => {
    const { page, agent, origin } = await gated();
    await page.goto(`${origin}/check/t`);
    await inState(page, 'lna-blocked');
    expect(await titleOf(page, 'lna-blocked')).toBe('连接证书助手需要您同意');
    expect(agent.frames).toEqual([]);
    await page.click('[data-act=connect]');
    // Headless Chromium answers its own question with no.
    await inState(page, 'lna-denied');
  });

  it('that was granted before connects at once', async () => {
    const { page, origin, allow } = await gated();
    await allow('granted');
    await page.goto(`${origin}/check/t`);
    await inState(page, 'ready');
  });

  it('that was refused is told from an absent agent, with the way out, and goes on when the person changes it', async () => {
    const { page, origin, allow } = await gated();
    await allow('denied');
    await page.goto(`${origin}/check/t`);
    await inState(page, 'lna-denied');
    expect(await page.locator('#lna-denied ol li').count()).toBe(3);
    expect(await page.textContent('#lna-denied')).toMatch(/重新连接.*在新窗口中打开.*改用手机扫码/s);
    await allow('granted');
    await inState(page, 'ready');
  });
});

describe('inside another site’s frame', () => {
  it('that does not pass the permission on, the page claims nothing and offers a window of its own', async () => {
    const outside = createServer((_request, reply) => {
      reply.setHeader('content-type', 'text/html');
      reply.end(`<!doctype html><title>x</title><iframe src="${inner}" width="1000" height="700"></iframe>`);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => outside.once('listening', resolve));
    end.push(() => new Promise((resolve) => outside.close(() => resolve())));
    const frame = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    const { page, hub, origin, context } = await gated([frame]);
    const inner = `${origin}/check/page-token`;
    await page.goto(frame);
    const inside = page.frameLocator('iframe');
    await inside.locator('#framed').waitFor();
    expect(hub.requests).toEqual([]);
    const [opened] = await Promise.all([context.waitForEvent('page'), inside.locator('[data-act=window]').click()]);
    await inState(opened, 'lna-blocked');
    expect(hub.requests.filter((request) => request.name === 'claim').map((request) => request.body)).toEqual([
      '{"token":"page-token"}',
    ]);
  });

  it('the page does not show at all where nobody has registered that site', async () => {
    const { page, origin, hub } = await gated();
    await page.setContent(`<iframe src="${origin}/check/t"></iframe>`);
    await page.waitForTimeout(500);
    expect(hub.requests).toEqual([]);
  });
});
