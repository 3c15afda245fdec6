import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '#fixtures/world/world.ts';
import { inState, launchChromium, type Person, person, shot } from '#test/support/chromium.ts';
import { chooseKey, enterPin, homeOf, journeyWorld, keyOf } from '#test/support/journey.ts';

/** Task fixation, reliability T06: whoever sends his Loginurl to a victim must never get the victim's session. */
let world: World;
let chromium: Browser;

beforeAll(async () => {
  [world, chromium] = await Promise.all([journeyWorld(), launchChromium()]);
});
afterAll(async () => {
  await chromium?.close();
  await world?.close();
});

/** A presses the button; the page URL is caught before any browser opens it. His session cookie stays in his browser. */
async function begin(attacker: Person): Promise<string> {
  await attacker.page.goto(homeOf(world));
  const answer = await attacker.context.request.post(`${homeOf(world)}login`, { maxRedirects: 0 });
  const pageUrl = answer.headers()['location'] ?? '';
  expect(pageUrl).toContain('/check/');
  return pageUrl;
}

const loggedIn = async (who: Person): Promise<boolean> =>
  who.page.evaluate(
    async (home) => ((await (await fetch(`${home}login/state`)).json()) as { loggedIn: boolean }).loggedIn,
    homeOf(world),
  );

async function backAtTrade(who: Person): Promise<void> {
  await who.page.goto(homeOf(world));
}

async function proveOn(who: Person, pageUrl: string): Promise<void> {
  await who.page.goto(pageUrl);
  await chooseKey(who.page, keyOf(world, 'liaoning-beichen'));
  await enterPin(who.page);
}

describe('a Loginurl sent to somebody else', () => {
  it('gives the sender nothing when the victim logs in with it, and the victim is told', async () => {
    const attacker = await person(chromium);
    const victim = await person(chromium);
    const pageUrl = await begin(attacker);
    await proveOn(victim, pageUrl);
    await victim.page.waitForURL(/login\/return/);
    expect(await victim.page.textContent('body')).toContain('不是在本浏览器中发起');
    await shot(victim.page, 'fixation-victim');
    await backAtTrade(attacker);
    for (let i = 0; i < 5; i += 1) expect(await loggedIn(attacker)).toBe(false);
    await attacker.close();
    await victim.close();
  });

  it('gives the sender nothing when he polls all the while and then opens the link himself', async () => {
    const attacker = await person(chromium);
    const victim = await person(chromium);
    const pageUrl = await begin(attacker);
    await victim.page.goto(pageUrl);
    await chooseKey(victim.page, keyOf(world, 'liaoning-beichen'));
    await attacker.page.goto(pageUrl);
    await inState(attacker.page, 'taken');
    await shot(attacker.page, 'taken');
    await enterPin(victim.page);
    await victim.page.waitForURL(/login\/return/);
    await attacker.page.goto(pageUrl);
    await inState(attacker.page, 'taken', 'done', 'already-done', 'link-invalid');
    await backAtTrade(attacker);
    expect(await loggedIn(attacker)).toBe(false);
    await attacker.close();
    await victim.close();
  });

  it('shuts the victim out when the sender has opened it first', async () => {
    const attacker = await person(chromium);
    const victim = await person(chromium);
    const pageUrl = await begin(attacker);
    await attacker.page.goto(pageUrl);
    await inState(attacker.page, 'ready');
    await victim.page.goto(pageUrl);
    await inState(victim.page, 'taken');
    expect(await victim.page.textContent('body')).toMatch(/另一个浏览器|另一浏览器/);
    expect(await loggedIn(attacker).catch(() => false)).toBe(false);
    await attacker.close();
    await victim.close();
  });

  it('cannot be finished by the sender with the victim’s ticket, nor twice by anybody', async () => {
    const owner = await person(chromium);
    const other = await person(chromium);
    const returns: string[] = [];
    owner.page.on('request', (request) => {
      if (request.url().includes('/login/return')) returns.push(request.url());
    });
    const pageUrl = await begin(owner);
    await proveOn(owner, pageUrl);
    await owner.page.waitForSelector('#identity');
    const back = returns[0] ?? '';
    expect(back).toMatch(/taskId=.+ticket=/);
    await other.page.goto(back);
    expect(await other.page.textContent('body')).toContain('登录没有完成');
    await owner.page.goto(back);
    expect(await owner.page.textContent('body')).toContain('登录没有完成');
    await owner.close();
    await other.close();
  });
});

describe('the page', () => {
  it('still belongs to the person after a link scanner has fetched it ten times', async () => {
    const bidder = await person(chromium);
    const pageUrl = await begin(bidder);
    for (let i = 0; i < 10; i += 1) expect((await fetch(pageUrl, { method: i % 2 ? 'HEAD' : 'GET' })).status).toBe(200);
    await proveOn(bidder, pageUrl);
    await bidder.page.waitForSelector('#identity');
    await bidder.close();
  });

  it('of an older startCheck is dead once the trading system has begun the same task again', async () => {
    const bidder = await person(chromium);
    const { signOf, printed } = await import('#fixtures/world/trading-system/sign.ts');
    const { postJson } = await import('#fixtures/world/post-json.ts');
    const unit = world.description.units[0];
    const members = { caUnitId: unit?.caUnitId, taskId: `again-${Date.now()}`, orgcode: unit?.platforms[0]?.orgcode };
    const start = async (): Promise<string> => {
      const reply = await postJson(`${world.description.hub}/api/ca/startCheck`, {
        ...members,
        sign: signOf(unit?.secret ?? '', members, printed.startCheck),
      });
      return (reply.body as { Loginurl: string }).Loginurl;
    };
    const first = await start();
    await bidder.page.goto(first);
    await inState(bidder.page, 'ready');
    const second = await start();
    expect(second).not.toBe(first);
    await inState(bidder.page, 'superseded-link');
    await shot(bidder.page, 'superseded-link');
    await bidder.page.goto(second);
    await inState(bidder.page, 'ready');
    await bidder.close();
  });
});
