import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  atDocuments,
  chooseInFrame,
  documentsOf,
  embedAddress,
  embedded,
  endInPage,
  frameState,
  hubFrameOf,
  inHub,
  newSignurl,
  openInPage,
  paperShown,
  proveInFrame,
  runOut,
  told,
  toldEnd,
} from '#test/support/embed.ts';
import { chooseKey, journeyWorld, keyOf, mood, onPhone, pendingOnPhone } from '#test/support/journey.ts';

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
  await shot(bidder.page, `embed-end-${context.task.name.slice(0, 24)}`).catch(() => undefined);
  const { complaints } = bidder;
  await bidder.close();
  expect(complaints).toEqual([]);
});

describe('a trading system shows the signing page in its own, with the SDK', () => {
  it('has its document sealed there: events, one end, and onSignature has brought the file', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk', { paper: 'tender' });
    await paperShown(page);
    await shot(page, 'embed-open');
    await proveInFrame(world, page);
    await inHub(page).locator('.stamps > li').first().waitFor();
    await inHub(page).locator('#submit').click();
    await toldEnd(page, 'signed');
    await shot(page, 'embed-signed');
    const events = await told(page);
    expect(events).toEqual(expect.arrayContaining(['opened', 'shown', 'identified', 'sealed']));
    expect(new Set(events).size).toBe(events.length);
    // The page around takes him on: the frame goes nowhere by itself.
    expect(hubFrameOf(world, page).url()).toMatch(/\/sign\/i\//);
    await page.goto(documentsOf(world));
    const row = page.locator('[data-document] >> nth=0 >> tbody tr >> nth=0');
    expect(await row.textContent()).toContain('辽宁示例建设有限公司');
  });

  it('is handed the file that the person loaded and signed himself', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    const [original] = await Promise.all([
      page.waitForEvent('download'),
      page.click('[data-document] >> nth=1 >> [data-act=download] >> nth=0'),
    ]);
    const buffer = await readFile(await original.path());
    await page.click('[data-document] >> nth=1 >> [data-act=embed]');
    await page.click('text=自己的文件');
    await page.click('text=SDK（ES 模块）');
    await frameState(page, 'pick-file');
    await shot(page, 'embed-local');
    await inHub(page).locator('#file').setInputFiles({ name: '投标保函.pdf', mimeType: 'application/pdf', buffer });
    await paperShown(page);
    await proveInFrame(world, page);
    await inHub(page).locator('[data-act=here]').click();
    await inHub(page).locator('#submit').click();
    await page.locator('#end[data-kept=true]').waitFor({ timeout: 30_000 });
    await frameState(page, 'signed-handed');
    await shot(page, 'embed-local-signed');
    await page.goto(documentsOf(world));
    const row = page.locator('[data-document] >> nth=1 >> tbody tr >> nth=0');
    expect(await row.textContent()).toContain('（上传）');
    await row.locator('[data-act=check]').click();
    await page.waitForSelector('[data-field=checked]');
    expect(await page.locator('[data-field=checked]').first().textContent()).toContain('签名有效');
  });

  it('takes the PIN in the agent’s own window, inside the frame', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk');
    await paperShown(page);
    await chooseInFrame(world, page, 'liaoning-bohai');
    await inHub(page).locator('#submit').click();
    const own = inHub(page).frameLocator('iframe');
    await own.locator('input[type=password]').fill(DEMO_PIN);
    await shot(page, 'embed-agent-pin');
    await own.locator('input[type=password]').press('Enter');
    await frameState(page, 'placing', 'no-seal');
    expect(await told(page)).toContain('identified');
  });

  it('learns that the person cancelled; the frame stays, and its way back leads out of it', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk');
    await paperShown(page);
    await inHub(page).locator('#cancel').click();
    await toldEnd(page, 'cancelled');
    await frameState(page, 'cancelled');
    await shot(page, 'embed-cancelled');
    await inHub(page).locator('.notice a.btn').click();
    await page.waitForSelector('#identity');
  });

  it('learns that the time has run out', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk');
    await paperShown(page);
    runOut(world, page);
    await toldEnd(page, 'expired');
    await frameState(page, 'task-expired');
  });

  it('learns that its own server did not take the file: the sentence and the code', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk');
    await paperShown(page);
    await proveInFrame(world, page);
    await mood(world, 'refuse');
    try {
      await inHub(page).locator('[data-act=here]').click();
      await inHub(page).locator('#submit').click();
      // Four refusals are believed; the person has each one sent at once.
      const again = inHub(page).locator('button:has-text("立即重试")');
      await expect
        .poll(
          async () => {
            await again.click({ timeout: 1000 }).catch(() => undefined);
            return page.getAttribute('#end', 'data-end');
          },
          { timeout: 40_000 },
        )
        .toBe('failed');
    } finally {
      await mood(world, 'normal');
    }
    expect(await page.getAttribute('#end', 'data-code')).toBe('SIGNED_NOT_DELIVERED');
    expect(await page.textContent('#end')).not.toBe('');
    expect(await told(page)).toContain('delivering');
    await shot(page, 'embed-failed');
  });

  it('learns that a link is used up, from the page in its place', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    const used = await newSignurl(page);
    const other = await person(chromium);
    await other.page.goto(used);
    await other.page.click('#cancel');
    await other.page.waitForURL((url) => !url.href.startsWith(world.description.hub));
    await other.close();
    await openInPage(world, page, used);
    expect(await endInPage(page)).toMatchObject({ type: 'failed', hubCode: 'TASK_ENDED' });
    await inHub(page).locator('.notice a[target=_top]').waitFor();
    await shot(page, 'embed-used');
  });
});

describe('a frame that may not reach this computer', () => {
  it('sends its person into a window of its own, and tells the real end', async () => {
    bidder = await person(chromium);
    const page = await atDocuments(world, bidder);
    await page.addInitScript(() => {
      const { setAttribute } = Element.prototype;
      Element.prototype.setAttribute = function (name, value) {
        if (name !== 'allow') setAttribute.call(this, name, value);
      };
    });
    await page.goto(await embedAddress(page, 'sdk'));
    await frameState(page, 'framed');
    await shot(page, 'embed-framed');
    const [own] = await Promise.all([
      bidder.context.waitForEvent('page'),
      inHub(page).locator('button:has-text("在新窗口中打开")').click(),
    ]);
    await frameState(page, 'moved');
    await own.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached', timeout: 30_000 });
    expect(await own.evaluate(() => window.opener)).toBeNull();
    await page.locator('#events [data-event=moved]').waitFor();
    await inHub(page).locator('button:has-text("改用手机扫码")').waitFor({ state: 'detached', timeout: 30_000 });
    await inHub(page).locator('button:has-text("重新打开窗口")').waitFor();
    await shot(page, 'embed-moved');
    await chooseKey(own, keyOf(world, 'liaoning-beichen'));
    await own.fill('#pin', DEMO_PIN);
    await own.press('#pin', 'Enter');
    await inState(own, 'placing');
    await own.click('[data-act=here]');
    expect(await page.getAttribute('#end', 'data-end')).toBeNull();
    await own.click('#submit');
    await inState(own, 'signed');
    await toldEnd(page, 'signed');
    await frameState(page, 'already-done');
    await shot(page, 'embed-moved-signed');
  });
});

describe('a person who has begun in the frame', () => {
  it('goes on in a window of its own with everything he has placed, and the frame follows him', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'sdk');
    await paperShown(page);
    await proveInFrame(world, page);
    await inHub(page).locator('.stamps > li').first().waitFor();
    await inHub(page).locator('.seal:has-text("法定代表人")').click();
    await inHub(page).locator('[data-act=here]').click();
    const before = await inHub(page).locator('.stamps > li').allTextContents();
    await shot(page, 'embed-placed');
    const [own] = await Promise.all([
      bidder.context.waitForEvent('page'),
      inHub(page).locator('#viewer-bar [data-act=window]').click(),
    ]);
    await frameState(page, 'moved');
    await own.waitForSelector('#viewer-bar .tag.is-ok', { state: 'attached', timeout: 30_000 });
    expect(await own.evaluate(() => window.opener)).toBeNull();
    // Who he is has to be proved again: a link may be followed by another person.
    expect(await own.locator('.seal').count()).toBe(0);
    await chooseKey(own, keyOf(world, 'liaoning-beichen'));
    await own.fill('#pin', DEMO_PIN);
    await own.press('#pin', 'Enter');
    await inState(own, 'placing');
    await own.waitForSelector(`:text("已恢复您先前放置的 ${before.length} 处")`);
    expect(await own.locator('.stamps > li').allTextContents()).toEqual(before);
    await shot(own, 'embed-own-window');
    await own.click('#submit');
    await inState(own, 'signed');
    await toldEnd(page, 'signed');
    await frameState(page, 'already-done');
    expect(await told(page)).toContain('moved');
  });

  it('comes back into the frame when no window opened', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'allow');
    await paperShown(page);
    bidder.context.on('page', (one) => void one.close().catch(() => undefined));
    await bidder.context.route(/\/hosted\/api\/sign\/claim/, (route) =>
      route.request().frame().parentFrame() === null ? route.abort() : route.continue(),
    );
    await inHub(page).locator('#viewer-bar [data-act=window]').click();
    await frameState(page, 'moved');
    await shot(page, 'embed-moved-again');
    await inHub(page).locator('button:has-text("改用手机扫码")').click();
    await paperShown(page);
    await proveInFrame(world, page);
  });
});

describe('a bare iframe', () => {
  it('without `allow` offers the new window and the phone; the phone signs in the frame', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'bare');
    await frameState(page, 'framed');
    await inHub(page).locator('button:has-text("在新窗口中打开")').waitFor();
    await shot(page, 'embed-bare');
    await inHub(page).locator('button:has-text("改用手机扫码")').click();
    await paperShown(page);
    await inHub(page).locator('.scan__pick button:has-text("北辰数字认证")').click();
    await inHub(page).locator('.qr img').waitFor();
    await shot(page, 'embed-bare-phone');
    // Claimed here, and the claim can go along.
    await inHub(page).locator('button:has-text("在新窗口中打开")').waitFor();
    await onPhone(world, 'confirm', (await pendingOnPhone(world)).at(-1)?.tid ?? '');
    await frameState(page, 'placing', 'no-seal');
  });

  it('with `allow` uses the key, and leads its frame back by itself', async () => {
    bidder = await person(chromium);
    const page = await embedded(world, bidder, 'allow');
    await paperShown(page);
    await proveInFrame(world, page);
    await inHub(page).locator('[data-act=here]').click();
    await inHub(page).locator('#submit').click();
    await frameState(page, 'signed');
    await inHub(page).locator('h1:has-text("签章已完成")').waitFor({ timeout: 20_000 });
    await shot(page, 'embed-bare-done');
    await inHub(page).locator('a:has-text("查看文件")').click();
    await page.waitForURL(documentsOf(world));
  });
});
