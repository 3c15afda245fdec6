import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSealsApi, SEALS_PATH } from '#broker/seals.ts';
import type { KeyPair } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { base64, hex } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { systemRandom } from '#kernel/random.ts';
import { makeFor, seen, use } from '#test/subscriber/seals-kit.ts';
import { recordOf, unwrap } from '#test/subscriber/support.ts';
import { quietLog } from '#test/support/store.ts';
import { signHeaders } from '#wire/header-sign.ts';
import { type Caller, gm, openWorld, type World } from './support.ts';

describe('the seal library of a trading system', () => {
  let world: World;
  let caller: Caller;
  let [key, other] = [{} as KeyPair, {} as KeyPair];
  const app = new Hono<EdgeEnv>();
  beforeAll(async () => {
    world = await openWorld();
    caller = await world.caller();
    const { store, clock, parties, desk } = world;
    app.use('*', requestContext({ random: systemRandom, https: true }));
    app.route('/', createSealsApi({ store, gm, clock, log: quietLog, relyingParties: parties, seals: desk.seals }));
    [key, other] = [await desk.key(), await desk.key()];
    const unit = await unitOf();
    for (const pair of [key, other])
      unwrap(await desk.subscribers.synchronise(unit, recordOf(pair, companies.liaoning, { seal: '' })));
  });
  afterAll(() => world.close());

  const unitOf = async () => {
    const unit = await world.parties.unit(world.store.read, caller.id);
    if (unit === undefined) throw new Error('no unit');
    return unit;
  };

  async function call(method: string, target: string, body?: JsonObject, by: Caller = caller) {
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    const request = {
      ...{ method, target, timestamp: String(world.clock.now()), nonce: hex(systemRandom.bytes(12)) },
      bodySm3: hex(gm.sm3(bytes)),
    };
    const reply = await app.request(target, {
      method,
      headers: {
        'X-Ca-Unit-Id': by.id,
        'X-Ca-Timestamp': request.timestamp,
        'X-Ca-Nonce': request.nonce,
        'X-Ca-Sign': signHeaders(gm, by.secret, request),
      },
      ...(bytes.length > 0 && { body: Uint8Array.from(bytes) }),
    });
    return { status: reply.status, ...((await reply.json()) as { code: number; msg: string; data: JsonObject }) };
  }

  it('is registered into, listed, stopped, given back, and looked through', async () => {
    const der = await makeFor(world.desk, [key]);
    const made = await call('POST', SEALS_PATH, { eseal: base64(der) });
    expect(made).toMatchObject({ code: 200, data: { created: true, kind: 'ses', state: 'active', generation: 'v4' } });
    const target = `${SEALS_PATH}/${String(made.data['sealId'])}`;
    expect(await call('POST', SEALS_PATH, { eseal: base64(der) })).toMatchObject({ data: { created: false } });
    expect(await call('GET', target)).toMatchObject({ data: { name: '辽宁示例建设有限公司', width: 40, uses: 0 } });
    const unitCode = encodeURIComponent(companies.liaoning.unitCode);
    expect((await call('GET', `${SEALS_PATH}?unitCode=${unitCode}`)).data['seals']).toHaveLength(1);
    expect((await call('GET', `${SEALS_PATH}?unitCode=91210200MA0XXXXX15`)).data['seals']).toEqual([]);

    const [held] = await seen(world.desk, await unitOf(), key);
    if (held === undefined) throw new Error('no seal');
    unwrap(await use(world.desk, await unitOf(), key, held, { documentSm3: 'ab'.repeat(32), places: 2 }));

    const certificate = base64(key.signCertificate);
    const suspend = { act: 'suspend', reason: '核查' };
    expect(await call('POST', `${target}/state`, suspend)).toMatchObject({
      data: { state: 'suspended', reason: '核查' },
    });
    const resume = { act: 'resume', reason: '核查完毕' };
    expect(await call('POST', `${target}/state`, resume)).toMatchObject({ status: 403, code: 403 });
    expect(await call('POST', `${target}/state`, { ...resume, certificate })).toMatchObject({
      data: { state: 'active' },
    });

    const holder = base64(other.signCertificate);
    const asStranger = { certificate: holder };
    expect(await call('POST', `${target}/uses`, asStranger)).toMatchObject({ status: 403 });
    const grant = { act: 'grant', power: 'audit', holder, certificate };
    expect(await call('POST', `${target}/powers`, grant)).toMatchObject({ code: 200 });
    expect(await call('POST', `${target}/uses`, asStranger)).toMatchObject({
      data: { uses: [{ documentSm3: 'ab'.repeat(32), places: 2 }] },
    });
    expect(await call('POST', `${target}/powers`, { ...grant, act: 'withdraw' })).toMatchObject({ code: 200 });
    expect(await call('POST', `${target}/uses`, asStranger)).toMatchObject({ status: 403 });
    expect(await call('POST', `${target}/state`, { act: 'revoke', reason: '换发', certificate })).toMatchObject({
      data: { state: 'revoked' },
    });
  });

  it('belongs to its unit: another one does not find it, and an unsigned request finds nothing', async () => {
    const made = await call('POST', SEALS_PATH, { eseal: base64(await makeFor(world.desk, [other])) });
    const target = `${SEALS_PATH}/${String(made.data['sealId'])}`;
    const stranger = await world.caller();
    expect(await call('GET', target, undefined, stranger)).toMatchObject({ status: 404 });
    expect(await call('POST', `${target}/state`, { act: 'revoke', reason: '试试' }, stranger)).toMatchObject({
      status: 404,
    });
    expect((await call('GET', SEALS_PATH, undefined, stranger)).data['seals']).toEqual([]);
    expect((await app.request(SEALS_PATH)).status).toBe(400);
  });

  it.each([
    [{}, 400, 'eseal'],
    [{ eseal: 5 }, 400, 'eseal'],
    [{ eseal: 'AAAA', more: 1 }, 400, 'more'],
    [{ eseal: '!!' }, 422, '印章'],
    [{ eseal: 'AAAA' }, 422, '印章'],
  ])('refuses %j as a registration, in a sentence', async (body, status, word) => {
    const answer = await call('POST', SEALS_PATH, body as JsonObject);
    expect(answer).toMatchObject({ status, code: status });
    expect(answer.msg).toContain(word);
  });

  it.each([
    ['state', { act: 'destroy', reason: 'x' }, 'act'],
    ['state', { act: 'suspend' }, 'reason'],
    ['state', { act: 'suspend', reason: 'a\nb' }, 'reason'],
    ['state', { act: 'suspend', reason: 'x', certificate: 'zzz' }, 'certificate'],
    ['powers', { act: 'grant', power: 'all', holder: 'AA', certificate: 'AA' }, 'power'],
    ['powers', { act: 'grant', power: 'use', holder: 'AA' }, 'certificate'],
    ['uses', {}, 'certificate'],
    ['uses', { certificate: 'AA', before: 'yesterday' }, 'before'],
  ])('refuses at %s %j, naming the member', async (what, body, field) => {
    const answer = await call('POST', `${SEALS_PATH}/sel_0/${what}`, body as JsonObject);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.msg).toContain(field);
  });
});
