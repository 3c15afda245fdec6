import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BailuKey } from '#fixtures/world/cast.ts';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  beginLogin,
  cardOf,
  chooseKey,
  enterPin,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
  tailOf,
} from '#test/support/journey.ts';
import { checkedVersion, openPaper, provedByKey, submitted } from '#test/support/papers.ts';

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
  if (bidder !== undefined)
    await shot(bidder.page, `bailu-end-${context.task.name.slice(0, 24)}`).catch(() => undefined);
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

async function newPage(): Promise<Page> {
  bidder = await person(chromium);
  return bidder.page;
}

function bailuOf(holder: string): BailuKey {
  const key = world.cast.bailu.find((one) => one.holder.id === holder);
  if (key === undefined) throw new Error(`Bailu keeps no key of ${holder}`);
  return key;
}

const calls = (name: string) => world.keyService.calls.filter((call) => call.name === name).map(({ param }) => param);
const TEXT = '投标总报价：人民币 98,765,432.10 元';

describe('a vendor whose keys stand behind its own program', () => {
  it('has its person logged in, and the program is asked for nothing but the challenge', async () => {
    const page = await newPage();
    const key = bailuOf('liaoning');
    await logInWithKey(page, homeOf(world), key);
    expect(await page.textContent('[data-field=tail]')).toBe(tailOf(key));
    expect(calls('SOF_SignData').map(([, data]) => Buffer.from(data ?? '', 'base64').toString())).toEqual([
      expect.stringMatching(/^caihub\/1\npurpose=login\n/),
    ]);
    expect(calls('SOF_Logout')).toContainEqual([key.certId]);
  });

  it('shows its keys on one shelf with those behind the hub’s own agent', async () => {
    const page = await newPage();
    await beginLogin(page, homeOf(world));
    await chooseKey(page, bailuOf('dalian'));
    await cardOf(page, keyOf(world, 'liaoning-beichen')).waitFor();
    expect(await page.locator('#missing').count()).toBe(0);
    await shot(page, 'two-services');
  });

  it('opens what was encrypted for its person; PIN and content go nowhere but the program and the trading system', async () => {
    const page = await newPage();
    await logInWithKey(page, homeOf(world), bailuOf('liaoning'));
    await page.goto(new URL('/files', homeOf(world)).href);
    await page.fill('input[name=name]', '投标报价函');
    await page.fill('textarea[name=text]', TEXT);
    await page.click('#seal');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.click('#sealed [data-act=open] >> nth=0');
    await page.waitForURL(/\/decrypt\//);
    await inState(page, 'ready');
    expect(await page.textContent('#stage')).toContain('白鹭数字认证');
    await enterPin(page);
    await inState(page, 'all-open');
    await page.click('.notice__do a');
    await page.goto(new URL('/files', homeOf(world)).href);
    expect(await page.textContent('[data-field=text]')).toBe(TEXT);
    const toHub = sent.filter((request) => request.startsWith(world.description.hub));
    expect(toHub.filter((one) => one.includes(DEMO_PIN) || one.includes('98,765,432.10'))).toEqual([]);
  });

  it('signs a document with its person’s seal, which the hub finds valid', async () => {
    const page = await newPage();
    await logInWithKey(page, homeOf(world), bailuOf('liaoning'));
    await openPaper(page, world, 'guarantee');
    await provedByKey(page, world, 'liaoning-bailu');
    await page.click('.seal:has-text("公章")');
    await page.click('[data-act=here]');
    await shot(page, 'bailu-placed');
    await submitted(page);
    expect((await checkedVersion(page, 'guarantee', 1)).join(' ')).toContain('签名有效');
  });

  it('counts wrong PINs on the page as its program does', async () => {
    const page = await newPage();
    await beginLogin(page, homeOf(world));
    await chooseKey(page, bailuOf('dalian'));
    await enterPin(page, '000000');
    await inState(page, 'pin-wrong');
    expect(await page.textContent('.do')).toContain('5 次');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('waits for a key that is pulled out, and goes on when it is back', async () => {
    const page = await newPage();
    const key = bailuOf('dalian');
    await beginLogin(page, homeOf(world));
    await chooseKey(page, key);
    world.keyService.unplug(key.certId);
    await inState(page, 'pulled');
    expect(await page.textContent('#pulled')).toContain(tailOf(key));
    world.keyService.plug(key.certId);
    await inState(page, 'ready');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('is named where its program has gone under its key, and goes on when it is back', async () => {
    const page = await newPage();
    const key = bailuOf('liaoning');
    await beginLogin(page, homeOf(world));
    await chooseKey(page, key);
    await world.keyService.stop();
    await inState(page, 'agent-lost');
    expect(await page.textContent('#agent-lost')).toContain('与白鹭数字认证证书服务的连接已断开');
    expect(await page.textContent('#agent-lost')).toContain('400-000-0004');
    await shot(page, 'program-lost');
    await world.keyService.start();
    await inState(page, 'ready');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });
});

describe('where the vendor’s program is not running', () => {
  beforeAll(() => world.keyService.stop());
  afterAll(() => world.keyService.start());

  it('others log in as ever, and who misses his certificate finds the vendor under the list', async () => {
    const page = await newPage();
    await beginLogin(page, homeOf(world));
    await chooseKey(page, keyOf(world, 'liaoning-beichen'));
    expect(await page.locator('#missing').getAttribute('open')).toBeNull();
    await page.click('#missing summary');
    const told = page.locator('#missing .vendors');
    expect(await told.textContent()).toContain('白鹭数字认证');
    expect(await told.textContent()).toContain('400-000-0004');
    expect(await told.textContent()).not.toContain('北辰');
    await shot(page, 'program-missing');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('the check page tells each program by its vendor’s name', async () => {
    const page = await newPage();
    await page.goto(`${world.description.hub}/diagnose`);
    await page.click('#start');
    await page.waitForSelector('#verdict .notice');
    const told = await page.textContent('#probe-agent');
    expect(told).toContain('证书助手正在运行');
    expect(told).toContain('白鹭数字认证：没有找到证书服务');
    await shot(page, 'diagnose-missing');
    await world.keyService.start();
    await page.click('#start');
    await page.locator('#probe-agent', { hasText: '白鹭数字认证：证书服务正在运行（SOF 3.2.1）' }).waitFor();
    await shot(page, 'diagnose-both');
    await world.keyService.stop();
  });
});

describe('a trading system’s own page with the certificate control', () => {
  const hubFrame = (page: Page) => page.frameLocator('iframe[title="数字证书控件"]');
  const said = (page: Page, text: string | RegExp) => page.locator('#said', { hasText: text }).waitFor();
  const act = (page: Page, name: string) => page.click(`[data-do=${name}]`);
  const confirm = async (page: Page): Promise<void> => {
    await hubFrame(page).locator('#pin').fill(DEMO_PIN);
    await hubFrame(page).locator('.btn--primary').click();
  };

  it('lists keys of both dialects in one frame, signs and verifies, encrypts and decrypts with each', async () => {
    const page = await newPage();
    await page.goto(new URL('/ca-control', homeOf(world)).href);
    await act(page, 'list');
    await said(page, /找到/);
    const options = await page.locator('#cert option').allTextContents();
    for (const vendor of ['北辰数字认证', '白鹭数字认证'])
      expect(options.some((text) => text.includes(vendor))).toBe(true);
    for (const key of [bailuOf('liaoning'), keyOf(world, 'liaoning-beichen')]) {
      const option = page.locator('#cert option', { hasText: tailOf(key) });
      await page.selectOption('#cert', (await option.getAttribute('value')) ?? '');
      await act(page, 'sign');
      await confirm(page);
      await said(page, '已签名');
      await act(page, 'verify');
      await said(page, '签名有效');
      await act(page, 'encrypt');
      await said(page, '已加密');
      await act(page, 'decrypt');
      // Open already: the person's word is enough.
      await hubFrame(page).locator('.field__hint.is-ok').waitFor();
      await hubFrame(page).locator('.btn--primary').click();
      await said(page, '解密内容：');
    }
  });
});
