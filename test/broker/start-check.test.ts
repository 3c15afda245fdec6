import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '#test/subscriber/support.ts';
import { type Body, type Caller, codeOf, openWorld, signAs, startCheck, stranger, type World } from './support.ts';

let world: World;
let caller: Caller;
beforeAll(async () => {
  world = await openWorld();
  caller = await world.caller();
});
afterAll(() => world.close());

describe('startCheck', () => {
  it('answers the page’s address under Loginurl, members in printed order, code a number', async () => {
    const members = startCheck(caller);
    const reply = await world.post(
      '/api/ca/startCheck',
      JSON.stringify({ ...members, sign: caller.sign('startCheck', members) }),
    );
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await reply.text();
    expect(text).toMatch(/^\{"code":200,"msg":"成功","Loginurl":"https:\/\/hub\.ca\.example\/check\/[\w.-]+"\}$/);
    expect(text).not.toContain(String(members['taskId']));
  });

  it('gives the same task a new address, and refuses it with another content', async () => {
    const members = startCheck(caller, { standBy: '甲' });
    const first = await caller.call('startCheck', members);
    const second = await caller.call('startCheck', members);
    expect(second['code']).toBe(200);
    expect(second['Loginurl']).not.toBe(first['Loginurl']);
    const other = await caller.call('startCheck', { ...members, standBy: '乙' });
    expect([other['code'], codeOf(other)]).toEqual([409, 'TASK_CONFLICT']);
    expect(other['msg']).toContain('请更换任务标识');
  });

  it('takes a repeat with a fresh time and nonce as the same request', async () => {
    const standBy = (timestamp: number, nonce: string) => JSON.stringify({ hub: { timestamp, nonce } });
    const members = startCheck(caller, { standBy: standBy(1773797400000, 'nonce-one') });
    expect((await caller.call('startCheck', members))['code']).toBe(200);
    const again = { ...members, standBy: standBy(1773797460000, 'nonce-two') };
    expect((await caller.call('startCheck', again))['code']).toBe(200);
  });

  it('uses only a registered return URL', async () => {
    const wanted = (returnUrl: string) =>
      caller.call('startCheck', startCheck(caller, { standBy: JSON.stringify({ hub: { returnUrl } }) }));
    expect((await wanted('http://localhost:9/app/other'))['code']).toBe(200);
    const other = await wanted('https://evil.example/');
    expect([other['code'], codeOf(other)]).toEqual([403, 'RETURN_URL_UNREGISTERED']);
  });

  it.each<[string, (members: Body) => Body, number, string]>([
    ['an unknown unit', (m) => ({ ...m, caUnitId: 'nobody' }), 401, 'UNIT_UNKNOWN'],
    ['an unknown platform', (m) => ({ ...m, orgcode: '999999' }), 403, 'PLATFORM_UNKNOWN'],
    ['a mistyped extension', (m) => ({ ...m, standBy: '{"hub":{"returnURL":"x"}}' }), 400, 'FIELD_INVALID'],
    ['a task named like a test message', (m) => ({ ...m, taskId: 'caihub-test-1' }), 400, 'FIELD_INVALID'],
    ['an ambiguous string', (m) => ({ ...m, standBy: 'x&taskId=1' }), 400, 'SIGN_AMBIGUOUS'],
  ])('refuses %s', async (_, change, code, name) => {
    const answer = await caller.call('startCheck', change(startCheck(caller)));
    expect([answer['code'], codeOf(answer)]).toEqual([code, name]);
    expect(answer['msg']).toMatch(/。（编号 [2-9A-Z]{4}-[2-9A-Z]{4}）$/);
  });
});

describe('a sign', () => {
  const post = async (members: Body) =>
    (await (await world.post('/api/ca/startCheck', JSON.stringify(members))).json()) as Body;

  it('that is wrong, another unit’s, or of another algorithm is refused without a hint', async () => {
    const other = await world.caller();
    const members = startCheck(caller);
    for (const sign of [
      'f'.repeat(64),
      other.sign('startCheck', members),
      signAs(stranger, 'startCheck', members),
      caller.sign('startCheck', members, { sign: 'sm3', allMembers: false }),
      caller.sign('startCheck', { ...members, taskId: 'other' }),
    ]) {
      const answer = await post({ ...members, sign });
      expect([answer['code'], codeOf(answer)]).toEqual([401, 'SIGN_WRONG']);
      expect(JSON.stringify(answer)).not.toContain('canonical');
      expect(answer['msg']).toContain('交易系统请求校验未通过，请联系交易系统客服');
    }
  });

  it('that is right is accepted whatever the order of the members, in hex of either case or base64', async () => {
    const members = startCheck(caller);
    const sign = caller.sign('startCheck', members);
    for (const spelled of [sign, sign.toUpperCase(), Buffer.from(sign, 'hex').toString('base64')]) {
      const reversed = Object.fromEntries(Object.entries({ ...members, sign: spelled }).reverse());
      expect((await post(reversed))['code']).toBe(200);
    }
  });

  it('of a sandbox unit that is wrong shows the string the hub used', async () => {
    const sandbox = await world.caller({ profile: { sandbox: true } });
    const members = startCheck(sandbox, { taskId: 'T1' });
    const answer = await post({ ...members, sign: 'f'.repeat(64) });
    expect(answer['code']).toBe(401);
    expect(answer['errData']).toContain(
      `algorithm=hmac-sm3; canonical=caUnitId=${sandbox.id}&orgcode=210000&taskId=T1`,
    );
  });

  it('may be SM3 with the secret appended, where the unit’s profile says so', async () => {
    const unit = await world.caller({ profile: { sign: 'sm3' } });
    expect((await unit.call('startCheck', startCheck(unit), { sign: 'sm3', allMembers: false }))['code']).toBe(200);
    expect((await unit.call('startCheck', startCheck(unit)))['code']).toBe(401);
  });

  it('covers every member, where the unit’s profile says so', async () => {
    const unit = await world.caller({ profile: { allMembers: true } });
    const members = startCheck(unit, { colour: 'blue' });
    const all = { sign: 'hmac-sm3', allMembers: true } as const;
    expect((await unit.call('startCheck', members, all))['code']).toBe(200);
    expect((await unit.call('startCheck', members))['code']).toBe(401);
  });

  it('by either live secret is taken at once after a roll-over, by a retired one no more', async () => {
    const unit = await world.caller();
    const rotated = unwrap(await world.store.tx((tx) => world.parties.rotateSecret(tx, unit.id)));
    const signedBy = async (secret: typeof rotated.secret) => {
      const members = startCheck(unit);
      return (await post({ ...members, sign: signAs(secret, 'startCheck', members) }))['code'];
    };
    expect([await signedBy(unit.secret), await signedBy(rotated.secret)]).toEqual([200, 200]);
    unwrap(await world.store.tx((tx) => world.parties.retireSecret(tx, unit.id)));
    expect([await signedBy(unit.secret), await signedBy(rotated.secret)]).toEqual([401, 200]);
  });

  it('of a suspended unit or platform opens nothing from the next request on', async () => {
    const unit = await world.caller();
    unwrap(await world.store.tx((tx) => world.parties.setPlatform(tx, unit.id, '210000', { status: 'suspended' })));
    expect(codeOf(await unit.call('startCheck', startCheck(unit)))).toBe('PLATFORM_UNKNOWN');
    unwrap(await world.store.tx((tx) => world.parties.setUnitStatus(tx, unit.id, 'suspended')));
    const answer = await unit.call('startCheck', startCheck(unit));
    expect([answer['code'], codeOf(answer)]).toEqual([403, 'UNIT_SUSPENDED']);
    // Who cannot sign does not learn that the unit is suspended.
    const members = startCheck(unit);
    expect(codeOf(await post({ ...members, sign: signAs(stranger, 'startCheck', members) }))).toBe('SIGN_WRONG');
  });

  it('is not enough where freshness is demanded: time and nonce, each once', async () => {
    const unit = await world.caller({ profile: { freshness: 60 } });
    const send = async (hub: Body | undefined) =>
      unit.call('startCheck', startCheck(unit, hub === undefined ? {} : { standBy: JSON.stringify({ hub }) }));
    const now = world.clock.now();
    expect(codeOf(await send(undefined))).toBe('FIELD_MISSING');
    expect((await send({ timestamp: now }))['msg']).toContain('standBy.hub.nonce');
    expect((await send({ timestamp: now - 61_000, nonce: 'nonce-01' }))['msg']).toContain('standBy.hub.timestamp');
    expect((await send({ timestamp: now, nonce: 'nonce-02' }))['code']).toBe(200);
    expect((await send({ timestamp: now, nonce: 'nonce-02' }))['msg']).toContain('已经使用过');
    expect((await send({ timestamp: now, nonce: 'nonce-03' }))['code']).toBe(200);
  });
});
