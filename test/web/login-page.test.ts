import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '#test/support/chromium.ts';
import { builtPages } from './built.ts';
import { bohai, error, key, mobileView } from './peers.ts';
import { inQr, inState, type Stage, type StageOptions, stage, typePin } from './stage.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof builtPages>>;
let now: Stage;
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
async function open(options: StageOptions = {}): Promise<Stage> {
  now = await stage(browser, built.assets, options);
  await now.open();
  return now;
}
const HOME = 'https://ggzy.shili.example/done';

describe('a login with a key whose PIN is typed on the page', () => {
  it('goes from the link to the trading system, and the PIN to the agent alone', async () => {
    const { hub, agent, page } = await open();
    const seen: string[] = [];
    page.on('request', (request) => seen.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.route(`${HOME}**`, (route) => route.fulfill({ body: 'trading system', contentType: 'text/plain' }));
    await inState(page, 'ready');
    await page.fill('#pin', '135246');
    const pressed = page.click('#submit');
    await inState(page, 'verifying');
    await pressed;
    expect(await page.evaluate(() => document.querySelector<HTMLInputElement>('#pin')?.value ?? '')).toBe('');
    expect(await page.textContent('#verifying')).toContain('UKey 已签名');
    hub.set({ state: 'succeeded', next: { kind: 'redirect', url: `${HOME}?taskId=t1` } });
    await page.waitForURL(/taskId=t1/);
    expect(seen.filter((text) => text.includes('135246'))).toEqual([]);
    expect(hub.requests.filter((request) => JSON.stringify(request).includes('135246'))).toEqual([]);
    expect(agent.frames.filter((frame) => frame.method === 'login')).toHaveLength(1);
    expect(agent.frames.filter((frame) => frame.method === 'sign')).toMatchObject([
      { params: { text: 'caihub/1\npurpose=login' } },
    ]);
  });

  it('cleans the address, and the same browser reloads by its interaction', async () => {
    const { hub, page } = await open();
    await inState(page, 'ready');
    expect(new URL(page.url()).pathname).toBe(`/check/i/${hub.view.interaction}`);
    expect(await page.evaluate(() => document.referrer + history.length)).not.toContain('page-token');
    await page.reload();
    await inState(page, 'ready');
    const claims = hub.requests
      .filter((request) => request.name === 'claim')
      .map((request) => JSON.parse(request.body));
    expect(claims).toEqual([{ token: 'page-token' }, { interaction: hub.view.interaction }]);
  });

  it('keeps the claim secret in memory where the hub saw no cookie', async () => {
    const { hub, page } = await open({
      hub: (one) => {
        one.claimSecret = 'claim-secret';
      },
    });
    await inState(page, 'ready');
    const later = hub.requests.filter((request) => request.name === 'certificates');
    expect(later[0]?.headers['x-ca-claim']).toBe('claim-secret');
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
    );
    expect(kept).not.toContain('claim-secret');
  });

  it('says a wrong PIN under the field, keeps the focus there, and never tries by itself', async () => {
    const { agent, page } = await open();
    await inState(page, 'ready');
    await typePin(page, '000000');
    await inState(page, 'pin-wrong');
    const field = await page.evaluate(() => {
      const pin = document.querySelector<HTMLInputElement>('#pin');
      const hint = document.getElementById(pin?.getAttribute('aria-describedby') ?? '');
      return [
        pin?.value,
        pin?.getAttribute('aria-invalid'),
        document.activeElement === pin,
        hint?.textContent,
        hint?.getAttribute('role'),
      ];
    });
    expect(field).toEqual(['', 'true', true, 'PIN 码不正确，还可以再试 5 次。全部用完后 UKey 将被锁定。', 'alert']);
    expect(agent.frames.filter((frame) => frame.method === 'login')).toHaveLength(1);
    await typePin(page, '135246');
    await inState(page, 'verifying');
  });

  it('asks again before the last try, then locks, and offers the other key', async () => {
    const [, other] = [null, key({}, { tail: '03F7' })];
    const { page } = await open({ keys: [key({ pinRemaining: 2 }), other] });
    await inState(page, 'ready');
    await typePin(page, '000000');
    await inState(page, 'pin-last');
    expect(await page.locator('#pin').count()).toBe(0);
    expect(await page.locator('#submit').count()).toBe(0);
    await page.click('[data-act=pin-once]');
    await typePin(page, '000000');
    await inState(page, 'locked');
    expect(await page.textContent('#locked')).toContain('400-000-0101');
    await page.click('[data-act=use]');
    await inState(page, 'ready');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('pin');
  });

  it('says so when nothing was typed', async () => {
    const { agent, page } = await open();
    await inState(page, 'ready');
    await page.click('#submit');
    await inState(page, 'pin-wrong');
    expect(await page.textContent('#pin-hint')).toContain('请输入 PIN 码');
    expect(agent.frames.filter((frame) => frame.method === 'login')).toEqual([]);
  });
});

describe('a key whose PIN the agent asks for', () => {
  it('shows the agent’s own window in the page and signs when it is done', async () => {
    const { agent, page } = await open({ keys: [key({ pinEntry: 'agent' })] });
    await inState(page, 'ready');
    expect(await page.locator('#pin').count()).toBe(0);
    await page.click('#submit');
    const frame = page.frameLocator('#pin-frame');
    await frame.getByText('证书助手的 PIN 窗口').waitFor();
    expect(await page.getAttribute('#pin-frame', 'src')).toBe(`http://127.0.0.1:${agent.port}/pin/1`);
    agent.pinDone(null);
    await inState(page, 'verifying');
    expect(agent.frames.filter((frame) => frame.method === 'login')).toEqual([]);
  });

  it('goes back to the button when the person closes that window', async () => {
    const { agent, page } = await open({ keys: [key({ pinEntry: 'agent' })] });
    await inState(page, 'ready');
    await page.click('#submit');
    await page.waitForSelector('#pin-frame');
    agent.pinDone({ code: 'PIN_CANCELLED', message: '' });
    await page.waitForSelector('#submit:not([disabled])');
    expect(await page.textContent('#pin-hint')).toContain('您已取消输入 PIN 码');
  });
});

describe('keys come and go', () => {
  it('an agent that starts later is found without a reload', async () => {
    const { agent, hub, page } = await open({ agent: 'absent' });
    await inState(page, 'no-agent');
    const port = Number(new URL(hub.agentEndpoints[0] ?? '').port);
    await agent.start(port);
    try {
      await inState(page, 'ready');
    } finally {
      await agent.stop();
    }
  });

  it('a first key is shown as soon as it is plugged', async () => {
    const { agent, hub, page } = await open({ keys: [] });
    await inState(page, 'empty');
    const one = key();
    hub.keys = [one];
    agent.plug(one);
    await inState(page, 'ready');
  });

  it('a pulled key pauses the login, and the very same key continues it', async () => {
    const { agent, page } = await open();
    await inState(page, 'ready');
    await page.fill('#pin', '135246');
    const [one] = agent.keys;
    if (one === undefined) throw new Error('no key');
    agent.held.add('login');
    await page.click('#submit');
    agent.pull(one);
    await inState(page, 'pulled');
    expect(await page.textContent('#pulled')).toMatch(/北辰数字认证、尾号 91A4.*等待插入 00:0/s);
    agent.release();
    agent.plug({ ...one, key: 'another-handle' });
    await inState(page, 'ready');
    expect(await page.inputValue('#pin')).toBe('');
    expect(await page.isChecked(`input[value="${one.certificate}"]`)).toBe(true);
    await typePin(page, '135246');
    await inState(page, 'verifying');
  });

  it('an agent that is not paired, or that goes away in the middle, is told from an absent one', async () => {
    const { agent, page } = await open();
    await inState(page, 'ready');
    const port = agent.port;
    await agent.stop();
    await page.waitForSelector('html[data-state="agent-lost"], html[data-state="no-agent"]');
    agent.paired = false;
    await agent.start(port);
    await inState(page, 'not-paired');
    agent.paired = true;
    await page.click('[data-act=reconnect]');
    await inState(page, 'ready');
  });
});

describe('the hub’s word on a certificate', () => {
  it('is heard once more when evidence is judged: refused there, the card is off with its reason', async () => {
    const { hub, page } = await open();
    hub.handlers.evidence = () => ({ ok: false, error: error('CERTIFICATE_NOT_ENROLLED', '该证书尚未登记。') });
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'denied');
    expect(await page.textContent('#denied')).toContain('北辰数字认证、尾号 91A4');
    expect(await page.locator('#denied a.btn--primary').getAttribute('href')).toBe(hub.view.platform.homeUrl);
  });

  it('on a challenge that ran out meanwhile is mended by a new one, once, without the PIN', async () => {
    const { hub, agent, page } = await open();
    let first = true;
    hub.handlers.evidence = () => {
      if (first) {
        first = false;
        return { ok: false, error: error('CHALLENGE_EXPIRED', '验证请求已超过有效时间，请重新验证。', true) };
      }
      hub.set({ state: 'proved', delivery: { attempt: 1, nextAt: null } });
      return { ok: true, view: hub.view };
    };
    await inState(page, 'ready');
    await typePin(page, '135246');
    await page.waitForSelector('#verifying li.is-now:has-text("正在通知交易系统")');
    expect(agent.frames.filter((frame) => frame.method === 'sign')).toHaveLength(2);
    expect(agent.frames.filter((frame) => frame.method === 'login')).toHaveLength(1);
  });

  it('may be that the signature is wrong: nothing was submitted, and another try is open', async () => {
    const { hub, page } = await open();
    hub.handlers.evidence = () => ({
      ok: false,
      error: error('SIGNATURE_WRONG', '证书签名校验未通过，请重新验证。', true),
    });
    await inState(page, 'ready');
    await typePin(page, '135246');
    await page.waitForSelector('#sign-failed');
    expect(await page.isVisible('#submit')).toBe(true);
  });
});

describe('the trading system’s answer', () => {
  it('is waited for in the open: try, seconds, and a button to try now', async () => {
    const { hub, page } = await open({ keys: [key({ loggedIn: true })] });
    await inState(page, 'ready');
    await page.click('#submit');
    await inState(page, 'verifying');
    hub.set({ delivery: { attempt: 1, nextAt: Date.now() + 90_000 } });
    await inState(page, 'no-answer');
    expect(await page.textContent('#no-answer')).toMatch(/第 2 次，(\d 分 )?\d+ 秒后/);
    await page.click('[data-act=redeliver]');
    await page.waitForSelector('#no-answer:has-text("正在重试（第 3 次）")');
    hub.set({ state: 'undelivered', delivery: null, error: error('PLATFORM_NO_ANSWER', '交易系统未响应。') });
    await inState(page, 'undelivered');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('undelivered');
  });

  it('without a return address ends here', async () => {
    const { hub, page } = await open({ keys: [key({ loggedIn: true })] });
    await inState(page, 'ready');
    await page.click('#submit');
    await inState(page, 'verifying');
    hub.set({ state: 'succeeded', next: { kind: 'stay' } });
    await inState(page, 'done');
    expect(await page.textContent('#done')).toContain('本页可以关闭');
  });
});

describe('the hub', () => {
  it('may vanish and come back: the page waits, says so, and goes on by itself', async () => {
    const { hub, page } = await open();
    await inState(page, 'ready');
    hub.down = true;
    await typePin(page, '135246');
    await inState(page, 'offline');
    hub.down = false;
    await inState(page, 'verifying');
  });

  it('may be down when the page opens', async () => {
    const { hub, page } = await open({
      hub: (one) => {
        one.down = true;
      },
    });
    await inState(page, 'offline');
    hub.down = false;
    await inState(page, 'ready');
  });

  it('ends the page at its own deadline, whatever this PC’s clock says', async () => {
    const { page } = await open({
      hub: (one) => {
        one.view = { ...one.view, authorities: [bohai] };
        one.handlers.claim = () => {
          const skewed = one.view.now + 86_400_000;
          return {
            ok: true,
            view: { ...one.view, now: skewed, expiresAt: skewed + 1500 },
            agents: [one.agentView()],
            claim: null,
          };
        };
        one.handlers.view = () => 'drop';
      },
    });
    await inState(page, 'task-expired');
    expect(await page.locator('#stage a, #stage button').count()).toBe(1);
  });

  it('is told of a cancelled login before the browser goes back', async () => {
    const { hub, page } = await open();
    await inState(page, 'ready');
    await page.route(hub.view.platform.homeUrl, (route) => route.fulfill({ body: 'home', contentType: 'text/plain' }));
    await page.click('#cancel');
    await page.waitForURL(hub.view.platform.homeUrl);
    expect(hub.requests.map((request) => request.name)).toContain('cancel');
  });

  for (const [code, state] of [
    ['OTHER_BROWSER', 'taken'],
    ['LINK_SUPERSEDED', 'superseded-link'],
    ['TASK_ENDED', 'already-done'],
  ] as const) {
    it(`refuses the link: ${state}`, async () => {
      const { page } = await open({
        hub: (one) => {
          one.handlers.claim = () => ({ ok: false, error: error(code, '……') });
        },
      });
      await inState(page, state);
      expect(await page.textContent(`#${state}`)).toContain('K7Q4-2M9D');
    });
  }
});

describe('the phone', () => {
  it('is offered beside the key, and every step of its code is told', async () => {
    const { hub, page } = await open();
    await inQr(page, 'waiting');
    expect(await page.getAttribute('.qr img', 'src')).toMatch(/^data:image\/svg\+xml,/);
    expect(await page.textContent('#digits')).toBe('47');
    hub.set({ mobile: mobileView({ status: 'scanned' }) });
    await inQr(page, 'scanned');
    expect(await page.textContent('#scan')).toContain('请在手机上确认');
    hub.set({ mobile: mobileView({ status: 'cancelled' }) });
    await inQr(page, 'cancelled');
    await page.click('#scan [data-act=mobile]');
    await inQr(page, 'waiting');
    hub.set({ mobile: mobileView({ expiresAt: Date.now() + 600 }) });
    await inQr(page, 'expired');
    hub.set({
      mobile: mobileView({ status: 'failed' }),
      error: error('CERTIFICATE_REVOKED', '证书已被 北辰数字认证 吊销，请使用新证书。'),
    });
    await inQr(page, 'failed');
    expect(await page.textContent('#scan')).toContain('吊销');
    hub.set({ state: 'proved', mobile: null, delivery: { attempt: 1, nextAt: null } });
    await inState(page, 'verifying');
    expect(await page.textContent('#verifying')).toContain('手机已确认');
  });

  it('finds its news by asking where no live channel comes through', async () => {
    const { hub, page } = await open({
      hub: (one) => {
        one.live = false;
      },
    });
    await inQr(page, 'waiting');
    hub.set({ mobile: mobileView({ status: 'scanned' }) });
    await inQr(page, 'scanned');
  });

  it('hears what is said while it is still being told of what was before', async () => {
    const { hub, page } = await open();
    await inQr(page, 'waiting');
    let asked = (): void => {};
    const underWay = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let answer = (): void => {};
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    hub.handlers.view = async () => {
      const view = { ...hub.view, now: Date.now() };
      asked();
      await late;
      return { ok: true, view };
    };
    hub.set({ mobile: mobileView({ status: 'scanned' }) });
    await underWay;
    hub.set({ mobile: mobileView({ status: 'scanned', digits: '83' }) });
    answer();
    // A page that lost the second one would find it at its next look, fifteen seconds later.
    await page.waitForFunction(() => document.querySelector('#scan')?.textContent?.includes('83'), null, {
      timeout: 8_000,
    });
  });

  it('draws the vendor’s picture as a picture: nothing in it runs', async () => {
    const { page } = await open({
      hub: (one) => {
        const qrSvg =
          '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"><script>document.title=2</script></svg>';
        one.handlers.mobile = () => {
          one.set({ mobile: mobileView({ qrSvg }) });
          return { ok: true, view: one.view };
        };
      },
    });
    await inQr(page, 'waiting');
    expect(await page.title()).toBe('登录确认 · CA互认枢纽');
  });
});
