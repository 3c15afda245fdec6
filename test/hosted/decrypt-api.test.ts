import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecryptPageApi } from '#hosted/decrypt-api.ts';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { closed, message7, startDecrypt } from '#test/envelope/people.ts';
import { gm, type HeldKey, type LoginWorld, newTask, openLoginWorld, until } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { codeOfAnswer, hostedOf, PageBrowser } from './world.ts';

describe('the decryption page’s API', () => {
  let world: LoginWorld;
  let key: HeldKey;
  let app: ReturnType<typeof hostedOf>;
  beforeAll(async () => {
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    key = await world.enrolledKey();
    app = hostedOf(world);
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  async function call<Route extends keyof DecryptPageApi>(
    browser: PageBrowser,
    route: Route,
    request: DecryptPageApi[Route]['request'],
  ): Promise<DecryptPageApi[Route]['answer']> {
    const reply = await browser.post(`/hosted/api/decrypt/${route}`, request);
    return (await reply.json()) as DecryptPageApi[Route]['answer'];
  }
  const told = <A extends { ok: boolean }>(answer: A): Extract<A, { ok: true }> => {
    if (!answer.ok) throw new Error(JSON.stringify(answer));
    return answer as Extract<A, { ok: true }>;
  };
  async function browserWithCookie(): Promise<PageBrowser> {
    const browser = new PageBrowser(app, world.publicUrl);
    await browser.call('hello', {});
    return browser;
  }
  const shown = (held: HeldKey, name = 'k1') => ({
    key: name,
    sign: base64(held.pair.signCertificate),
    encrypt: base64(held.pair.encCertificate),
  });

  it('takes a person from the link to the delivered file, and never carries the content', async () => {
    const content = '页面上看不到的内容';
    const link = await startDecrypt(world, await closed(world, key, content), { fileName: '投标保函.json' });
    const browser = await browserWithCookie();
    const page = await browser.send(`/decrypt/${link.token}`);
    expect(page.status).toBe(200);
    const { view, agents, claim } = told(await call(browser, 'claim', { token: link.token }));
    expect([view.state, view.items.length, claim, agents.map(({ endpoints }) => endpoints.length)]).toEqual([
      'claimed',
      1,
      null,
      [1],
    ]);
    expect(view.items[0]).toMatchObject({
      interaction: link.interaction,
      name: '投标保函.json',
      kind: 'envelope',
      state: 'waiting',
      needed: [{ holder: '辽宁示例建设有限公司', authority: { id: 'beichen' }, expired: false, renewed: false }],
      error: null,
    });
    const interaction = view.interaction;
    const { grant } = told(await call(browser, 'grant', { interaction, nonce: 'a'.repeat(64) }));
    expect(grant.grant.operations).toEqual(['enumerate', 'certificates', 'unwrap']);

    const plugged = told(await call(browser, 'certificates', { interaction, certificates: [shown(key)] }));
    expect(plugged.certificates[0]).toMatchObject({ key: 'k1', expired: false, opens: [view.items[0]?.id], tries: [] });
    const [wrap] = plugged.wraps['k1'] ?? [];
    const opened = await gm.sm2.decrypt(key.pair.encKey, fromBase64(wrap?.wrapped ?? '') ?? Buffer.alloc(0));
    if (wrap === undefined || !opened.ok) throw new Error('nothing unwrapped');
    const given = { item: wrap.item, wrap: wrap.wrap, key: base64(opened.plaintext), layout: opened.layout };
    const after = told(await call(browser, 'keys', { interaction, keys: [given] }));
    expect(['proved', 'succeeded']).toContain(after.view.state);
    const end = await until(async () => {
      const reply = await browser.post('/hosted/api/decrypt/view', { interaction });
      const text = await reply.text();
      expect(text).not.toContain(content);
      expect(text).not.toContain(base64(utf8(content)));
      const now = told(JSON.parse(text) as DecryptPageApi['view']['answer']);
      return now.view.state === 'succeeded' ? now.view : undefined;
    });
    expect(end.items[0]).toMatchObject({ state: 'delivered', wraps: [] });
    expect(message7(world, link.taskId)[0]?.['decData']).toBe(content);
  });

  it('answers a failed try in one sentence with a support code', async () => {
    const link = await startDecrypt(world, await closed(world, key, '一'));
    const browser = await browserWithCookie();
    const { view } = told(await call(browser, 'claim', { token: link.token }));
    const [item] = view.items;
    const keys = [{ item: item?.id ?? '', wrap: item?.wraps[0]?.id ?? '', key: base64(Buffer.alloc(16, 7)) }];
    const after = told(await call(browser, 'keys', { interaction: view.interaction, keys }));
    expect(after.view.items[0]).toMatchObject({
      state: 'failed',
      error: { code: 'DECRYPT_FAILED', retry: true, supportCode: expect.stringMatching(/^\w{4}-\w{4}$/) },
    });
  });

  it('gives nothing to another browser, to a login’s link, or to a request of another shape', async () => {
    const link = await startDecrypt(world, await closed(world, key, '二'));
    const [browser, other] = [await browserWithCookie(), await browserWithCookie()];
    told(await call(browser, 'claim', { token: link.token }));
    const { interaction } = link;
    expect(codeOfAnswer(await call(other, 'claim', { token: link.token }))).toBe('OTHER_BROWSER');
    for (const route of ['view', 'cancel', 'redeliver'] as const)
      expect(codeOfAnswer(await call(other, route, { interaction }))).toBe('OTHER_BROWSER');
    expect(codeOfAnswer(await call(other, 'certificates', { interaction, certificates: [shown(key)] }))).toBe(
      'OTHER_BROWSER',
    );
    expect(codeOfAnswer(await call(other, 'keys', { interaction, keys: [] }))).toBe('OTHER_BROWSER');
    expect(codeOfAnswer(await call(other, 'mobile', { interaction, authority: 'beichen' }))).toBe('OTHER_BROWSER');
    expect(codeOfAnswer(await browser.call('view', { interaction }))).toBe('LINK_INVALID');
    expect(codeOfAnswer(await browser.call('challenge', { interaction }))).toBe('LINK_INVALID');
    const login = await world.start(newTask());
    expect(codeOfAnswer(await call(browser, 'claim', { token: login.token }))).toBe('LINK_INVALID');
    expect((await browser.send(`/check/${link.token}`)).status).toBe(404);
    expect((await browser.send(`/decrypt/${login.token}`)).status).toBe(404);
    const odd = { interaction, keys: [{ item: 'x', wrap: '0', key: 'AA==' }] };
    expect(codeOfAnswer(await call(browser, 'keys', odd))).toBe('BODY_NOT_JSON');
    const reply = await browser.post('/hosted/api/decrypt/nothing', { interaction });
    expect(codeOfAnswer((await reply.json()) as { ok: boolean })).toBe('ROUTE_UNKNOWN');
  });

  it('is not called from another site', async () => {
    const link = await startDecrypt(world, await closed(world, key, '三'));
    const browser = await browserWithCookie();
    const headers = { origin: 'https://evil.example' };
    const reply = await browser.post('/hosted/api/decrypt/claim', { token: link.token }, headers);
    expect(codeOfAnswer((await reply.json()) as { ok: boolean })).toBe('INPUT_NOT_ALLOWED');
  });
});
