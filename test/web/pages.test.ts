import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageHeaders } from '#hosted/pages/headers.ts';
import { mountPages, type PagesDeps } from '#hosted/pages/mount.ts';
import { builtPages } from './built.ts';
import { beichen, error } from './peers.ts';

let built: Awaited<ReturnType<typeof builtPages>>;
beforeAll(async () => {
  built = await builtPages();
});
afterAll(() => built.remove());

function app(more: Partial<PagesDeps> = {}): Hono {
  const hono = new Hono();
  mountPages(hono, {
    assets: built.assets,
    publicOrigin: 'https://hub.ca.example',
    agentEndpoints: ['ws://127.0.0.1:21160/ca-agent/v1', 'ws://127.0.0.1:21161/ca-agent/v1'],
    now: () => 1_773_798_600_000,
    authorities: async () => [beichen],
    ...more,
  });
  return hono;
}
const asker = {
  name: '示例市公共资源交易中心电子交易系统',
  host: 'ggzy.shili.example',
  homeUrl: 'https://ggzy.shili.example/',
};

describe('the login page as served', () => {
  it('loads scripts and styles from the hub alone, each with its hash, and has nothing inline', async () => {
    const text = await (await app().request('/check/token')).text();
    const loaded = [...text.matchAll(/<(?:script|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"[^>]*>/g)];
    expect(loaded).toHaveLength(3);
    for (const [tag, url] of loaded) {
      expect(url).toMatch(/^\/assets\//);
      expect(tag).toMatch(/integrity="sha384-/);
    }
    expect(text).not.toMatch(/ style=| on\w+="|javascript:|<style|<script>/);
    expect(text).toContain('<meta name="referrer" content="no-referrer">');
  });

  it('may reach the hub and the agent’s exact ports, send forms nowhere, and be framed by nobody', async () => {
    const reply = await app().request('/check/token');
    const policy = reply.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' wss://hub.ca.example ws://127.0.0.1:21160 ws://127.0.0.1:21161;");
    expect(policy).toContain('frame-src http://127.0.0.1:21160 http://127.0.0.1:21161;');
    expect(policy).toContain("form-action 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|blob:/);
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.headers.get('set-cookie')).toBeNull();
  });

  it('may be framed by registered origins and no others', () => {
    const headers = pageHeaders({
      publicOrigin: 'https://hub.ca.example',
      agentEndpoints: [],
      frameAncestors: ['https://ggzy.shili.example'],
    });
    expect(headers['content-security-policy']).toContain('frame-ancestors https://ggzy.shili.example');
    expect(headers['content-security-policy']).toContain("frame-src 'none'");
    expect(headers['x-frame-options']).toBeUndefined();
  });

  it('names who asks before any script runs, breaking the name between its parts', async () => {
    const text = await (await app({ look: async () => ({ asker, fault: null }) }).request('/check/token')).text();
    expect(text).toContain('<span class="nb">示例市公共资源交易中心</span><wbr><span class="nb">电子交易系统</span>');
    expect(text).toContain('来源已核验 <span class="code">ggzy.shili.example</span>');
  });

  it('lets no name, token or sentence become markup', async () => {
    const evil = '"><img src=x onerror=alert(1)></script><script>alert(1)</script>';
    const hostile = { name: evil, host: evil, homeUrl: 'https://ggzy.shili.example/' };
    const login = await (
      await app({ look: async () => ({ asker: hostile, fault: null }) }).request(`/check/${encodeURIComponent(evil)}`)
    ).text();
    const fault = await (
      await app({ look: async () => ({ asker: hostile, fault: error('INTERNAL', evil) }) }).request('/check/t')
    ).text();
    for (const text of [login, fault]) expect(text).not.toMatch(/<img src=x|<script>alert/);
    const boot = /<script type="application\/json" id="boot">(.*?)<\/script>/s.exec(login)?.[1] ?? '';
    expect((JSON.parse(boot) as { link: unknown }).link).toEqual({ token: evil });
  });

  it('speaks English second, and only when asked', async () => {
    const english = await (await app().request('/check/token?lang=en')).text();
    expect(english).toContain('<html lang="en"');
    expect(english).toContain('Choose a certificate');
    expect(
      await (await app().request('/check/token?lang=xx', { headers: { 'accept-language': 'en' } })).text(),
    ).toContain('选择证书登录');
  });

  it('is the same page for a reload by interaction', async () => {
    const links: unknown[] = [];
    const look: PagesDeps['look'] = async (link) => {
      links.push(link);
      return { asker: null, fault: null };
    };
    await app({ look }).request('/check/i/int_1');
    await app({ look }).request('/check/abc');
    expect(links).toEqual([{ interaction: 'int_1' }, { token: 'abc' }]);
  });
});

describe('a hub with several public addresses', () => {
  it('writes the one that this browser came to, and lets the page reach that one', async () => {
    const hono = app({ originOf: async (request) => `https://${request.headers.get('host')}` });
    const reply = await hono.request('/help/protection', { headers: { host: 'hub.intranet.example' } });
    expect(await reply.text()).toContain('请核对地址栏域名为 hub.intranet.example');
    expect(reply.headers.get('content-security-policy')).toContain("connect-src 'self' wss://hub.intranet.example ");
  });
});

describe('a link that cannot be used', () => {
  const cases = [
    ['LINK_INVALID', 404, '链接不完整或已失效'],
    ['OTHER_BROWSER', 403, '这项登录正在另一个浏览器中办理'],
    ['LINK_SUPERSEDED', 410, '交易系统已重新发起本次登录'],
    ['TASK_EXPIRED', 410, '这次登录请求已失效'],
    ['TASK_ENDED', 410, '这次登录已经结束'],
    ['CANCELLED_BY_PERSON', 410, '本次登录已取消'],
  ] as const;
  for (const [code, status, title] of cases) {
    it(`gets its own page and status: ${code}`, async () => {
      const reply = await app({ look: async () => ({ asker, fault: error(code, '……') }) }).request('/check/t');
      const text = await reply.text();
      expect([reply.status, text.includes(title), text.includes('K7Q4-2M9D')]).toEqual([status, true, true]);
      expect(text).toContain('href="https://ggzy.shili.example/"');
      expect(text).not.toContain('id="boot"');
    });
  }

  it('offers no way back that it does not know, and no empty support code', async () => {
    const nowhere = { ...error('LINK_INVALID', '……'), supportCode: '' };
    const text = await (await app({ look: async () => ({ asker: null, fault: nowhere }) }).request('/check/t')).text();
    expect(text).not.toMatch(/btn--primary|请报此码/);
  });
});

describe('the other pages', () => {
  it('list the vendors with hotline and links', async () => {
    for (const path of ['/help', '/diagnose']) {
      const text = await (await app().request(path)).text();
      for (const wanted of [
        beichen.name,
        'tel:4000000101',
        beichen.support.install,
        beichen.support.renew,
        beichen.support.unlock,
      ])
        expect(text).toContain(wanted);
    }
  });

  it('tell how the certificate is protected, with this hub’s own domain', async () => {
    expect(await (await app().request('/help/protection')).text()).toContain('请核对地址栏域名为 hub.ca.example');
  });

  it('serve built files for a year, packed where the browser takes it, and nothing else', async () => {
    const hono = app();
    const url = built.assets.url('login.js');
    const reply = await hono.request(url, { headers: { 'accept-encoding': 'gzip' } });
    expect([reply.status, reply.headers.get('content-encoding'), reply.headers.get('content-type')]).toEqual([
      200,
      'gzip',
      'text/javascript; charset=utf-8',
    ]);
    for (const path of ['/assets/manifest.json', '/assets/..%2fmanifest.json', '/assets/login.js'])
      expect((await hono.request(path)).status).toBe(404);
  });

  it('give the check page a grant for its nonce only, and the hub’s time without one', async () => {
    const asked: string[] = [];
    const hono = app({
      diagnoseGrant: async (nonce) => {
        asked.push(nonce);
        return { grant: {} as never, signature: 's' };
      },
    });
    const plain = (await (await hono.request('/hosted/diagnose', { method: 'POST' })).json()) as {
      now: number;
      grant: unknown;
    };
    expect([plain.now, plain.grant]).toEqual([1_773_798_600_000, null]);
    await hono.request(`/hosted/diagnose?nonce=${'ab'.repeat(32)}`, { method: 'POST' });
    await hono.request('/hosted/diagnose?nonce=../../x', { method: 'POST' });
    expect(asked).toEqual(['ab'.repeat(32)]);
  });
});

describe('the hub’s own address', () => {
  it('says to each visitor where he goes next, in both languages', async () => {
    const zh = await (await app().request('/')).text();
    expect(zh).toContain('href="/diagnose"');
    expect(zh).toContain('href="/docs"');
    expect(zh).toContain('400-');
    const en = await (await app().request('/?lang=en')).text();
    expect(en).toContain('lang="en"');
    expect(en).toContain('href="/diagnose?lang=en"');
  });

  it('has no hall under what is no id, however long: nothing of it is drawn', async () => {
    const hono = app();
    expect((await hono.request('/hall/opn_0123456789abcdefghjkmnpqrs')).status).toBe(200);
    for (const id of ['x'.repeat(4_000), '%3Cscript%3E', '%E4%B8%AD', 'a%20b']) {
      const reply = await hono.request(`/hall/${id}`);
      expect(reply.status).toBe(404);
      expect(await reply.text()).toContain('没有这个页面');
    }
  });

  it('answers an address that leads nowhere with a page for people and with JSON for programs', async () => {
    const page = await app().request('/check/');
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('没有这个页面');
    for (const [path, method] of [
      ['/hosted/api/nothing', 'POST'],
      ['/hosted/nothing', 'GET'],
      ['/nothing', 'DELETE'],
    ] as const) {
      const reply = await app().request(path, { method });
      expect([reply.status, await reply.json()]).toEqual([
        404,
        { code: 404, msg: expect.stringContaining('接口地址不存在') },
      ]);
    }
  });
});
