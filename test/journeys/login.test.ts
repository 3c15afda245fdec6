import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_PIN, type World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import {
  beginLogin,
  cardOf,
  chooseKey,
  enterPin,
  enterPinInAgent,
  homeOf,
  journeyWorld,
  keyOf,
  logInWithKey,
  onPhone,
  pendingOnPhone,
  tailOf,
  unfold,
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

async function newBidder(options: { phone?: boolean } = {}): Promise<Person> {
  bidder = await person(chromium, options);
  return bidder;
}
afterEach(async () => {
  const complaints = bidder?.complaints ?? [];
  await bidder?.close();
  expect(complaints).toEqual([]);
});

describe('a bidder logs in to the trading system', () => {
  it('with a software USB key whose PIN is typed on the page', async () => {
    const { page } = await newBidder();
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(frame.url()));
    const key = keyOf(world, 'liaoning-beichen');
    await logInWithKey(page, homeOf(world), key);
    await shot(page, 'logged-in');
    expect(await page.textContent('[data-field=unitCode]')).toBe(key.holder.unitCode);
    expect(await page.textContent('[data-field=tail]')).toBe(tailOf(key));
    for (const url of visited)
      expect(url).not.toMatch(new RegExp(`${key.holder.idNumber}|${key.signCertSn}|${DEMO_PIN}`));
  });

  it('with a key whose PIN is typed in the agent’s own window', async () => {
    const { page } = await newBidder();
    const key = keyOf(world, 'liaoning-bohai');
    await beginLogin(page, homeOf(world));
    await chooseKey(page, key);
    await enterPinInAgent(page);
    await page.waitForSelector('#identity');
    expect(await page.textContent('[data-field=tail]')).toBe(tailOf(key));
  });

  it('with the phone, where page and phone show the same two digits', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    await page.click('button:has-text("渤海电子认证")');
    await page.waitForSelector('.qr img');
    const request = (await pendingOnPhone(world)).at(-1);
    expect(await page.textContent('.do')).toContain(request?.digits);
    await onPhone(world, 'scan', request?.tid ?? '');
    await page.waitForSelector('text=已扫码');
    await shot(page, 'scanned');
    await onPhone(world, 'confirm', request?.tid ?? '');
    await page.waitForSelector('#identity');
  });

  it('by touching the phone page itself', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    await page.click('button:has-text("北辰数字认证")');
    await page.waitForSelector('.qr img');
    const phone = await person(chromium, { phone: true });
    const request = (await pendingOnPhone(world)).at(-1);
    await phone.page.goto(new URL(`/scan/${request?.tid}`, world.description.phone.url).href);
    await shot(phone.page, 'phone');
    await phone.page.click('text=确认登录');
    await page.waitForSelector('#identity');
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });

  it('at a second trading system that never enrolled the key: recognition', async () => {
    const { page } = await newBidder();
    await logInWithKey(page, homeOf(world, 1), keyOf(world, 'liaoning-beichen'));
    expect(await page.textContent('[data-field=unitCode]')).toBe(keyOf(world, 'liaoning-beichen').holder.unitCode);
  });

  it('and the address bar shows nothing but the hub and the interaction', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    expect(new URL(page.url()).pathname).toMatch(/^\/check\/i\/int_[0-9a-z]{26}$/);
    expect(new URL(page.url()).search).toBe('');
  });
});

describe('a key that cannot log in', () => {
  const cases: readonly [string, string, RegExp, string][] = [
    ['expired', 'dalian-beichen-expired', /已于.*(到期|过期)/, 'expired'],
    ['revoked', 'dalian-bohai-revoked', /吊销/, 'revoked'],
    ['renewed', 'hunan-beichen', /新证书|换发|更换|延期/, 'superseded'],
  ];
  for (const [name, keyName, sentence, state] of cases) {
    it(`is shown with its reason and cannot be chosen: ${name}`, async () => {
      const { page } = await newBidder();
      await beginLogin(page, homeOf(world));
      await inState(page, 'ready');
      await unfold(page);
      const card = cardOf(page, keyOf(world, keyName));
      expect(await card.locator('input').isDisabled()).toBe(true);
      await cardWhy(page, keyName);
      await inState(page, state);
      expect(await page.textContent('.do')).toMatch(sentence);
      await shot(page, `refused-${name}`);
    });
  }

  it('is refused by the hub too, when a page is made to send its evidence all the same', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    const codes = await page.evaluate(async () => {
      const interaction = location.pathname.split('/').at(-1);
      const call = async (route: string, body: unknown) =>
        (await (
          await fetch(`/hosted/api/${route}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
        ).json()) as {
          ok: boolean;
          error?: { code: string };
        };
      await call('challenge', { interaction });
      const wrong = await call('evidence', { interaction, certificate: 'AAAA', signature: 'AAAA' });
      return [wrong.ok, wrong.error?.code];
    });
    expect(codes[0]).toBe(false);
  });
});

async function cardWhy(page: Person['page'], keyName: string): Promise<void> {
  const tail = tailOf(keyOf(world, keyName));
  await page.evaluate((wanted) => {
    const button = [...document.querySelectorAll<HTMLElement>('[data-act=why]')].find((one) =>
      one.closest('li, .cert, .card, div')?.textContent?.includes(wanted),
    );
    button?.click();
  }, tail);
}

describe('the PIN', () => {
  it('is counted down when it is wrong, and the right one still works', async () => {
    const { page } = await newBidder();
    const key = keyOf(world, 'hunan-beichen-new');
    await beginLogin(page, homeOf(world));
    await chooseKey(page, key);
    await enterPin(page, '000000');
    await inState(page, 'pin-wrong');
    expect(await page.textContent('.field__hint.is-bad')).toMatch(/还可以再试\s*5\s*次/);
    await shot(page, 'pin-wrong');
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('locks the key after the last try, with the vendor’s hotline, and the other roads stay open', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await chooseKey(page, keyOf(world, 'dalian-bohai'));
    await page.click('.do .btn--primary');
    const frame = page.frameLocator('iframe');
    for (let left = 5; left >= 0; left -= 1) {
      await frame.locator('input[type=password]').fill('999999');
      await frame.locator('input[type=password]').press('Enter');
      if (left > 0) await frame.getByText(left === 1 ? '只剩 1 次机会' : `还可以再试 ${left} 次`).waitFor();
    }
    await inState(page, 'locked');
    expect(await page.textContent('.do')).toContain('400-000-0002');
    await shot(page, 'locked');
  });

  it('never reaches the hub: no request, no log line, no byte on its disk', async () => {
    const { page } = await newBidder();
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(world.description.hub)) sent.push(request.url() + (request.postData() ?? ''));
    });
    await logInWithKey(page, homeOf(world), keyOf(world, 'liaoning-beichen'));
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.filter((text) => text.includes(DEMO_PIN))).toEqual([]);
    expect(world.printed()).not.toContain(DEMO_PIN);
    const files = readdirSync(world.prepared.folder).filter((name) => name.startsWith('hub.db'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect(readFileSync(join(world.prepared.folder, name)).includes(DEMO_PIN)).toBe(false);
  });
});

describe('the person changes his mind', () => {
  it('cancels, and the page says so with one way back', async () => {
    const { page } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    await page.click('#cancel');
    await page.waitForFunction(
      () => location.origin.includes('localhost') || document.querySelector('[data-state=cancelled]') !== null,
    );
  });

  it('reloads, and goes on where he was', async () => {
    const { page } = await newBidder();
    const key = keyOf(world, 'liaoning-beichen');
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    await page.reload();
    await chooseKey(page, key);
    await enterPin(page);
    await page.waitForSelector('#identity');
  });

  it('closes the tab, presses the button again and logs in', async () => {
    const { page, context } = await newBidder();
    await beginLogin(page, homeOf(world));
    await inState(page, 'ready');
    await page.close();
    const again = await context.newPage();
    await logInWithKey(again, homeOf(world), keyOf(world, 'liaoning-beichen'));
  });
});
