import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { inState, launchChromium, person } from '#test/support/chromium.ts';
import {
  beginLogin,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
  onPhone,
  pendingOnPhone,
} from '#test/support/journey.ts';

let world: World;
let chromium: Browser;

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld({ https: true }), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  await world?.close();
});

describe('over https with a demo certificate authority', () => {
  it('a bidder logs in with a key, and the browser is bound by a __Host- cookie', async () => {
    const bidder = await person(chromium, { https: true });
    await logInWithKey(bidder.page, homeOf(world), keyOf(world, 'liaoning-beichen'));
    const cookies = (await bidder.context.cookies(world.description.hub)).filter((cookie) =>
      cookie.name.startsWith('__Host-'),
    );
    expect(cookies.map(({ name, secure, httpOnly, path }) => ({ name, secure, httpOnly, path }))).toEqual([
      { name: '__Host-caihub', secure: true, httpOnly: true, path: '/' },
    ]);
    expect(bidder.complaints).toEqual([]);
    await bidder.close();
  });

  it('a bidder logs in with the phone', async () => {
    const bidder = await person(chromium, { https: true });
    await beginLogin(bidder.page, homeOf(world, 1));
    await inState(bidder.page, 'ready');
    await bidder.page.click('button:has-text("渤海电子认证")');
    await bidder.page.waitForSelector('.qr img');
    await onPhone(world, 'confirm', (await pendingOnPhone(world)).at(-1)?.tid ?? '');
    await bidder.page.waitForSelector('#identity');
    expect(bidder.complaints).toEqual([]);
    await bidder.close();
  });
});
