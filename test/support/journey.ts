/** A running demo world and what people do in it, in their own words. */
import type { Page } from 'playwright-core';
import type { CastKey } from '#fixtures/world/cast.ts';
import { DEMO_PIN, startWorld, type World } from '#fixtures/world/world.ts';
import { inState } from './chromium.ts';

export async function journeyWorld(options: { https?: boolean } = {}): Promise<World> {
  return startWorld({ environment: {}, logLevel: 'info', ...options });
}

export const homeOf = (world: World, unit = 0): string => world.description.units[unit]?.platforms[0]?.home ?? '';

export function keyOf(world: World, name: string): CastKey {
  const key = [...world.cast.keys, ...world.cast.bailu].find((one) => one.name === name);
  if (key === undefined) throw new Error(`no key named ${name}`);
  return key;
}

export const tailOf = (key: CastKey): string => key.signCertSn.slice(-4);

/** From the trading system's button to the hub's page with its cards. */
export async function beginLogin(page: Page, home: string): Promise<void> {
  await page.goto(home);
  await page.click('#ca-login');
  await page.waitForURL(/\/check\//);
}

export const cardOf = (page: Page, key: CastKey) => page.locator('.cert', { hasText: tailOf(key) });

/** All cards, the folded ones too. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelector<HTMLElement>('[data-act=unfold]')?.click());
}

export async function chooseKey(page: Page, key: CastKey): Promise<void> {
  await inState(page, 'ready');
  // Found and pressed in one step: between two, the card may be drawn anew and the press go to an element that has left the page.
  await page.waitForFunction((tail) => {
    const card = [...document.querySelectorAll('.cert')].find((one) => one.textContent?.includes(tail));
    // It may be folded away behind the first ones.
    if (card === undefined) document.querySelector<HTMLElement>('[data-act=unfold]')?.click();
    const input = card?.querySelector('input');
    if (input == null || input.disabled) return false;
    if (!input.checked) input.click();
    return input.checked;
  }, tailOf(key));
}

/** PIN on the page itself (pinEntry page). */
export async function enterPin(page: Page, pin: string = DEMO_PIN): Promise<void> {
  await page.fill('input[type=password]', pin);
  await page.click('.do .btn--primary');
}

/** PIN in the agent's own window (pinEntry agent). */
export async function enterPinInAgent(page: Page, pin: string = DEMO_PIN): Promise<void> {
  await page.click('.do .btn--primary');
  const frame = page.frameLocator('iframe');
  await frame.locator('input[type=password]').fill(pin);
  await frame.locator('input[type=password]').press('Enter');
}

/** The whole road with a key of Beichen's. */
export async function logInWithKey(page: Page, home: string, key: CastKey): Promise<void> {
  await beginLogin(page, home);
  await chooseKey(page, key);
  await enterPin(page);
  await page.waitForURL(home);
  await page.waitForSelector('#identity');
}

/** What the trading system's control door is told to do with callbacks. */
export async function mood(
  world: World,
  to: 'normal' | 'refuse' | 'error' | 'slow' | 'garbage',
  unit = 0,
): Promise<void> {
  await fetch(new URL('/control/mood', homeOf(world, unit)), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mood: to }),
  });
}

/** The phone's list of requests, as its person sees it. */
export async function pendingOnPhone(world: World): Promise<{ tid: string; digits: string; platformName: string }[]> {
  const reply = await fetch(new URL('/phone/api/pending', world.description.phone.url));
  return ((await reply.json()) as { tasks: { tid: string; digits: string; platformName: string }[] }).tasks;
}

export async function onPhone(world: World, deed: 'scan' | 'confirm' | 'cancel', tid: string): Promise<void> {
  await fetch(new URL(`/phone/api/${deed}`, world.description.phone.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tid }),
  });
}
