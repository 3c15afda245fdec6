import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { pem } from '#pki/certificate-text.ts';
import { launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { homeOf, journeyWorld, keyOf } from '#test/support/journey.ts';
import { stumbles } from '#test/support/stumbles.ts';

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

const PRICE = '投标总报价：人民币 12,345,678.90 元';
const hubFrame = (page: Page): FrameLocator => page.frameLocator('iframe[title="数字证书控件"]');
const said = (page: Page, text: string | RegExp) => page.locator('#said', { hasText: text }).waitFor();
/** The hub's window stands over the page. */
const shown = (page: Page) => page.locator('iframe[title="数字证书控件"]:not([aria-hidden])').waitFor();
const act = (page: Page, name: string) => page.click(`[data-do=${name}]`);

async function openPage(): Promise<Page> {
  bidder = await person(chromium);
  await bidder.page.goto(new URL('/ca-control', homeOf(world)).href);
  return bidder.page;
}

/** The page with its list, and one key chosen. */
async function withKey(name: string): Promise<Page> {
  const page = await openPage();
  await act(page, 'list');
  await said(page, /找到/);
  const key = keyOf(world, name);
  const option = page.locator('#cert option', { hasText: key.signCertSn.slice(-4) });
  await page.selectOption('#cert', (await option.getAttribute('value')) ?? '');
  return page;
}

describe('a trading system’s own page with the certificate control', () => {
  it('lists the keys of both vendors, the unusable ones with their reason', async () => {
    const page = await openPage();
    await act(page, 'list');
    await said(page, /找到/);
    const options = await page.locator('#cert option').allTextContents();
    expect(options.some((text) => text.includes('北辰数字认证'))).toBe(true);
    expect(options.some((text) => text.includes('渤海电子认证'))).toBe(true);
    expect(options.find((text) => text.includes('吊销'))).toBeDefined();
  });

  it('has a text signed after the person saw it in the hub’s window; the hub and openssl both verify the message', async () => {
    const page = await withKey('liaoning-beichen');
    await act(page, 'sign');
    const frame = hubFrame(page);
    await frame.locator('blockquote', { hasText: PRICE }).waitFor();
    await shown(page);
    await shot(page, 'control-sign');
    const inside = page.frames().find((one) => one.url().includes('/control/frame/'));
    expect(inside && (await stumbles(inside, 'frame'))).toEqual([]);
    await frame.locator('#pin').fill(DEMO_PIN);
    await frame.locator('.btn--primary').click();
    await said(page, '已签名');
    const message = await page.inputValue('#result');
    expect(verifiedByOpenssl(message, keyOf(world, 'liaoning-beichen').pair.signCertificate)).toBe(true);

    await act(page, 'verify');
    await said(page, '签名有效');
    await page.fill('#text', `${PRICE}整`);
    await act(page, 'verify');
    await said(page, '签名无效：原文与签名时不一致');
  });

  it('asks again after a wrong PIN, with the tries left', async () => {
    const page = await withKey('anshan-beichen');
    await act(page, 'sign');
    const frame = hubFrame(page);
    await frame.locator('#pin').fill('000000');
    await frame.locator('.btn--primary').click();
    await frame.locator('.field__hint.is-bad', { hasText: /PIN 码错误，还可尝试 \d 次/ }).waitFor();
    await shot(page, 'control-pin-wrong');
    await frame.locator('#pin').fill(DEMO_PIN);
    await frame.locator('.btn--primary').click();
    await said(page, '已签名');
    // The key is open now: the next signature wants the person's word, no PIN.
    await act(page, 'sign');
    await frame.locator('.field__hint.is-ok').waitFor();
    expect(await frame.locator('#pin').count()).toBe(0);
    await frame.locator('.btn--primary').click();
    await said(page, '已签名');
  });

  it('takes the PIN in the agent’s own window where the key wants that', async () => {
    const page = await withKey('liaoning-bohai');
    await act(page, 'sign');
    const frame = hubFrame(page);
    await frame.locator('.btn--primary').click();
    const own = frame.frameLocator('#pin-frame');
    await own.locator('input[type=password]').waitFor();
    await shot(page, 'control-agent-pin');
    await own.locator('input[type=password]').fill(DEMO_PIN);
    await own.locator('input[type=password]').press('Enter');
    await said(page, '已签名');
  });

  it('encrypts for its person and opens it in his browser; neither PIN, content key nor content leave for the hub', async () => {
    const page = await withKey('liaoning-beichen');
    await act(page, 'encrypt');
    await said(page, '已加密');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await act(page, 'decrypt');
    const frame = hubFrame(page);
    await frame.locator('#pin').fill(DEMO_PIN);
    await frame.locator('.btn--primary').click();
    await said(page, `解密内容：${PRICE}`);
    expect(sent.length).toBeGreaterThan(0);
    const secrets = [DEMO_PIN, PRICE, Buffer.from(PRICE).toString('base64')];
    expect(sent.filter((one) => secrets.some((secret) => one.includes(secret)))).toEqual([]);
  });

  it('tells the page that the person cancelled, in a sentence and a code', async () => {
    const page = await withKey('liaoning-beichen');
    await act(page, 'sign');
    await hubFrame(page).locator('button', { hasText: '取消' }).click();
    await page.locator('#trouble', { hasText: '您已取消本次操作。' }).waitFor();
    expect(await page.getAttribute('#trouble', 'data-code')).toBe('CANCELLED');
    await page.locator('iframe[title="数字证书控件"][aria-hidden=true]').waitFor({ state: 'attached' });
  });
});

describe('somebody else’s page', () => {
  let stranger: Server;
  let address: string;
  let frame = '';
  beforeAll(async () => {
    stranger = createServer((request, reply) => {
      reply.setHeader('content-type', 'text/html; charset=utf-8');
      const sdk = `${world.description.hub}/sdk/v1/ca-hub.mjs`;
      reply.end(
        request.url === '/raw'
          ? `<iframe src="${frame}"></iframe><script>addEventListener('message', (e) => { document.title = 'heard' })</script>`
          : `<p id="out"></p><script type="module">import { openControl } from '${sdk}';
             openControl({ frame: '${frame}', timeout: 3000 }).then(() => { out.textContent = 'open' }, (e) => { out.textContent = e.code });</script>`,
      );
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => stranger.once('listening', resolve));
    address = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  });
  afterAll(() => stranger.close());

  it('may load the SDK but not hold the frame, and hears nothing from it', async () => {
    const own = await person(chromium);
    await own.page.goto(new URL('/ca-control', homeOf(world)).href);
    frame = (await own.page.locator('script[data-frame]').getAttribute('data-frame')) ?? '';
    expect(frame).toMatch(/\/control\/frame\/int_/);
    await own.close();
    bidder = await person(chromium);
    await bidder.page.goto(address);
    await bidder.page.locator('#out', { hasText: 'FRAME_BLOCKED' }).waitFor();
    await bidder.page.goto(`${address}/raw`);
    await bidder.page.waitForLoadState('networkidle');
    expect(await bidder.page.title()).not.toBe('heard');
    // That the browser refused to show the frame is what this is about.
    bidder.complaints.length = 0;
  });
});

/** The message as another program sees it: SM2 over signed attributes, the default id. */
function verifiedByOpenssl(message: string, certificate: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'control-'));
  try {
    writeFileSync(join(folder, 'cert.pem'), pem(certificate));
    writeFileSync(join(folder, 'message.der'), Buffer.from(message, 'base64'));
    const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    run('x509', '-in', 'cert.pem', '-pubkey', '-noout', '-out', 'key.pem');
    const lines = run('asn1parse', '-inform', 'DER', '-in', 'message.der').split('\n');
    const values = lines.map(
      (line) => /^\s*(\d+):d=\s*(\d+)\s+hl=(\d+)\s+l=\s*(\d+)\s+(.*)$/.exec(line)?.slice(1) ?? [],
    );
    const bytes = Buffer.from(message, 'base64');
    // Inside the one SignerInfo: cont [0] holds the attributes, the last OCTET STRING the signature.
    const last = values.findLast((value) => value[4]?.includes('OCTET STRING'));
    const attributes = values.findLast((value) => value[4]?.startsWith('cons: cont [ 0 ]'));
    if (last === undefined || attributes === undefined) return false;
    const whole = ([at, , head, length]: string[]) =>
      bytes.subarray(Number(at), Number(at) + Number(head) + Number(length));
    const signed = Buffer.from(whole(attributes));
    signed[0] = 0x31;
    writeFileSync(join(folder, 'signed'), signed);
    writeFileSync(join(folder, 'signature'), whole(last).subarray(Number(last[2])));
    const id = ['-sigopt', 'distid:1234567812345678'];
    const told = run('dgst', '-sm3', '-verify', 'key.pem', ...id, '-signature', 'signature', 'signed');
    return told.includes('Verified OK');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
