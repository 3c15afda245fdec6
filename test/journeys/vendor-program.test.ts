import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BailuKey } from '#fixtures/world/cast.ts';
import type { World } from '#fixtures/world/world.ts';
import { launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  beginLogin,
  cardOf,
  chooseKey,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
  tailOf,
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

describe('a vendor whose keys stand behind its own program', () => {
  it('has its person logged in, and the program is asked for nothing but the challenge', async () => {
    const page = await newPage();
    const key = bailuOf('liaoning');
    await logInWithKey(page, homeOf(world), key);
    expect(await page.textContent('[data-field=tail]')).toBe(tailOf(key));
    const signed = world.keyService.calls.filter(({ name }) => name === 'SOF_SignData');
    expect(signed.map(({ param }) => Buffer.from(param[1] ?? '', 'base64').toString())).toEqual([
      expect.stringMatching(/^caihub\/1\npurpose=login\n/),
    ]);
    expect(world.keyService.calls.filter(({ name }) => name === 'SOF_Logout')).not.toHaveLength(0);
  });

  it('shows its keys on one shelf with those behind the hub’s own agent', async () => {
    const page = await newPage();
    await beginLogin(page, homeOf(world));
    await chooseKey(page, bailuOf('dalian'));
    await cardOf(page, keyOf(world, 'liaoning-beichen')).waitFor();
    await shot(page, 'two-services');
  });
});
