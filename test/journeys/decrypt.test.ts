import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  enterPin,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
  mood,
  onPhone,
  pendingOnPhone,
} from '#test/support/journey.ts';

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
afterEach(async (context) => {
  if (bidder !== undefined) await shot(bidder.page, `end-${context.task.name.slice(0, 24)}`).catch(() => undefined);
  await mood(world, 'normal');
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

const key = () => keyOf(world, 'liaoning-beichen');

/** Logged in, at the trading system's page of sealed files, with these sealed by it. */
async function atFiles(texts: readonly string[]): Promise<Person['page']> {
  bidder = await person(chromium);
  const { page } = bidder;
  await logInWithKey(page, homeOf(world), key());
  for (const [n, text] of texts.entries()) {
    await page.goto(new URL('/files', homeOf(world)).href);
    await page.fill('input[name=name]', `投标报价函 ${n + 1}`);
    await page.fill('textarea[name=text]', text);
    await page.click('#seal');
    await page.waitForSelector(`#sealed tr:has-text("投标报价函 ${n + 1}")`);
  }
  return page;
}

const openFirst = async (page: Person['page']): Promise<void> => {
  await page.click('#sealed [data-act=open] >> nth=0');
  await page.waitForURL(/\/decrypt\//);
};

describe('a bidder opens what was encrypted for him', () => {
  it('with the key, and the trading system reads the very text', async () => {
    const text = '投标总报价：人民币 98,765,432.10 元\n“工期” 180 日历天 🏗';
    const page = await atFiles([text]);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await openFirst(page);
    await inState(page, 'ready');
    expect(await page.textContent('#stage')).toContain('投标报价函 1');
    await shot(page, 'decrypt-ready');
    await enterPin(page);
    await inState(page, 'all-open');
    await shot(page, 'decrypt-done');
    await page.click('.notice__do a');
    await page.goto(new URL('/files', homeOf(world)).href);
    expect(await page.textContent('[data-field=text]')).toBe(text);
    for (const one of sent.filter((request) => request.startsWith(world.description.hub))) {
      expect(one).not.toContain(DEMO_PIN);
      expect(one).not.toContain('98,765,432.10');
    }
  });

  it('several at once with the PIN typed once', async () => {
    const page = await atFiles(['一', '二', '三']);
    const files = page.locator('#sealed [data-act=open]');
    expect(await files.count()).toBeGreaterThanOrEqual(3);
    for (let n = 0; n < 2; n += 1) {
      await files.nth(n).click();
      await page.waitForURL(/\/decrypt\//);
      await page.goto(new URL('/files', homeOf(world)).href);
    }
    await files.nth(2).click();
    await page.waitForURL(/\/decrypt\//);
    await inState(page, 'ready');
    expect(await page.textContent('.filebox')).toContain('本次可一并解密 3 份，只需输入一次 PIN 码');
    await shot(page, 'decrypt-together');
    await enterPin(page);
    await inState(page, 'all-open');
    expect(await page.textContent('.progress__head')).toContain('已解密 3 / 3');
    await page.goto(new URL('/files', homeOf(world)).href);
    for (const text of ['一', '二', '三'])
      await page.waitForSelector(`[data-field=text]:text-is("${text}")`, { timeout: 10_000 });
  });

  it('with the phone', async () => {
    const page = await atFiles(['手机']);
    await openFirst(page);
    await inState(page, 'ready');
    await page.click('.scan__pick button:has-text("北辰数字认证")');
    await page.waitForSelector('.qr img');
    const request = (await pendingOnPhone(world)).at(-1);
    expect(await page.textContent('.do')).toContain(request?.digits);
    await onPhone(world, 'confirm', request?.tid ?? '');
    await inState(page, 'all-open');
    await shot(page, 'decrypt-phone-done');
  });

  it('and where the trading system does not answer, the result waits for it', async () => {
    const page = await atFiles(['等待']);
    await openFirst(page);
    await inState(page, 'ready');
    await mood(world, 'error');
    await enterPin(page);
    await inState(page, 'no-answer');
    await shot(page, 'decrypt-no-answer');
    await mood(world, 'normal');
    await inState(page, 'all-open');
  });

  it('and may cancel: nothing is handed over', async () => {
    const page = await atFiles(['取消']);
    await openFirst(page);
    await inState(page, 'ready');
    await page.click('#cancel');
    await page.waitForURL(homeOf(world));
    await page.goto(new URL('/files', homeOf(world)).href);
    expect(await page.locator('[data-field=text]:text-is("取消")').count()).toBe(0);
  });
});
