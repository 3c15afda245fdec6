import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantText } from '#agent/protocol.ts';
import type { EdgeEnv } from '#http/context.ts';
import { base64, fromBase64, utf8 } from '#kernel/bytes.ts';
import { openStore } from '#store/store.ts';
import { gm, type HeldKey, type LoginWorld, newTask, openLoginWorld, until, unwrap } from '#test/identity/world.ts';
import { quietLog } from '#test/support/store.ts';
import { codeOfAnswer, hostedOf, PageBrowser } from './world.ts';

const HUB = 'https://hub.ca.example';

describe('the page API', () => {
  let world: LoginWorld;
  let app: Hono<EdgeEnv>;
  let key: HeldKey;
  beforeAll(async () => {
    world = await openLoginWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }), HUB);
    app = hostedOf(world);
    key = await world.enrolledKey();
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  const browser = () => new PageBrowser(app, HUB);
  async function claimed(one = browser()) {
    const taskId = newTask();
    const link = await world.start(taskId);
    await one.call('hello', {});
    const answer = await one.call('claim', { token: link.token });
    if (!answer.ok) throw new Error(answer.error.code);
    return { taskId, ...link, one, answer };
  }

  it('takes a person from the link to the way back', async () => {
    const { one, interaction, taskId, answer } = await claimed();
    expect(answer.claim).toBeNull();
    expect(answer.view).toMatchObject({
      state: 'claimed',
      platform: { name: '示例市交易系统' },
      mobile: null,
      error: null,
      next: null,
    });
    expect(answer.view.authorities.map((one) => one.id)).toEqual(['beichen', 'bohai']);
    expect(answer.agents[0]?.endpoints).toEqual(['ws://127.0.0.1:21160/ca-agent/v1']);
    const challenge = await one.call('challenge', { interaction });
    if (!challenge.ok) throw new Error(challenge.error.code);
    expect(challenge.text.split('\n').slice(0, 3)).toEqual(['caihub/1', 'purpose=login', `hub=${HUB}`]);
    const signature = await key.sign(challenge.text);
    expect(codeOfAnswer(await one.call('evidence', { interaction, certificate: key.certificate, signature }))).toBe(
      'ok',
    );
    const view = await until(async () => {
      const seen = await one.call('view', { interaction });
      return seen.ok && seen.view.next !== null ? seen.view : undefined;
    });
    expect(view.next).toMatchObject({ kind: 'redirect', url: expect.stringContaining(`taskId=${taskId}&ticket=`) });
    expect(codeOfAnswer(await one.call('claim', { interaction }))).toBe('ok');
  });

  it('gives a browser one cookie that no script, no other host and no other site can use', async () => {
    const one = browser();
    await one.call('hello', {});
    expect(one.lastSetCookie).toEqual([
      expect.stringMatching(/^__Host-caihub=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    await one.call('hello', {});
    expect(one.lastSetCookie).toEqual([]);
  });

  it('names its cookie plainly on development http', async () => {
    const plain = new PageBrowser(hostedOf({ ...world, publicUrl: 'http://127.0.0.1:9' }), 'http://127.0.0.1:9');
    await plain.call('hello', {});
    expect(plain.lastSetCookie).toEqual([
      expect.stringMatching(/^caihub-dev=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('is not moved by a link scanner: GET and HEAD set no cookie and bind nothing', async () => {
    const link = await world.start(newTask());
    const scanner = browser();
    for (const method of ['GET', 'HEAD', 'GET']) {
      const reply = await scanner.send(`/check/${link.token}`, { method });
      expect(reply.status).toBe(200);
      expect(reply.headers.getSetCookie()).toEqual([]);
      expect(reply.headers.get('referrer-policy')).toBe('no-referrer');
      expect(reply.headers.get('cache-control')).toBe('no-store');
    }
    const one = browser();
    await one.call('hello', {});
    expect(codeOfAnswer(await one.call('claim', { token: link.token }))).toBe('ok');
    expect((await browser().send(`/check/${link.token}x`)).status).toBe(404);
  });

  it('answers another browser with one sentence and nothing of the login', async () => {
    const { interaction, token } = await claimed();
    const other = browser();
    await other.call('hello', {});
    for (const answer of [
      await other.call('claim', { token }),
      await other.call('view', { interaction }),
      await other.call('challenge', { interaction }),
      await other.call('grant', { interaction, nonce: '0'.repeat(64) }),
      await other.call('certificates', { interaction, certificates: [] }),
      await other.call('mobile', { interaction, authority: 'beichen' }),
      await other.call('redeliver', { interaction }),
      await other.call('cancel', { interaction }),
    ]) {
      expect(answer).toEqual({
        ok: false,
        error: {
          code: 'OTHER_BROWSER',
          message: '该链接已在另一浏览器中打开，请从交易系统重新进入。',
          supportCode: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/),
          retry: false,
        },
      });
    }
  });

  it('works without cookies by a secret that only the page holds', async () => {
    const { token, interaction } = await world.start(newTask());
    const framed = browser();
    const answer = await framed.call('claim', { token });
    const claim = answer.ok ? (answer.claim ?? '') : '';
    expect(claim).toHaveLength(43);
    expect(codeOfAnswer(await framed.call('view', { interaction }))).toBe('OTHER_BROWSER');
    expect(codeOfAnswer(await framed.call('view', { interaction }, { 'x-ca-claim': claim }))).toBe('ok');
  });

  it('listens to scripts of its own pages only', async () => {
    const { one, interaction } = await claimed();
    const origins = [
      'null',
      'https://evil.example',
      'http://hub.ca.example',
      `${HUB}:8443`,
      `${HUB}.evil.example`,
      'https://sub.hub.ca.example',
      `${HUB}/`,
      '',
    ];
    for (const origin of origins) {
      expect([origin, codeOfAnswer(await one.call('view', { interaction }, { origin }))]).toEqual([
        origin,
        'INPUT_NOT_ALLOWED',
      ]);
    }
    const silent = await one.send('/hosted/api/view', {
      method: 'POST',
      body: JSON.stringify({ interaction }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await silent.json()).toMatchObject({ ok: false, error: { code: 'INPUT_NOT_ALLOWED' } });
    expect(codeOfAnswer(await one.call('view', { interaction }, { 'sec-fetch-site': 'cross-site' }))).toBe(
      'INPUT_NOT_ALLOWED',
    );
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])
      expect(codeOfAnswer(await one.call('view', { interaction }, { 'content-type': type }))).toBe('INPUT_NOT_ALLOWED');
    expect(
      codeOfAnswer(await one.call('view', { interaction }, { 'content-type': 'application/json; charset=utf-8' })),
    ).toBe('ok');
  });

  it("listens under a platform's own public address as well, and signs for that", async () => {
    const inside = 'https://ca.intranet.example';
    unwrap(
      await world.store.tx((tx) =>
        world.relyingParties.setPlatform(tx, world.unit.id, world.platform.orgcode, { publicUrl: inside }),
      ),
    );
    const platform = unwrap({
      ok: true,
      value: await world.relyingParties.platform(world.store.read, world.unit.id, world.platform.orgcode),
    });
    if (platform === undefined) throw new Error('no platform');
    const taskId = newTask();
    const started = unwrap(
      await world.logins.start(world.unit, platform, { taskId, standBy: null, returnUrl: null, content: {} }),
    );
    expect(started.pageUrl.startsWith(`${inside}/check/`)).toBe(true);
    const one = new PageBrowser(hostedOf(world), inside);
    await one.call('hello', {});
    expect(codeOfAnswer(await one.call('claim', { token: started.pageUrl.split('/').at(-1) ?? '' }))).toBe('ok');
    const challenge = await one.call('challenge', { interaction: started.interaction });
    expect(challenge.ok && challenge.text.includes(`hub=${inside}\n`)).toBe(true);
    const facts = await one.send('/.well-known/ca-interop-hub');
    expect(await facts.json()).toMatchObject({ origin: inside });
    unwrap(
      await world.store.tx((tx) =>
        world.relyingParties.setPlatform(tx, world.unit.id, world.platform.orgcode, { publicUrl: null }),
      ),
    );
  });

  it('refuses what is not a request of its own, with a sentence and no trace', async () => {
    const { one, interaction } = await claimed();
    const own = { origin: HUB, 'content-type': 'application/json' };
    const bodies = [
      '',
      '{',
      '[]',
      '"x"',
      'null',
      '{"interaction":1}',
      '{}',
      `{"interaction":"${interaction}","more":1}`,
      `{"interaction":"${interaction}","interaction":"${interaction}"}`,
      '{"__proto__":{}}',
      `{"interaction":"${'x'.repeat(100)}"}`,
    ];
    for (const body of bodies) {
      const reply = await one.send('/hosted/api/view', { method: 'POST', body, headers: own });
      expect([body, reply.status]).toEqual([body, 200]);
      expect(await reply.json()).toMatchObject({ ok: false, error: { code: 'BODY_NOT_JSON' } });
    }
    const large = await one.send('/hosted/api/view', { method: 'POST', body: ' '.repeat(70_000), headers: own });
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ ok: false, error: { code: 'BODY_TOO_LARGE' } });
    expect(await (await one.post('/hosted/api/nothing', {})).json()).toMatchObject({
      error: { code: 'ROUTE_UNKNOWN' },
    });
  });

  it('asks for patience instead of answering an endless stream of calls', async () => {
    const strict = hostedOf(world, { interaction: { burst: 3, perSecond: 0.5 }, address: { burst: 8, perSecond: 1 } });
    const one = new PageBrowser(strict, HUB);
    const from = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    const { interaction } = await world.start(newTask());
    const codes: string[] = [];
    for (let i = 0; i < 10; i += 1) codes.push(codeOfAnswer(await one.call('view', { interaction }, from)));
    expect(codes.slice(0, 3)).toEqual(Array(3).fill('LINK_SUPERSEDED'));
    expect(codes.slice(3)).toEqual(Array(7).fill('RATE_LIMITED'));
    const reply = await one.post('/hosted/api/hello', {}, from);
    expect(reply.status).toBe(429);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await one.post('/hosted/api/hello', {}, { 'x-forwarded-for': '203.0.113.9, 198.51.100.8' })).status).toBe(
      200,
    );
  });

  it('signs what the agent may do for this page, for one connection and one minute', async () => {
    const { one, interaction } = await claimed();
    const nonce = 'ab'.repeat(32);
    const answer = await one.call('grant', { interaction, nonce });
    if (!answer.ok) throw new Error(answer.error.code);
    const { grant, signature } = answer.grant;
    expect(grant).toMatchObject({
      v: 1,
      nonce,
      origin: HUB,
      interaction,
      operations: ['enumerate', 'certificates', 'sign-login'],
    });
    expect(Date.parse(grant.expires) - world.clock.now()).toBeLessThanOrEqual(60_000);
    expect(gm.sm2.verify(world.signingKey.publicKey, [utf8(grantText(grant))], fromBase64(signature) ?? utf8(''))).toBe(
      true,
    );
    const facts = (await (await one.send('/.well-known/ca-interop-hub')).json()) as { publicKey: string };
    expect(facts.publicKey).toBe(Buffer.from(world.signingKey.publicKey.point).toString('hex'));
    expect(codeOfAnswer(await one.call('grant', { interaction, nonce: 'AB'.repeat(32) }))).toBe('INPUT_NOT_ALLOWED');
  });

  it('says of each plugged certificate whose it is and what it would meet, by its tail only', async () => {
    const { one, interaction } = await claimed();
    const answer = await one.call('certificates', {
      interaction,
      certificates: [
        { key: 'k1', sign: key.certificate },
        { key: 'k2', sign: base64(utf8('nothing')) },
      ],
    });
    if (!answer.ok) throw new Error(answer.error.code);
    expect(answer.certificates[0]).toMatchObject({
      key: 'k1',
      holder: '辽宁示例建设有限公司',
      kind: 'organisation',
      status: 'ready',
      error: null,
      tail: key.serial.slice(-4),
      authority: { id: 'beichen' },
    });
    expect(answer.certificates[1]).toMatchObject({ key: 'k2', status: 'invalid', authority: null });
    expect(JSON.stringify(answer)).not.toContain(key.serial);
  });

  it("answers the vendors' door the same way whatever was knocked", async () => {
    const { one, interaction } = await claimed();
    unwrap(await world.logins.beginMobile({ interaction, secret: one.cookies.get('__Host-caihub') ?? '' }, 'beichen'));
    const { exchange = '' } = world.vendor.tasks().at(-1) ?? {};
    const replies: string[] = [];
    for (const path of [
      `beichen/callback/${exchange}`,
      `bohai/callback/${exchange}`,
      'x/callback/y',
      `beichen/callback/${interaction}.0000000000000000`,
    ]) {
      const reply = await browser().send(`/drivers/${path}`, {
        method: 'POST',
        body: '{"status":"confirmed"}',
        headers: { cookie: 'x=y' },
      });
      replies.push(`${reply.status} ${await reply.text()}`);
    }
    const huge = await browser().send(`/drivers/beichen/callback/${exchange}`, {
      method: 'POST',
      body: 'x'.repeat(70_000),
    });
    replies.push(`${huge.status} ${await huge.text()}`);
    expect(new Set(replies)).toEqual(new Set(['200 {"code":200,"msg":"已收到"}']));
  });

  it('says whether it lives and whether it can work', async () => {
    expect((await browser().send('/healthz')).status).toBe(200);
    expect((await browser().send('/readyz')).status).toBe(200);
    const broken = hostedOf(world, {}, () => Promise.reject(new Error('the disk is full')));
    const reply = await new PageBrowser(broken, HUB).send('/readyz');
    expect(reply.status).toBe(503);
    expect(await reply.text()).not.toContain('disk');
  });
});
