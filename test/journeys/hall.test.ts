import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CastKey } from '#fixtures/world/cast.ts';
import { DEMO_PIN, startWorld, type World } from '#fixtures/world/world.ts';
import { launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { keyOf, tailOf } from '#test/support/journey.ts';

/** Long enough for three people to take their seats. */
const OPENS_IN_MS = 75_000;

let world: World;
let chromium: Browser;
const people: Person[] = [];

beforeAll(async () => {
  [world, chromium] = await Promise.all([
    startWorld({ environment: {}, logLevel: 'info', opensInMs: OPENS_IN_MS }),
    launchChromium(),
  ]);
});
afterEach(async (context) => {
  for (const [n, one] of people.entries())
    if (context.task.result?.state === 'fail') await shot(one.page, `hall-end-${n}`).catch(() => undefined);
});
afterAll(async () => {
  for (const one of people) await one.close();
  await chromium?.close();
  await world?.close();
});

const opening = () => {
  const [first] = world.description.openings;
  if (first === undefined) throw new Error('the world has no opening');
  return first;
};

async function inHall(options: { phone?: boolean } = {}): Promise<Page> {
  const one = await person(chromium, options);
  people.push(one);
  await one.page.goto(opening().hall);
  await one.page.waitForSelector('#title');
  return one.page;
}

const officers = (role: CastKey['role']): readonly CastKey[] => world.cast.officers.filter((key) => key.role === role);
const officer = (role: CastKey['role'], n = 0): CastKey => {
  const key = officers(role)[n];
  if (key === undefined) throw new Error(`no ${role} ${n}`);
  return key;
};

/** In the panel beside the hall: this key, its PIN wherever it is typed, and the deed. */
async function withKey(page: Page, key: CastKey): Promise<void> {
  await page.waitForFunction((tail) => {
    const panel = document.querySelector('#panel');
    const cards = [...(panel?.querySelectorAll('label.cert') ?? [])];
    const card = cards.find((one) => one.textContent?.includes(tail));
    if (card === undefined) panel?.querySelector<HTMLElement>('[data-act=unfold]')?.click();
    const input = card?.querySelector('input');
    // A task that wants one certain key shows no choice.
    if (cards.length === 0) return panel?.querySelector('#submit') != null;
    if (input == null || input.disabled) return false;
    if (!input.checked) input.click();
    return input.checked;
  }, tailOf(key));
  const field = page.locator('#panel #pin');
  if ((await field.count()) > 0) await field.fill(DEMO_PIN);
  await page.click('#panel #submit');
  const frame = page.locator('#panel iframe');
  const asked = await Promise.race([
    frame.waitFor({ timeout: 20_000 }).then(() => true),
    page.waitForSelector('#panel', { state: 'hidden', timeout: 20_000 }).then(() => false),
  ]);
  if (asked) {
    const pin = page.frameLocator('#panel iframe').locator('input[type=password]');
    await pin.fill(DEMO_PIN);
    await pin.press('Enter');
    await page.waitForSelector('#panel', { state: 'hidden', timeout: 20_000 });
  }
}

async function sit(page: Page, key: CastKey): Promise<void> {
  await page.click('[data-act=enter]');
  await withKey(page, key);
  await page.waitForSelector('#seat', { state: 'attached' });
}

const phase = (page: Page, name: string) =>
  page.waitForSelector(`html[data-state="${name}"]`, { timeout: OPENS_IN_MS + 30_000 });

describe('an opening, from the empty hall to the open bids', () => {
  it('host, two custodians, a bidder and everybody else see it happen', async () => {
    const projector = await inHall();
    expect(await projector.innerText('#sheet')).not.toMatch(/共 \d+ 家|已解密|有限公司(?!.*招标)/);
    await shot(projector, 'hall-before');

    const host = await inHall();
    await sit(host, officer('host'));
    const [first, second] = [await inHall(), await inHall()];
    for (const [n, page] of [first, second].entries()) {
      await sit(page, officer('custodian', n));
      await page.click('[data-act=check-in]');
      await withKey(page, officer('custodian', n));
      await page.waitForSelector('.keys :text("已签到")');
    }
    await shot(second, 'hall-checked-in');

    const bidder = await inHall({ phone: true });
    await bidder.evaluate(() => document.documentElement.classList.remove('is-touch'));
    await shot(bidder, 'hall-phone-audience');

    await phase(host, 'due');
    await shot(host, 'hall-due');
    expect(await host.innerText('#body')).toContain('共 3 家');
    expect(await projector.innerText('#sheet')).not.toMatch(/共 \d+ 家/);
    await host.click('[data-act=start]');
    await phase(projector, 'releasing');
    for (const [n, page] of [first, second].entries()) {
      await page.click('[data-act=release]');
      await withKey(page, officer('custodian', n));
    }
    await phase(projector, 'window');
    await shot(projector, 'hall-window');
    expect(await projector.innerText('#body')).toContain('共 3 家');

    const one = await inHall();
    await sit(one, keyOf(world, 'liaoning-beichen'));
    await shot(one, 'hall-bidder');
    await one.click('[data-act=decrypt]');
    await one.waitForURL(/\/decrypt\//);
    await one.waitForSelector('#submit');
    await shot(one, 'hall-bidder-decrypt');
    await one.fill('#pin', DEMO_PIN);
    await one.click('#submit');
    await one.waitForSelector('html[data-state="all-open"]', { timeout: 30_000 });
    await projector.waitForSelector('.board li:has-text("已解密")', { timeout: 20_000 });
    await shot(projector, 'hall-opened');
    await one.goto(opening().hall);
    await one.waitForSelector('#b-ok');
    await shot(one, 'hall-bidder-ok');
    for (const each of people) expect(each.complaints).toEqual([]);
  }, 240_000);
});
