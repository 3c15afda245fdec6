import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, shot } from '#test/support/chromium.ts';
import { builtPages } from './built.ts';
import { type DecryptStageOptions, decryptStage, item, needed } from './decrypt-stage.ts';
import { beichen, bohai, CONTENT_KEY, error, key } from './peers.ts';
import { inState, typePin } from './stage.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof builtPages>>;
let now: Awaited<ReturnType<typeof decryptStage>>;
beforeAll(async () => {
  [browser, built] = await Promise.all([launchChromium(), builtPages()]);
});
afterAll(async () => {
  await browser?.close();
  built?.remove();
});
afterEach(async () => {
  const complaints = now.complaints.slice();
  await now.close();
  expect(complaints).toEqual([]);
});
async function open(options: DecryptStageOptions = {}) {
  now = await decryptStage(browser, built.assets, options);
  return now;
}

describe('files are decrypted with the right key', () => {
  it('one PIN opens them all; the button and the list say how many', async () => {
    const { hub, agent, page } = await open();
    await inState(page, 'ready');
    expect(await page.textContent('#submit')).toBe('解密 5 份文件');
    expect(await page.textContent('.needs')).toContain('尾号 91A4');
    await shot(page, 'decrypt-ready');
    await typePin(page, '135246');
    await inState(page, 'all-open');
    expect(await page.textContent('.progress__head')).toBe('已解密 5 / 5');
    await shot(page, 'decrypt-done');
    expect(agent.frames.filter((frame) => frame.method === 'login')).toHaveLength(1);
    expect(agent.frames.filter((frame) => frame.method === 'unwrap')).toHaveLength(5);
    expect(hub.requests.filter((request) => request.name === 'keys')).toHaveLength(5);
  });

  it('tells the PIN to the agent alone, and keeps no content key once it is sent', async () => {
    const { hub, page } = await open();
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'all-open');
    expect(hub.requests.filter((request) => request.body.includes('135246'))).toEqual([]);
    const kept = await page.evaluate(() =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        location.href,
        document.body.innerHTML,
      ]),
    );
    expect(kept).not.toContain(CONTENT_KEY);
    expect(hub.requests.filter((request) => request.name !== 'keys' && request.body.includes(CONTENT_KEY))).toEqual([]);
  });

  it('shows each file as it opens', async () => {
    const { agent, page } = await open();
    await inState(page, 'ready');
    agent.held.add('unwrap');
    await typePin(page, '135246');
    await inState(page, 'running');
    await page.waitForSelector('.file.is-now');
    expect(await page.textContent('.progress__head')).toBe('已解密 0 / 5');
    await shot(page, 'decrypt-running');
    agent.release();
    await inState(page, 'all-open');
  });

  it('offers what other requests left open, together', async () => {
    const others = [5, 6].map((n) => item(n, { interaction: 'int_other' }));
    const { page } = await open({ items: [...[0, 1, 2, 3, 4].map((n) => item(n)), ...others] });
    await inState(page, 'ready');
    expect(await page.textContent('.filebox')).toContain('本次可一并解密 7 份');
    expect(await page.textContent('#submit')).toBe('解密 7 份文件');
    await shot(page, 'decrypt-together');
  });

  it('with a certificate that has expired: said, and no obstacle', async () => {
    const old = key({}, { notAfter: '2026-03-12', daysLeft: -6 });
    const { page } = await open({
      keys: [old],
      items: [item(0, { needed: [needed({ notAfter: '2026-03-12', expired: true })] })],
      hub: (hub) => {
        hub.expired = () => true;
      },
    });
    await page.waitForSelector('#expired-ok');
    await shot(page, 'decrypt-expired');
    await typePin(page, '135246');
    await inState(page, 'all-open');
  });

  it('chosen by itself where several keys are plugged', async () => {
    const [wrong, right] = [key({}, { authority: bohai, tail: '03F7' }), key({}, { tail: '91A4' })];
    const { page } = await open({
      keys: [wrong, right],
      hub: (hub) => {
        hub.opens = (certificate) => (certificate === right.certificate ? hub.view.items.map((one) => one.id) : []);
      },
    });
    await inState(page, 'ready');
    expect(await page.textContent('.needs')).toContain('尾号 91A4');
    expect(await page.textContent('#stage')).toContain('另外插入的 1 把 UKey 打不开这些文件');
    await shot(page, 'decrypt-two-keys');
  });
});

describe('what the page meets', () => {
  const bid = () => [item(0, { kind: 'capsule' })];
  const reports = (hub: { requests: readonly { name: string; body: string }[] }) =>
    hub.requests.flatMap((one) => (one.name === 'report' ? [JSON.parse(one.body) as object] : []));
  const lasting = { timeout: 8_000 };

  it('is told to the hub where a bid waits: another key, then none', async () => {
    const other = key({}, { tail: '1B52' });
    const { hub, agent, page } = await open({
      items: bid(),
      keys: [other],
      hub: (one) => {
        one.opens = () => [];
      },
    });
    await inState(page, 'wrong-key');
    await expect.poll(() => reports(hub), lasting).toMatchObject([{ kind: 'wrong-key', tail: '1B52' }]);
    agent.pull(other);
    await expect.poll(() => reports(hub).length, lasting).toBe(2);
    expect(reports(hub)[1]).toMatchObject({ kind: 'no-key', tail: null });
  });

  it('is told once: no assistant on this PC', async () => {
    const { hub, page } = await open({ items: bid(), agent: 'absent' });
    await inState(page, 'no-agent');
    await expect.poll(() => reports(hub), lasting).toMatchObject([{ kind: 'no-agent', tail: null }]);
    await page.waitForTimeout(2_500);
    expect(reports(hub)).toHaveLength(1);
  });

  it('is nobody’s business where no bid is among the files', async () => {
    const { hub, page } = await open({ agent: 'absent' });
    await inState(page, 'no-agent');
    await page.waitForTimeout(5_000);
    expect(reports(hub)).toEqual([]);
  });
});

describe('another key is plugged', () => {
  const wrong = () => key({}, { authority: bohai, tail: '1B52', notAfter: '2026-04-13', daysLeft: 26 });

  it('needed and plugged stand above each other, and the right one continues by itself', async () => {
    const other = wrong();
    const { hub, agent, page } = await open({
      keys: [other],
      hub: (one) => {
        one.opens = (certificate) => (certificate === other.certificate ? [] : one.view.items.map((file) => file.id));
      },
    });
    await inState(page, 'wrong-key');
    expect(await page.locator('.diff').allTextContents()).toEqual(['渤海电子认证', '尾号 1B52']);
    expect(await page.locator('#submit').count()).toBe(0);
    await shot(page, 'decrypt-wrong-key');
    const right = key();
    hub.keys = [...hub.keys, right];
    agent.plug(right);
    await inState(page, 'ready');
    expect(await page.textContent('#submit')).toBe('解密 5 份文件');
  });

  it('because the certificate was renewed: the old key is asked for by its tail', async () => {
    const { page } = await open({
      keys: [wrong()],
      items: [item(0, { needed: [needed({ tail: 'C08E', expired: true, renewed: true, notAfter: '2026-03-12' })] })],
      hub: (one) => {
        one.opens = () => [];
      },
    });
    await inState(page, 'renewed');
    expect(await page.textContent('#renewed')).toContain('旧 UKey（尾号 C08E）即使过期，仍可用于本次解密');
    await shot(page, 'decrypt-renewed');
  });
});

describe('not everything goes well', () => {
  it('a file that does not open leaves the others done, and can be tried again', async () => {
    const { hub, page } = await open({
      hub: (one) => {
        one.opened = (sent) => sent.item !== 'item-2';
      },
    });
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'partial');
    expect(await page.textContent('#partial')).toContain('1 份文件未能解密');
    expect(await page.textContent('#partial')).toContain('其余 4 份已完成并提交');
    await shot(page, 'decrypt-partial');
    hub.opened = () => true;
    await page.click('[data-act=retry]');
    await inState(page, 'all-open');
  });

  it('a key pulled in the middle pauses; put back, the rest goes on and nothing is done twice', async () => {
    const { hub, agent, page } = await open();
    await inState(page, 'ready');
    const [one] = agent.keys;
    let left = 2;
    agent.opensWrap = () => {
      left -= 1;
      if (left === 0 && one !== undefined) setTimeout(() => agent.pull(one), 0);
      return true;
    };
    await typePin(page, '135246');
    await inState(page, 'pulled');
    await shot(page, 'decrypt-pulled');
    agent.opensWrap = () => true;
    if (one !== undefined) agent.plug({ ...one, loggedIn: false });
    await inState(page, 'ready');
    expect(await page.textContent('#submit')).toMatch(/继续解密其余 [34] 份/);
    await typePin(page, '135246');
    await inState(page, 'all-open');
    const sent = hub.requests
      .filter((request) => request.name === 'keys')
      .flatMap((request) =>
        (JSON.parse(request.body) as { keys: { item: string }[] }).keys.map((sentKey) => sentKey.item),
      );
    expect([...sent].sort()).toEqual(['item-0', 'item-1', 'item-2', 'item-3', 'item-4']);
  });

  it('the token cannot open one of them: the hub is told, the others open', async () => {
    const third = Buffer.from('wrap 2').toString('base64');
    const { hub, page } = await open({
      hub: (_, agent) => {
        agent.opensWrap = (_key, wrapped) => wrapped !== third;
      },
    });
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'partial');
    const told = hub.requests.filter((request) => request.body.includes('"failed":[{'));
    expect(told.map((request) => JSON.parse(request.body).failed)).toEqual([[{ item: 'item-2', wrap: 'w2' }]]);
  });

  it('the trading system does not answer: the page waits in the open, and the key may go', async () => {
    const { page } = await open({
      hub: (one) => {
        one.delivers = false;
      },
    });
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'no-answer');
    expect(await page.textContent('#no-answer')).toContain('文件已解密，交易系统暂未响应');
    await shot(page, 'decrypt-no-answer');
  });

  it('the time ran out: what was not opened was not submitted', async () => {
    const { hub, page } = await open();
    await inState(page, 'ready');
    hub.set({ state: 'expired' });
    await inState(page, 'closed');
    await shot(page, 'decrypt-closed');
  });

  it('the agent is not there: the needed key is still named, and the phone offered', async () => {
    const { page } = await open({ agent: 'absent' });
    await inState(page, 'no-agent');
    expect(await page.textContent('.needs')).toContain('尾号 91A4');
    await shot(page, 'decrypt-no-agent');
  });

  it('the vendor of the phone does not answer: said of the vendor, and the key is the other road', async () => {
    const { page } = await open({
      hub: (one) => {
        one.handlers['mobile'] = () => ({
          ok: false,
          error: error('AUTHORITY_UNAVAILABLE', '北辰数字认证的服务没有响应。', true),
        });
      },
    });
    await page.click('.scan__pick [data-act=mobile]');
    await page.waitForSelector('#vendor-down');
    expect(await page.textContent('#vendor-down')).toContain('北辰数字认证的手机证书服务暂时不可用');
    await shot(page, 'decrypt-vendor-down');
  });
});

describe('before the opening time', () => {
  it('counts down by the hub’s clock, takes the PIN ahead, and begins by itself', async () => {
    const { hub, page } = await open({
      hub: (one) => {
        one.view = { ...one.view, opensAt: Date.now() + 6_000 };
        one.handlers['view'] = () => {
          if ((one.view.opensAt ?? 0) <= Date.now())
            one.view = { ...one.view, opensAt: null, version: one.view.version + 1 };
          return { ok: true, view: { ...one.view, now: Date.now() } };
        };
      },
    });
    await inState(page, 'not-yet');
    await page.waitForSelector('#pin');
    await shot(page, 'decrypt-not-yet');
    await page.fill('#pin', '135246');
    await page.click('#submit');
    await page.waitForSelector('text=已准备好');
    expect(hub.requests.filter((request) => request.name === 'keys')).toEqual([]);
    await inState(page, 'all-open');
  });
});

describe('on a phone', () => {
  it('the certificate of the phone comes first, and the files are named', async () => {
    const { page } = await open({ touch: true, items: [item(0), item(1)], agent: 'absent' });
    await inState(page, 'mobile');
    await shot(page, 'decrypt-phone');
    expect(await page.textContent('.filebox')).toContain('商务标.sdoc');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it('a narrow window loses nothing of the versus display', async () => {
    const { page } = await open({
      phone: true,
      keys: [key({}, { authority: beichen, tail: '1B52' })],
      hub: (one) => {
        one.opens = () => [];
      },
    });
    await inState(page, 'wrong-key');
    await shot(page, 'decrypt-wrong-key-phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});
