import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { beginLogin, homeOf, journeyWorld } from '#test/support/journey.ts';

let world: World;
let chromium: Browser;
let bidder: Person;

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld(), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  await world?.close();
});
afterEach(async () => {
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

const account = (i = 0) => {
  const one = world.description.cloud[i];
  if (one === undefined) throw new Error('nobody of this vendor');
  return one;
};

/** From the trading system to the vendor's page, with the digits that the login page has shown. */
async function toVendor(page: Page): Promise<string> {
  await beginLogin(page, homeOf(world));
  await inState(page, 'ready', 'no-agent', 'searching');
  await page.click('.scan__pick button:has-text("前往青岚数字证书页面")');
  await page.waitForSelector('#open-vendor');
  await shot(page, 'vendor-page-offered');
  const digits = (await page.textContent('#digits')) ?? '';
  await page.click('#open-vendor');
  await page.waitForURL(/\/qinglan\/p\//);
  return digits;
}

async function signIn(page: Page, pin = DEMO_PIN, i = 0): Promise<void> {
  await page.fill('#account', account(i).account);
  await page.fill('#pin', pin);
  await page.click('#sign-in');
}

describe('a bidder whose certificate the vendor keeps logs in on the vendor’s own page', () => {
  it('reads the same digits there, signs in, confirms, and is led back and on', async () => {
    bidder = await person(chromium);
    const { page } = bidder;
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(frame.url()));
    const digits = await toVendor(page);
    expect(await page.textContent('#digits')).toBe(digits);
    expect(await page.textContent('#platform')).toBe('示例市公共资源交易中心电子交易系统');
    await shot(page, 'vendor-page-sign-in');
    await signIn(page);
    await page.waitForSelector('#confirm');
    expect(await page.textContent('#holder')).toBe(account().holder);
    await shot(page, 'vendor-page-confirm');
    await page.click('#confirm');
    await page.waitForSelector('#identity');
    expect(await page.textContent('[data-field=tail]')).toBe(account().signCertSn.slice(-4));
    await shot(page, 'vendor-page-logged-in');
    for (const url of visited) expect(url).not.toMatch(new RegExp(`${account().signCertSn}|${DEMO_PIN}|caihub/1`));
    expect(world.printed()).not.toContain(DEMO_PIN);
  });

  it('a wrong PIN is said so and nothing is sent; cancelling there is said here, and it can be begun again', async () => {
    bidder = await person(chromium);
    const { page } = bidder;
    await toVendor(page);
    await signIn(page, '000000');
    await page.waitForSelector('#trouble');
    await shot(page, 'vendor-page-wrong-pin');
    expect(await page.textContent('#trouble')).toContain('还可尝试 4 次');
    await page.click('#cancel');
    await page.waitForURL(/\/check\/i\//);
    await page.waitForSelector('#scan :text("您已在机构页面上取消")');
    await shot(page, 'vendor-page-cancelled');
    await page.click('#scan [data-act=mobile]');
    await page.waitForSelector('#open-vendor');
    await page.click('#open-vendor');
    await signIn(page);
    await page.click('#confirm');
    await page.waitForSelector('#identity');
  });

  it('a return that anybody made up at the hub’s door changes nothing', async () => {
    bidder = await person(chromium);
    const { page } = bidder;
    const callbacks: string[] = [];
    await toVendor(page);
    const back = world.prepared.hubUrl;
    const interaction = /int_[0-9a-z]{26}/.exec((await page.goBack())?.url() ?? page.url())?.[0] ?? '';
    expect(interaction).not.toBe('');
    for (const state of ['done', 'cancelled', 'failed', 'expired']) {
      const path = `/drivers/qinglan/callback/${interaction}.0123456789abcdef`;
      const reply = await fetch(`${back}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-return-timestamp': String(Date.now()),
          'x-return-nonce': 'ab'.repeat(16),
          'x-return-signature': Buffer.alloc(70, 7).toString('base64'),
        },
        body: JSON.stringify({ sid: 'a'.repeat(24), exchange: `${interaction}.0123456789abcdef`, state }),
      });
      callbacks.push(await reply.text());
    }
    expect(new Set(callbacks).size).toBe(1);
    await page.waitForSelector('#open-vendor');
    await page.click('#open-vendor');
    await signIn(page);
    await page.click('#confirm');
    await page.waitForSelector('#identity');
  });

  it('on a phone as well', async () => {
    bidder = await person(chromium, { phone: true });
    const { page } = bidder;
    await beginLogin(page, homeOf(world));
    await page.click('.scan__pick button:has-text("前往青岚数字证书页面")');
    await page.waitForSelector('#open-vendor');
    await shot(page, 'vendor-page-phone-offered');
    await page.click('#open-vendor');
    await signIn(page, DEMO_PIN, 1);
    await page.waitForSelector('#confirm');
    await shot(page, 'vendor-page-phone-confirm');
    await page.click('#confirm');
    await page.waitForSelector('#identity');
    expect(await page.textContent('[data-field=tail]')).toBe(account(1).signCertSn.slice(-4));
  });
});
