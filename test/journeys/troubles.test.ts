import { execFile } from 'node:child_process';
import { renameSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot, stateOf } from '#test/support/chromium.ts';
import {
  beginLogin,
  chooseKey,
  enterPin,
  homeOf,
  journeyWorld,
  keyOf,
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
afterEach(async () => {
  await mood(world, 'normal');
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

const key = () => keyOf(world, 'liaoning-beichen');
const fileOf = (name: string): string =>
  world.description.keys.find((one) => one.signCertSn === keyOf(world, name).signCertSn)?.file ?? '';
const agentCommand = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['src/main.ts', 'agent', ...args, '--home', world.agent.home]);

async function atPin(): Promise<Person['page']> {
  bidder = await person(chromium);
  await beginLogin(bidder.page, homeOf(world));
  await chooseKey(bidder.page, key());
  return bidder.page;
}

describe('the trading system', () => {
  it('says no, and its own sentence reaches the person', async () => {
    await mood(world, 'refuse');
    const page = await atPin();
    await enterPin(page);
    await inState(page, 'refused');
    expect(await page.textContent('body')).toContain(
      '示例市公共资源交易中心电子交易系统 提示：该企业未在本系统注册，请先完成主体注册',
    );
    await shot(page, 'system-refused');
  });

  it('does not answer at first: the page waits, retries, and the login still arrives', async () => {
    await mood(world, 'error');
    const page = await atPin();
    await enterPin(page);
    await inState(page, 'no-answer');
    await shot(page, 'no-answer');
    await mood(world, 'normal');
    await page.waitForSelector('#identity', { timeout: 40_000 });
  });

  it('answers garbage: that is no success either', async () => {
    await mood(world, 'garbage');
    const page = await atPin();
    await enterPin(page);
    await inState(page, 'no-answer');
    await mood(world, 'normal');
    await page.waitForSelector('#identity', { timeout: 40_000 });
  });
});

describe('the key', () => {
  it('is pulled: the page says so and goes on by itself when it is plugged in again', async () => {
    const page = await atPin();
    const file = fileOf('liaoning-beichen');
    renameSync(file, `${file}.away`);
    await inState(page, 'pulled');
    await shot(page, 'pulled');
    renameSync(`${file}.away`, file);
    await inState(page, 'ready');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('is unplugged and plugged by command', async () => {
    const page = await atPin();
    const { stdout } = await agentCommand('keys', '--json');
    const listed = (JSON.parse(stdout) as { keys: { id: string; file: string }[] }).keys.find(
      (one) => one.file === fileOf('liaoning-beichen'),
    );
    await agentCommand('unplug', listed?.id ?? '');
    await inState(page, 'pulled');
    await agentCommand('plug', fileOf('liaoning-beichen'));
    await inState(page, 'ready');
  });
});

describe('the phone', () => {
  it('says no: the page offers the code again', async () => {
    bidder = await person(chromium);
    await beginLogin(bidder.page, homeOf(world));
    await inState(bidder.page, 'ready');
    await bidder.page.click('button:has-text("北辰数字认证")');
    await bidder.page.waitForSelector('.qr img');
    await onPhone(world, 'cancel', (await pendingOnPhone(world)).at(-1)?.tid ?? '');
    await bidder.page.waitForSelector('text=/已.*取消/');
    await shot(bidder.page, 'phone-cancelled');
  });

  it('belongs to a vendor that is down: the sentence names it and the other roads stay', async () => {
    bidder = await person(chromium);
    await beginLogin(bidder.page, homeOf(world));
    await inState(bidder.page, 'ready');
    world.vendor.outage('bohai', true);
    try {
      await bidder.page.click('button:has-text("渤海电子认证")');
      await bidder.page.waitForSelector('text=/渤海电子认证.*(没有响应|暂时)/', { timeout: 30_000 });
      await shot(bidder.page, 'vendor-down');
    } finally {
      world.vendor.outage('bohai', false);
    }
  });
});

describe('the agent and the hub', () => {
  it('the hub dies and comes back while the page is open: the page finds it again and the login succeeds', async () => {
    const page = await atPin();
    await world.killHub();
    await world.startHub();
    await expect.poll(() => stateOf(page), { timeout: 20_000 }).toBe('ready');
    await enterPin(page);
    await page.waitForSelector('#identity', { timeout: 30_000 });
  });

  it('is not there: keys behind a vendor’s own program work, and the others’ vendors are named below', async () => {
    await world.agent.stop();
    bidder = await person(chromium);
    const { page } = bidder;
    await beginLogin(page, homeOf(world));
    await chooseKey(page, keyOf(world, 'liaoning-bailu'));
    expect(await page.textContent('.do')).toContain('白鹭数字认证证书服务已连接');
    expect(await page.textContent('#missing .vendors')).toMatch(/北辰数字认证.*渤海电子认证/);
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('is not there, and no other program either: the page offers installation and the phone', async () => {
    await world.keyService.stop();
    bidder = await person(chromium);
    await beginLogin(bidder.page, homeOf(world));
    await inState(bidder.page, 'no-agent');
    await shot(bidder.page, 'no-agent');
    expect(await bidder.page.textContent('body')).toMatch(/证书助手/);
    await bidder.page.click('button:has-text("北辰数字认证")');
    await bidder.page.waitForSelector('.qr img');
    const request = (await pendingOnPhone(world)).at(-1);
    await onPhone(world, 'confirm', request?.tid ?? '');
    await bidder.page.waitForSelector('#identity');
  });
});
