import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { challenge, codeOf, type Desk, good, handle, makeKey, openDesk, type Page, PIN } from './support.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const plug = async (name: string, changes: Parameters<typeof makeKey>[1] = {}): Promise<void> => {
  const { file } = await makeKey(`${desk.keyDir}/${name}.json`, changes);
  desk.agent.slots.plug(file);
};

describe('a PIN typed on the page', () => {
  it('opens the key', async () => {
    await plug('one');
    const page = await desk.page();
    const key = await handle(page);
    expect(good(await page.call('login', { key, pin: PIN })).remaining).toBe(6);
    expect(codeOf(await page.call('sign', { key, text: challenge() }))).toBe('ok');
  });

  it('when wrong costs one try and says how many are left; when right gives them back', async () => {
    await plug('one', { tries: 3 });
    const page = await desk.page();
    const key = await handle(page);
    const wrong = await page.call('login', { key, pin: '000000' });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'PIN_INCORRECT', sar: '0x0A000024', remaining: 2 } });
    expect(wrong.ok || wrong.error.message).toBe('PIN 码错误，还可尝试 2 次；用完后 UKey 将被锁定。');
    expect(good(await page.call('pinStatus', { key }))).toEqual({ remaining: 2, locked: false });
    expect(codeOf(await page.call('sign', { key, text: challenge() }))).toBe('PIN_REQUIRED');
    expect(good(await page.call('login', { key, pin: PIN })).remaining).toBe(3);
  });

  it('of an impossible length is not tried', async () => {
    await plug('one');
    const page = await desk.page();
    const key = await handle(page);
    for (const pin of ['', '123', '1'.repeat(33)]) {
      expect(await page.call('login', { key, pin })).toMatchObject({ ok: false, error: { sar: '0x0A000027' } });
    }
    expect(good(await page.call('pinStatus', { key })).remaining).toBe(6);
  });

  it('locks the key when the tries are used up, over connections and restarts, also for the right PIN', async () => {
    await plug('one', { tries: 2 });
    const first = await desk.page();
    expect(codeOf(await first.call('login', { key: await handle(first), pin: '000000' }))).toBe('PIN_INCORRECT');
    await desk.restart();
    const second = await desk.page();
    const key = await handle(second);
    expect(good(await second.call('pinStatus', { key }))).toEqual({ remaining: 1, locked: false });
    const last = await second.call('login', { key, pin: '000000' });
    expect(last).toMatchObject({ ok: false, error: { code: 'PIN_LOCKED', sar: '0x0A000025', remaining: 0 } });
    await desk.restart();
    const third = await desk.page();
    expect(codeOf(await third.call('login', { key: await handle(third), pin: PIN }))).toBe('PIN_LOCKED');
    expect(good(await third.call('pinStatus', { key: await handle(third) }))).toEqual({ remaining: 0, locked: true });
  });

  it('tried from many pages at once costs every try', async () => {
    await plug('one', { tries: 4 });
    const pages = await Promise.all([desk.page(), desk.page(), desk.page(), desk.page(), desk.page()]);
    const codes = await Promise.all(
      pages.map(async (page) => codeOf(await page.call('login', { key: await handle(page), pin: '999999' }))),
    );
    expect(codes.sort()).toEqual(['PIN_INCORRECT', 'PIN_INCORRECT', 'PIN_INCORRECT', 'PIN_LOCKED', 'PIN_LOCKED']);
  });

  it('stands in no log, no file and no error', async () => {
    await plug('one');
    const page = await desk.page();
    const key = await handle(page);
    const replies = [await page.call('login', { key, pin: 'geheim-77' }), await page.call('login', { key, pin: PIN })];
    const written = desk.logged() + readFileSync(`${desk.keyDir}/one.json`, 'utf8') + JSON.stringify(replies);
    expect(written).not.toContain('geheim-77');
    expect(written).not.toContain(PIN);
  });

  it('is refused where the key wants the agent’s window, and the other way round', async () => {
    await plug('window', { label: 'window', pinEntry: 'agent' });
    await plug('page', { label: 'page' });
    const page = await desk.page();
    const login = await page.call('login', { key: await handle(page, 'window'), pin: PIN });
    expect(codeOf(login)).toBe('PIN_ENTRY_WRONG');
    expect(codeOf(await page.call('pinDialog', { key: await handle(page, 'page') }))).toBe('PIN_ENTRY_WRONG');
  });
});

describe('a PIN typed in the agent’s own window', () => {
  const open = async (
    changes: Parameters<typeof makeKey>[1] = {},
  ): Promise<{ page: Page; key: string; url: string }> => {
    await plug('one', { pinEntry: 'agent', ...changes });
    const page = await desk.page();
    const key = await handle(page);
    return { page, key, url: good(await page.call('pinDialog', { key })).url };
  };
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { origin: desk.agent.url, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('is a page of the agent’s origin that only the hub may frame, with nothing from elsewhere in it', async () => {
    const { url } = await open();
    expect(url).toMatch(new RegExp(`^${desk.agent.url}/pin/[A-Za-z0-9_-]{43}$`));
    const shown = await fetch(url);
    const policy = shown.headers.get('content-security-policy');
    expect(policy).toContain('frame-ancestors https://hub.ca.example');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'none'");
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
    const html = await shown.text();
    expect(html).toContain('辽宁示例建设有限公司');
    expect(html).toContain('https://hub.ca.example');
    expect(html).not.toMatch(/(src|href)=/);
    expect(await (await fetch(`${url}?lang=en`)).text()).toContain('USB key PIN');
  });

  it('shows a label as text, whatever it is', async () => {
    const { url } = await open({ label: '<img src=x onerror=alert(1)>"' });
    const html = await (await fetch(url)).text();
    expect(html).not.toContain('<img');
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;');
  });

  it('opens the key for the page that asked, which hears of it and never sees the PIN', async () => {
    const { page, key, url } = await open();
    expect(await (await post(url, { pin: '000000' })).json()).toMatchObject({
      state: 'again',
      error: { code: 'PIN_INCORRECT', remaining: 5 },
    });
    expect(await (await post(url, { pin: PIN })).json()).toEqual({ state: 'done' });
    expect(await page.event('pinDone')).toEqual({ event: 'pinDone', key, ok: true });
    expect(codeOf(await page.call('sign', { key, text: challenge() }))).toBe('ok');
    expect((await post(url, { pin: PIN })).status).toBe(404);
    expect((await fetch(url)).status).toBe(404);
  });

  it('takes a PIN from itself only: not from the hub’s page, a form, or a program without Origin', async () => {
    const { page, key, url } = await open();
    expect((await post(url, { pin: PIN }, { origin: 'https://hub.ca.example' })).status).toBe(403);
    expect((await post(url, { pin: PIN }, { origin: 'null' })).status).toBe(403);
    expect((await post(url, { pin: PIN }, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(url, { pin: 1 })).status).toBe(400);
    expect((await post(url, { pin: 'x'.repeat(2_000) })).status).toBe(400);
    expect((await post(`${desk.agent.url}/pin/${'A'.repeat(43)}`, { pin: PIN })).status).toBe(404);
    expect(good(await page.call('pinStatus', { key })).remaining).toBe(6);
  });

  it('can be cancelled, locks like any PIN, and ends when the key is pulled', async () => {
    const { page, key, url } = await open({ tries: 2 });
    await post(url, { cancel: true });
    expect(await page.event('pinDone')).toMatchObject({ key, ok: false, error: { code: 'PIN_CANCELLED' } });
    const again = good(await page.call('pinDialog', { key })).url;
    desk.agent.slots.unplug('one');
    expect(await page.event('pinDone')).toMatchObject({ key, ok: false, error: { code: 'KEY_REMOVED' } });
    expect((await post(again, { pin: PIN })).status).toBe(404);
    desk.agent.slots.plug(`${desk.keyDir}/one.json`);
    const third = good(await page.call('pinDialog', { key })).url;
    await post(third, { pin: '000000' });
    expect(await (await post(third, { pin: '000000' })).json()).toMatchObject({ state: 'ended' });
    expect(await page.event('pinDone')).toMatchObject({ ok: false, error: { code: 'PIN_LOCKED', remaining: 0 } });
    expect(codeOf(await page.call('pinDialog', { key }))).toBe('PIN_LOCKED');
  });

  it('is one at a time a page, lasts three minutes, and goes with the page', async () => {
    const { page, key, url } = await open();
    const second = good(await page.call('pinDialog', { key })).url;
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(second)).status).toBe(200);
    desk.advance(3 * 60_000);
    expect((await post(second, { pin: PIN })).status).toBe(404);
    expect(await page.event('pinDone')).toMatchObject({ ok: false, error: { code: 'PIN_CANCELLED' } });
    desk.advance(-3 * 60_000);
    const third = good(await page.call('pinDialog', { key })).url;
    page.close();
    await page.closed;
    for (let i = 0; (await fetch(third)).status !== 404; i += 1) expect(i).toBeLessThan(100);
  });
});
