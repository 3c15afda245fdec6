import { renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Browser, Download } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  chooseKey,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
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
  if (bidder !== undefined)
    await shot(bidder.page, `sign-end-${context.task.name.slice(0, 24)}`).catch(() => undefined);
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

const key = () => keyOf(world, 'liaoning-beichen');
const documents = () => new URL('/documents', homeOf(world)).href;
const fileOf = (name: string): string =>
  world.description.keys.find((one) => one.signCertSn === keyOf(world, name).signCertSn)?.file ?? '';
type Page = Person['page'];

/** Logged in at the trading system, then at the hub's page with the tender document before him. */
async function atDocument(): Promise<Page> {
  bidder = await person(chromium);
  const { page } = bidder;
  await logInWithKey(page, homeOf(world), key());
  await page.goto(documents());
  await page.click('[data-act=sign] >> nth=0');
  await page.waitForURL(/\/sign\//);
  await shown(page);
  return page;
}

const shown = (page: Page) => page.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached', timeout: 20_000 });

async function prove(page: Page, pin: string = DEMO_PIN): Promise<void> {
  await chooseKey(page, key());
  await page.fill('#pin', pin);
  await page.click('#submit');
}

/** His seals have come; what the trading system wished for stands on the pages. */
async function atSeals(page: Page): Promise<void> {
  await inState(page, 'placing');
  await page.waitForSelector('.stamps > li', { timeout: 20_000 });
}

const stamps = (page: Page) => page.locator('.stamps > li').count();
const latest = (page: Page) => page.textContent('[data-document] >> nth=0 >> tbody tr >> nth=0');
const bytesOf = async (file: Download): Promise<Buffer> => readFile(await file.path());
const back = (page: Page) => page.waitForURL((url) => url.href.startsWith(homeOf(world)), { timeout: 20_000 });

describe('a bidder seals a document of the trading system', () => {
  it('with the key and one PIN: two seals and a straddle seal, and the document comes back signed', async () => {
    const page = await atDocument();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await shot(page, 'sign-open');
    await prove(page);
    await atSeals(page);
    const wished = await stamps(page);
    await page.click('.seal:has-text("法定代表人")');
    await page.click('[data-act=here]');
    await page.click('.seal:has-text("公章")');
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('[data-act=straddle]');
    expect(await stamps(page)).toBe(wished + 2);
    await shot(page, 'sign-placed');
    await page.click('#submit');
    await inState(page, 'signed');
    expect(await page.textContent('#signed')).toContain(`已加盖 ${wished + 2} 处，文件已送达交易系统`);
    await shown(page);
    await shot(page, 'sign-done');
    await back(page);
    await page.goto(documents());
    expect(await latest(page)).toContain('辽宁示例建设有限公司');
    expect(await latest(page)).toContain('只在末尾追加，此前内容未动');
    await page.click('[data-act=check] >> nth=0');
    await page.waitForSelector('[data-field=checked]');
    expect(await page.textContent('[data-field=checked]')).toContain('签名有效');
    await shot(page, 'sign-checked');
    expect(sent.filter((one) => one.includes(DEMO_PIN))).toEqual([]);
  });

  it('sees the very bytes that are signed, and takes the signed ones with him', async () => {
    const page = await atDocument();
    await prove(page);
    await atSeals(page);
    await page.click('[data-act=keep]');
    // The new version stands, and nothing is left to be signed.
    await page.click('#submit:has-text("提交签章后的文件")');
    await inState(page, 'signed');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=download]')]);
    const bytes = await bytesOf(file);
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file.suggestedFilename()).toContain('（已签章）.pdf');
    await page.goto(documents());
    const [theirs] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=download] >> nth=0')]);
    expect((await bytesOf(theirs)).equals(bytes)).toBe(true);
  });

  it('with the phone: who it is, then each seal', async () => {
    const page = await atDocument();
    await inState(page, 'ready');
    await page.click('.scan__pick button:has-text("北辰数字认证")');
    await page.waitForSelector('.qr img');
    await onPhone(world, 'confirm', (await pendingOnPhone(world)).at(-1)?.tid ?? '');
    await inState(page, 'placing', 'no-seal');
    await shot(page, 'sign-phone-proved');
    await page.check('#invisible');
    await page.click('#submit');
    await inState(page, 'signing');
    await page.waitForSelector('.qr img');
    const request = (await pendingOnPhone(world)).at(-1);
    expect(await page.textContent('#digits')).toBe(request?.digits);
    await shot(page, 'sign-phone');
    await onPhone(world, 'confirm', request?.tid ?? '');
    await inState(page, 'signed');
  });
});

describe('what can go wrong', () => {
  it('a wrong PIN is said under its field; the next one is right', async () => {
    const page = await atDocument();
    await prove(page, '000000');
    await inState(page, 'pin-wrong');
    expect(await page.textContent('#pin-hint')).toContain('还可以再试');
    await page.fill('#pin', DEMO_PIN);
    await page.click('#submit');
    await atSeals(page);
  });

  it('the key is pulled: places are kept, and it goes on when the key is back', async () => {
    const page = await atDocument();
    await prove(page);
    await atSeals(page);
    const before = await stamps(page);
    const file = fileOf('liaoning-beichen');
    renameSync(file, `${file}.away`);
    await inState(page, 'pulled');
    expect(await stamps(page)).toBe(before);
    await shot(page, 'sign-pulled');
    renameSync(`${file}.away`, file);
    await page.waitForSelector('#pin');
    await page.fill('#pin', DEMO_PIN);
    await page.click('#submit');
    await inState(page, 'signed');
  });

  it('the page is loaded again: who it was is known, his seals lie where he put them, and his key signs', async () => {
    const page = await atDocument();
    await prove(page);
    await atSeals(page);
    await page.click('.seal:has-text("法定代表人")');
    await page.click('[data-act=next]');
    await page.click('[data-act=here]');
    await page.click('.seal:has-text("公章")');
    await page.click('[data-act=way][data-value=straddle]');
    await page.click('[data-act=straddle]');
    const before = await page.locator('.stamps > li').allTextContents();
    await page.reload();
    await shown(page);
    await atSeals(page);
    expect(await page.textContent('.cert--signer')).toContain('辽宁示例建设有限公司');
    await page.waitForSelector(`:text("已恢复您先前放置的 ${before.length} 处")`);
    expect(await page.locator('.stamps > li').allTextContents()).toEqual(before);
    await shot(page, 'sign-restored');
    await page.waitForSelector('#pin');
    await page.fill('#pin', DEMO_PIN);
    await page.click('#submit');
    await inState(page, 'signed');
    expect(await page.textContent('#signed')).toContain(`已加盖 ${before.length} 处`);
  });

  it('the page is loaded again between two seals of the phone: the second is asked for all the same', async () => {
    const page = await atDocument();
    await inState(page, 'ready');
    await page.click('.scan__pick button:has-text("渤海电子认证")');
    await page.waitForSelector('.qr img');
    await onPhone(world, 'confirm', (await pendingOnPhone(world)).at(-1)?.tid ?? '');
    await atSeals(page);
    await page.click('.seal:has-text("法定代表人")');
    await page.click('[data-act=here]');
    const places = await stamps(page);
    await page.click('#submit');
    await inState(page, 'signing');
    await page.waitForSelector('.qr img');
    const first = (await pendingOnPhone(world)).at(-1)?.tid ?? '';
    await page.reload();
    await inState(page, 'signing');
    await page.waitForSelector('.qr img');
    await page.waitForSelector('.checks :text("法定代表人")');
    await shot(page, 'sign-phone-again');
    await onPhone(world, 'confirm', first);
    const second = async () => (await pendingOnPhone(world)).map(({ tid }) => tid).find((tid) => tid !== first);
    await expect.poll(second, { timeout: 20_000 }).toBeDefined();
    await onPhone(world, 'confirm', (await second()) ?? '');
    await inState(page, 'signed');
    expect(await page.textContent('#signed')).toContain(`已加盖 ${places} 处`);
  });

  it('he cancels: nothing is signed, and the trading system has him back', async () => {
    const page = await atDocument();
    await page.click('#cancel');
    await back(page);
  });
});

describe('a file of his own', () => {
  it('is signed on the page, taken away, and uploaded in the trading system', async () => {
    bidder = await person(chromium);
    const { page } = bidder;
    await logInWithKey(page, homeOf(world), key());
    await page.goto(documents());
    const [original] = await Promise.all([
      page.waitForEvent('download'),
      page.click('[data-document] >> nth=1 >> [data-act=download] >> nth=0'),
    ]);
    const buffer = await bytesOf(original);
    // The frame beside it has the same link: on a busy machine it would be the first browser, and the window another.
    await page.route(/\/sign\//, (route) =>
      route.request().frame().parentFrame() === null ? route.fallback() : route.abort(),
    );
    await page.click('[data-document] >> nth=1 >> [data-act=local]');
    const address = await page.getAttribute('[data-act=window]', 'href');
    await page.goto(address ?? '');
    await inState(page, 'pick-file');
    await shot(page, 'sign-local');
    await page.setInputFiles('#file', { name: '投标保函.pdf', mimeType: 'application/pdf', buffer });
    await shown(page);
    await prove(page);
    await inState(page, 'placing');
    await page.click('[data-act=here]');
    await page.click('#submit');
    await inState(page, 'signed-local');
    expect(await page.textContent('#signed-local')).toContain('请下载签章后的文件，并在交易系统中上传。');
    await shown(page);
    await shot(page, 'sign-local-done');
    const [signed] = await Promise.all([page.waitForEvent('download'), page.click('[data-act=download]')]);
    const bytes = await bytesOf(signed);
    expect(bytes.subarray(0, buffer.length).equals(buffer)).toBe(true);
    expect(bytes.length).toBeGreaterThan(buffer.length);
  });
});
