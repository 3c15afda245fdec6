import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '#test/support/chromium.ts';
import { stumbles } from '#test/support/stumbles.ts';
import { builtPages } from './built.ts';
import { error, key, mobileView, type ScriptedKey } from './peers.ts';
import { type SignStageOptions, signStage } from './sign-stage.ts';
import { inState, type Stage, type StageOptions, stage, twoKeys, typePin } from './stage.ts';
import { openValidateStage, tenderLetter } from './validate-stage.ts';

let browser: Browser;
let built: Awaited<ReturnType<typeof builtPages>>;
beforeAll(async () => {
  [browser, built] = await Promise.all([launchChromium(), builtPages()]);
});
afterAll(async () => {
  await browser?.close();
  built?.remove();
});

/** Opens, does, closes; a script error or a CSP violation fails whatever was done. */
async function visit(options: StageOptions & { path?: string; in?: Browser }, act: (now: Stage) => Promise<void>) {
  const now = await stage(options.in ?? browser, built.assets, options);
  try {
    await now.open(options.path);
    await act(now);
    expect(now.complaints).toEqual([]);
  } finally {
    await now.close();
  }
}

const expired = (): ScriptedKey => key({}, { status: 'expired', tail: '5D20', notAfter: '2026-03-02', daysLeft: -16 });

describe('on a screen of 390 × 844', () => {
  it('the button that goes on is in sight, and nothing is wider than the screen', () =>
    visit({ phone: true }, async ({ page }) => {
      await inState(page, 'ready');
      const box = await page.locator('#submit').boundingBox();
      expect((box?.y ?? 999) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    }));

  it('of a phone, the mobile certificate comes first and opens its app; no agent is looked for', () =>
    visit(
      {
        touch: true,
        hub: (hub) => {
          hub.handlers.mobile = () => {
            hub.set({ mobile: mobileView({ openUrl: 'https://phone.example/scan/1' }) });
            return { ok: true, view: hub.view };
          };
        },
      },
      async ({ page, agent }) => {
        await inState(page, 'mobile');
        const open = page.locator('#open-app');
        await open.waitFor();
        const [app, ukey] = [await open.boundingBox(), await page.locator('[data-act=use-key]').boundingBox()];
        expect((app?.y ?? 999) + (app?.height ?? 0)).toBeLessThanOrEqual(844);
        expect(app?.y).toBeLessThan(ukey?.y ?? 0);
        expect(await open.getAttribute('href')).toBe('https://phone.example/scan/1');
        expect(agent.frames).toEqual([]);
        await page.click('[data-act=use-key]');
        await inState(page, 'ready');
      },
    ));
});

describe('with the keyboard alone', () => {
  it('a person chooses, types, logs in, and hears each step', () =>
    visit({}, async ({ page, agent }) => {
      await inState(page, 'ready');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('pin');
      await page.locator('.cert input').first().focus();
      await page.keyboard.press('ArrowDown');
      const chosen = () => page.evaluate(() => document.querySelector<HTMLInputElement>('.cert input:checked')?.value);
      expect(await chosen()).toBe(agent.keys[1]?.certificate);
      expect(await page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.name)).toBe('certificate');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('pin');
      await page.keyboard.type('135246');
      await page.keyboard.press('Enter');
      await inState(page, 'verifying');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('verifying');
    }));

  it('everything that can be pressed shows where the focus is and is big enough to touch', () =>
    visit({ keys: [...twoKeys(), expired()] }, async ({ page }) => {
      await inState(page, 'ready');
      const small = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.btn, .input')]
          .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 40)
          .map((one) => one.outerHTML.slice(0, 80)),
      );
      expect(small).toEqual([]);
      await page.keyboard.press('Tab');
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).boxShadow);
      expect(ring).not.toBe('none');
    }));
});

describe('nobody stumbles', () => {
  const scenes: readonly [string, StageOptions, (now: Stage) => Promise<unknown>][] = [
    ['the chooser', { keys: [...twoKeys(), expired()] }, ({ page }) => inState(page, 'ready')],
    [
      'an explained card',
      { keys: [...twoKeys(), expired()] },
      async ({ page }) => {
        await inState(page, 'ready');
        await page.click('[data-act=why]');
        await inState(page, 'expired');
      },
    ],
    [
      'a wrong PIN',
      {},
      async ({ page }) => {
        await inState(page, 'ready');
        await typePin(page, '000000');
        await inState(page, 'pin-wrong');
      },
    ],
    ['the last try', { keys: [key({ pinRemaining: 1 })] }, ({ page }) => inState(page, 'pin-last')],
    ['no agent', { agent: 'absent' }, ({ page }) => inState(page, 'no-agent')],
    ['no key', { keys: [] }, ({ page }) => inState(page, 'empty')],
    [
      'the agent’s PIN window',
      { keys: [key({ pinEntry: 'agent' })] },
      async ({ page }) => {
        await inState(page, 'ready');
        await page.click('#submit');
        await page.waitForSelector('#pin-frame');
      },
    ],
    [
      'no answer',
      { keys: [key({ loggedIn: true })] },
      async ({ page, hub }) => {
        await inState(page, 'ready');
        await page.click('#submit');
        await inState(page, 'verifying');
        hub.set({ delivery: { attempt: 1, nextAt: Date.now() + 20_000 } });
        await inState(page, 'no-answer');
      },
    ],
    [
      'an end',
      {
        hub: (hub) => {
          hub.view = { ...hub.view, state: 'cancelled' };
        },
      },
      ({ page }) => inState(page, 'cancelled'),
    ],
    ['a phone', { touch: true }, ({ page }) => inState(page, 'mobile')],
  ];
  for (const [name, options, act] of scenes) {
    it(`over ${name}`, () =>
      visit(options, async (now) => {
        await act(now);
        expect(await stumbles(now.page)).toEqual([]);
      }));
  }

  for (const path of ['/', '/diagnose', '/help', '/help/protection', '/diagnose?lang=en', '/check/t?lang=en']) {
    it(`over ${path}`, () =>
      visit({ path }, async ({ page }) => {
        if (path.startsWith('/check')) await inState(page, 'ready');
        expect(await stumbles(page)).toEqual([]);
        expect(await page.getAttribute('html', 'lang')).toBe(path.endsWith('en') ? 'en' : 'zh-CN');
      }));
  }
});

describe('nobody stumbles over the signing page', () => {
  type SignStage = Awaited<ReturnType<typeof signStage>>;
  const proved = async ({ page }: SignStage) => {
    await inState(page, 'ready');
    await typePin(page, '135246');
    await inState(page, 'placing');
    await page.waitForSelector('[data-act=here]');
  };
  const scenes: readonly [string, SignStageOptions, (now: SignStage) => Promise<unknown>][] = [
    ['with the document and the chooser', {}, ({ page }) => inState(page, 'ready')],
    ['in English', { english: true }, ({ page }) => inState(page, 'ready')],
    ['on a phone', { touch: true }, ({ page }) => inState(page, 'mobile')],
    [
      'with seals in hand and on the page',
      {},
      async (now) => {
        await proved(now);
        await now.page.click('.seal:has-text("投标专用章")');
        await now.page.click('[data-act=here]');
        await now.page.waitForSelector('.stamps > li');
      },
    ],
    [
      'with words found in the document',
      {},
      async (now) => {
        await proved(now);
        await now.page.click('[data-act=way][data-value=keyword]');
        await now.page.fill('#keyword', '盖章');
        await now.page.click('[data-act=find]');
        await now.page.waitForSelector('.hits > li');
      },
    ],
    [
      'with a straddle seal',
      {},
      async (now) => {
        await proved(now);
        await now.page.click('[data-act=way][data-value=straddle]');
        await now.page.click('[data-act=straddle]');
        await now.page.waitForSelector('.stamps > li');
      },
    ],
    [
      'signed',
      {},
      async (now) => {
        await proved(now);
        await now.page.check('#invisible');
        await now.page.click('#submit');
        await inState(now.page, 'signed');
      },
    ],
    [
      'with a signature that was broken',
      {
        document: { signatures: [{ signer: '辽宁示例造价咨询有限公司', at: '2026-03-15 16:20', verdict: 'invalid' }] },
      },
      ({ page }) => inState(page, 'broken'),
    ],
    ['without a file', { local: true }, ({ page }) => inState(page, 'pick-file')],
  ];
  for (const [name, options, act] of scenes) {
    it(name, async () => {
      const now = await signStage(browser, built.assets, options);
      try {
        await act(now);
        expect(await stumbles(now.page)).toEqual([]);
        expect(now.complaints).toEqual([]);
      } finally {
        await now.close();
      }
    });
  }
});

describe('nobody stumbles over the page that checks signatures', () => {
  it('before a file, and over what it says of one', async () => {
    const now = await openValidateStage(built.assets);
    const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce' });
    try {
      const page = await context.newPage();
      for (const path of ['/validate', '/validate?lang=en']) {
        await page.goto(`${now.url}${path}`);
        await page.waitForSelector('html[data-state="idle"]');
        expect(await stumbles(page)).toEqual([]);
        const { signing } = now;
        const buffer = await signing.sign(await tenderLetter(), await signing.signer());
        await page.setInputFiles('#file', { name: '投标函.pdf', mimeType: 'application/pdf', buffer });
        await page.waitForSelector('html:not([data-state="idle"]):not([data-state="checking"])');
        await page.locator('#verdict').waitFor();
        expect(await stumbles(page)).toEqual([]);
      }
    } finally {
      await context.close();
      await now.close();
    }
  });
});

describe('without scripts', () => {
  it('the page says what it needs, and has asked the hub for nothing', () =>
    visit({ javaScript: false }, async ({ page, hub }) => {
      expect(await page.textContent('body')).toContain('本页需要浏览器的 JavaScript 功能');
      expect(hub.requests).toEqual([]);
    }));

  it('that the browser understands, it says which browsers do', async () => {
    const now = await stage(browser, built.assets);
    await now.page.route('**/assets/login.*.js', (route) =>
      route.fulfill({ body: 'this is ¿ not a script', contentType: 'text/javascript' }),
    );
    await now.open();
    await now.page.waitForSelector('#too-old:not([hidden])');
    expect(await now.page.isVisible('#sheet')).toBe(false);
    await now.close();
  });
});

describe('a changed dialect', () => {
  it('is not run: the agent is never asked', async () => {
    const now = await stage(browser, built.assets);
    await now.page.route('**/assets/dialects/*.js', (route) =>
      route.fulfill({
        body: 'export const connect = () => { document.title = "stolen"; }',
        contentType: 'text/javascript',
      }),
    );
    await now.open();
    await inState(now.page, 'no-agent');
    expect(await now.page.title()).toBe('登录确认 · CA互认枢纽');
    expect(now.agent.frames).toEqual([]);
    await now.close();
  });
});

describe('the environment check', () => {
  it('finds a ready computer without a task, a PIN or a signature', () =>
    visit({ path: '/diagnose' }, async ({ page, agent }) => {
      await page.click('#start');
      await inState(page, 'good');
      expect(await page.textContent('#probe-keys')).toContain('已插入 2 把 UKey');
      expect(agent.frames.map((frame) => frame.method)).toEqual(['authorize', 'enumerate']);
      expect(await stumbles(page)).toEqual([]);
    }));

  it('names what is wrong and what to do, vendor’s links below', () =>
    visit({ path: '/diagnose', agent: 'absent' }, async ({ page }) => {
      await page.click('#start');
      await inState(page, 'wrong');
      expect(await page.getAttribute('#probe-agent', 'data-result')).toBe('bad');
      expect(await page.textContent('#probe-agent')).toContain('没有找到证书助手');
      expect(await page.textContent('.vendors')).toContain('400-000-0101');
    }));

  it('counts a locked key as something to mend', () =>
    visit({ path: '/diagnose', keys: [key({ pinRemaining: 0, label: '北辰 UKey' })] }, async ({ page }) => {
      await page.click('#start');
      await inState(page, 'wrong');
      expect(await page.textContent('#probe-keys')).toContain('北辰 UKey 已锁定');
    }));
});

describe('a link that cannot be used', () => {
  it('is answered by a page of its own, without a claim', () =>
    visit(
      {
        hub: (hub) => {
          const asker = {
            name: '示例市公共资源交易中心电子交易系统',
            host: 'ggzy.shili.example',
            homeUrl: 'https://ggzy.shili.example/',
          };
          hub.looked = { asker, fault: error('OTHER_BROWSER', '……') };
        },
      },
      async ({ page, hub }) => {
        await inState(page, 'taken');
        expect(await page.textContent('.notice')).toMatch(/这项登录正在另一个浏览器中办理.*K7Q4-2M9D/s);
        expect(await page.getAttribute('.notice a', 'href')).toBe('https://ggzy.shili.example/');
        expect(hub.requests).toEqual([]);
        expect(await stumbles(page)).toEqual([]);
      },
    ));
});
