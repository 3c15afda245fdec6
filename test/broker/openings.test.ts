import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpeningsApi, OPENINGS_PATH } from '#broker/openings.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { hex } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { JsonObject } from '#kernel/json.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { openStore } from '#store/store.ts';
import {
  gm,
  HUB,
  type Keyed,
  openAsBidder,
  openWorld,
  releaseAll,
  requestOf,
  streamOf,
  unwrap,
  type World,
} from '#test/opening/support.ts';
import { quietLog } from '#test/support/store.ts';
import { signHeaders } from '#wire/header-sign.ts';

describe('the openings of a trading system', () => {
  let world: World;
  let bidder: Keyed;
  const app = new Hono<EdgeEnv>();
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    bidder = await world.bidder();
    const { openings, store } = world;
    const { relyingParties, clock } = openings.room;
    app.use('*', requestContext({ random: systemRandom, https: true }));
    app.route('/', createOpeningsApi({ store, gm, clock, log: quietLog, relyingParties, openings, publicUrl: HUB }));
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  interface Answer {
    readonly status: number;
    readonly code: number;
    readonly msg: string;
    readonly data: JsonObject;
  }

  async function call(method: string, target: string, body: unknown = undefined, stream?: Buffer): Promise<Answer> {
    const bytes = stream ?? (body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)));
    const sm3 = hex(gm.sm3(bytes));
    const request = {
      method,
      target,
      timestamp: String(world.clock.now()),
      nonce: hex(systemRandom.bytes(12)),
      bodySm3: sm3,
    };
    const reply = await app.request(target, {
      method,
      headers: {
        'X-Ca-Unit-Id': world.unit.id,
        'X-Ca-Timestamp': request.timestamp,
        'X-Ca-Nonce': request.nonce,
        'X-Ca-Sign': signHeaders(gm, new Secret(world.secret), request),
        ...(stream && { 'X-Ca-Content-Sm3': sm3 }),
      },
      ...(bytes.length > 0 && { body: Uint8Array.from(bytes) }),
    });
    return { status: reply.status, ...((await reply.json()) as Omit<Answer, 'status'>) };
  }

  const announce = async (changes: JsonObject = {}) => {
    const { closesAt: _closes, windowMs, recovery: _recovery, opensAt, hosts, ...request } = requestOf(world);
    const body = {
      ...request,
      opensAt: isoUtc(opensAt),
      windowMinutes: windowMs / 60_000,
      hosts: hosts.map(({ name, signCertificate }) => ({ name, signCertificate })),
      supervisors: [],
      ...changes,
    };
    return call('POST', OPENINGS_PATH, body);
  };

  it('are announced, shown and postponed by a signed amendment', async () => {
    const made = await announce();
    expect(made).toMatchObject({
      status: 200,
      code: 200,
      data: { state: 'announced', keyModel: 'joint', threshold: 2 },
    });
    const path = `${OPENINGS_PATH}/${String(made.data['openingId'])}`;
    expect(made.data['hall']).toBe(`${HUB}/hall/${String(made.data['openingId'])}`);
    const later = isoUtc(Date.parse(String(made.data['opensAt'])) + 3_600_000);
    const moved = await call('POST', `${path}/amendments`, { opensAt: later, reason: '澄清招标文件' });
    expect(moved.data['opensAt']).toBe(later);
    expect(moved.data['closesAt']).toBe(later);
    const shown = await call('GET', path);
    expect((shown.data['announcements'] as unknown[]).length).toBe(2);
    expect(JSON.stringify(shown)).not.toMatch(/capsule|bidders"/);
    const back = await call('POST', `${path}/amendments`, { opensAt: String(made.data['opensAt']), reason: '提前' });
    expect(back).toMatchObject({ status: 409, code: 409 });
  });

  it('name the member that is missing or wrong', async () => {
    const cases: [JsonObject, RegExp][] = [
      [{ title: '' }, /title（项目名称）/],
      [{ opensAt: 'tomorrow' }, /opensAt（开标时间）.*ISO/],
      // No clock shows it: an opening moved there could never be shown again.
      [{ opensAt: 9_007_199_254_740_991 }, /opensAt（开标时间）.*ISO/],
      [{ opensAt: 10_000_000_000_000 }, /opensAt（开标时间）.*ISO/],
      [{ opensAt: '9999-12-31T23:59:59Z' }, /opensAt（开标时间）.*ISO/],
      [{ lots: [] }, /lots（标段）/],
      [{ surprise: 1 }, /surprise.*没有这个参数/],
      [{ custodians: { needed: 1, persons: [] } }, /托管人/],
    ];
    for (const [changes, words] of cases) {
      const answer = await announce(changes);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.msg).toMatch(words);
    }
    expect(await call('GET', `${OPENINGS_PATH}/opn_0`)).toMatchObject({ status: 404, code: 404 });
  });

  it('take a streamed capsule, give its receipt, show and withdraw it', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder, {
      content: { bytes: systemRandom.bytes(300_000), name: '标书.pdf' },
    });
    const path = `${OPENINGS_PATH}/${file.opening.id}`;
    const ticket = await call('GET', `${path}/ticket?lot=L1`);
    expect(ticket.data['ticket']).toMatchObject({ record: { type: 'sealing-ticket', lot: 'L1' } });
    const target = `${path}/capsules?lot=L1&taskId=BID-1&label=${encodeURIComponent('标书.pdf')}`;
    const taken = await call('PUT', target, undefined, capsule);
    expect(taken).toMatchObject({
      status: 200,
      data: { version: 1, receipt: { record: { type: 'capsule-receipt' } } },
    });
    const other = await call('PUT', target, undefined, capsule.subarray(0, 5000));
    expect(other).toMatchObject({ status: 422 });
    const one = `${path}/capsules/${String(taken.data['capsuleId'])}`;
    const facts = (await call('GET', one)).data;
    expect(facts).toMatchObject({ state: 'sealed', willOpen: 'untried', encData: taken.data['encData'] });
    expect((await call('GET', `${path}/capsules?lot=L1&taskId=BID-1`)).data).toEqual(facts);
    expect(await call('GET', `${path}/capsules?lot=L1&taskId=BID-2`)).toMatchObject({ status: 404 });
    expect(await call('GET', `${path}/capsules`)).toMatchObject({ status: 404 });
    expect(await call('DELETE', one)).toMatchObject({
      status: 200,
      data: { receipt: { record: { event: 'withdrawn' } } },
    });
    expect((await call('GET', one)).data).toMatchObject({ state: 'withdrawn' });
  });

  it('refuse a body that is not the one announced in its header, and keep nothing of it', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    const target = `${OPENINGS_PATH}/${file.opening.id}/capsules?lot=L1&taskId=BID-1`;
    const request = {
      method: 'PUT',
      target,
      timestamp: String(world.clock.now()),
      nonce: 'n-12345678',
      bodySm3: '0'.repeat(64),
    };
    const reply = await app.request(target, {
      method: 'PUT',
      headers: {
        'X-Ca-Unit-Id': world.unit.id,
        'X-Ca-Timestamp': request.timestamp,
        'X-Ca-Nonce': request.nonce,
        'X-Ca-Sign': signHeaders(gm, new Secret(world.secret), request),
        'X-Ca-Content-Sm3': request.bodySm3,
      },
      body: Uint8Array.from(capsule),
    });
    expect(reply.ok).toBe(false);
    const rows = await world.store.read.db
      .selectFrom('capsule')
      .select('id')
      .where('opening_id', '=', file.opening.id)
      .execute();
    expect(rows).toEqual([]);
  });

  it('give an opened file out once by its address, and a fresh address when asked', async () => {
    const file = await world.announce();
    const content = systemRandom.bytes(3_000_000);
    const capsule = await world.capsule(file, bidder, { content: { bytes: content, name: '投标文件.zip' } });
    const upload = { openingId: file.opening.id, lot: 'L1', taskId: 'BID-1', label: '', standBy: null };
    const taken = unwrap(
      await world.openings.takeIn(world.unit, { ...upload, sealedBy: 'client' }, streamOf(capsule, 65_536)),
    );
    const at = `${OPENINGS_PATH}/${file.opening.id}/capsules/${taken.capsuleId}/content`;
    expect((await call('POST', at)).status).toBe(404);
    world.clock.pass(file.opening.opensAt - world.clock.now());
    await releaseAll(world, file);
    expect(unwrap(await openAsBidder(world, capsule, bidder))).toMatchObject({ kind: 'file', size: content.length });
    const link = await call('POST', at);
    const url = String(link.data['url']).slice(HUB.length);
    const [one, two] = await Promise.all([app.request(url), app.request(url)]);
    const good = [one, two].filter((reply) => reply?.status === 200);
    expect(good).toHaveLength(1);
    expect(good[0]?.headers.get('content-disposition')).toContain("UTF-8''");
    const got = Buffer.from((await good[0]?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(got.equals(Buffer.from(content))).toBe(true);
    expect((await app.request(url)).status).toBe(410);
    expect((await call('POST', at)).data['url']).not.toBe(link.data['url']);
  });
});
