import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { launchChromium, person } from '#test/support/chromium.ts';
import {
  atDocuments,
  embedAddress,
  frameState,
  hubFrameOf,
  inHub,
  paperShown,
  proveInFrame,
  told,
  toldEnd,
} from '#test/support/embed.ts';
import { journeyWorld } from '#test/support/journey.ts';

let world: World;
let chromium: Browser;

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld({ https: true }), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  await world?.close();
});

describe('the signing page in a frame over https', () => {
  it('is bound by a cookie of this very page’s partition, survives a reload, and leaves no cookie that follows its person', async () => {
    const bidder = await person(chromium, { https: true });
    const page = await atDocuments(world, bidder);
    await bidder.context.clearCookies({ name: '__Host-caihub' });
    const given: string[] = [];
    bidder.context.on('response', async (response) => {
      const header = (await response.headersArray()).filter(({ name }) => name.toLowerCase() === 'set-cookie');
      if (response.url().startsWith(world.description.hub)) given.push(...header.map(({ value }) => value));
    });
    await page.goto(await embedAddress(page, 'sdk'));
    await paperShown(page);
    const cookies = (await bidder.context.cookies()).filter(({ name }) => name.includes('caihub'));
    expect(cookies).toMatchObject([
      { name: '__Host-caihub-framed', secure: true, httpOnly: true, sameSite: 'None', path: '/' },
    ]);
    expect(cookies[0]?.partitionKey).toBe('https://localhost');
    expect(given).toHaveLength(1);
    expect(given[0]).toMatch(/; Partitioned/);

    await proveInFrame(world, page);
    await hubFrameOf(world, page).evaluate(() => location.reload());
    await page.locator('#events [data-event=opened] >> nth=1').waitFor();
    await paperShown(page);
    await frameState(page, 'placing');
    expect(given).toHaveLength(1);
    await inHub(page).locator('#cancel').click();
    await toldEnd(page, 'cancelled');
    expect((await told(page)).filter((one) => one === 'opened')).toHaveLength(2);
    expect(bidder.complaints).toEqual([]);
    await bidder.close();
  });
});
