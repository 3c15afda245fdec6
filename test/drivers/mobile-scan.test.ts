import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthRequest, Evidence, Step } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import type { Message } from '#drivers/kit/message.ts';
import { sealOf as hubSeal, sealFault } from '#drivers/mobile-scan/seal.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { sealOf as vendorSeal } from '#fixtures/world/vendor/seal.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';
import { gm, openTown, read, runningClock, SECRETS, type Town, unwrap } from './support.ts';

describe('the seal between hub and vendor', () => {
  const message = {
    method: 'POST',
    path: '/drivers/beichen/callback/e1',
    timestamp: '1773797400000',
    nonce: '0123456789abcdef',
    body: '{"tid":"例"}',
  } as const;
  const now = 1773797400000;

  it('is the same by two libraries', () => {
    expect(hubSeal(gm, SECRETS.beichen, message)).toBe(vendorSeal(SECRETS.beichen, message));
  });

  it('covers method, path, time, nonce and body, and lasts five minutes', () => {
    const seal = hubSeal(gm, SECRETS.beichen, message);
    const fault = (change: Partial<Message>, at = now) =>
      sealFault(gm, SECRETS.beichen, { ...message, ...change }, seal, at);
    expect(fault({})).toBeUndefined();
    expect(fault({}, now + 300_000)).toBeUndefined();
    expect(fault({}, now + 300_001)).toBe('stale timestamp');
    for (const change of [
      { path: '/x' },
      { nonce: '0123456789abcdee' },
      { body: '{}' },
      { timestamp: '1773797400001' },
    ]) {
      expect(fault(change)).toBe('wrong seal');
    }
    expect(fault({ method: 'GET' })).toBe('wrong seal');
    expect(sealFault(gm, SECRETS.bohai, message, seal, now)).toBe('wrong seal');
    expect(sealFault(gm, SECRETS.beichen, message, '', now)).toBe('wrong seal');
  });
});

describe('mobile certificates by QR code', () => {
  const clock = runningClock();
  /** Set: the vendor's answer to everything. */
  const said: { ret?: string; raw?: string } = {};
  let town: Town;
  let hosts: DriverHosts;
  let count = 0;

  beforeAll(async () => {
    town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        async request(call) {
          const body = said.raw ?? (said.ret && JSON.stringify({ ret: said.ret, msg: '机构内部说明', data: null }));
          if (body === undefined) return real.request(call);
          return { ok: true, status: 200, headers: {}, body: Buffer.from(body) };
        },
      }),
    });
    hosts = createDriverHosts({ ...town, clock, random: systemRandom, log: quietLog, installed });
  });
  afterAll(async () => {
    await hosts.stop();
    await town.close();
  });

  const request = (change: Partial<AuthRequest> = {}): AuthRequest => {
    count += 1;
    return {
      exchange: `e${count}`,
      text: 'caihub/1\npurpose=login\n',
      digits: '42',
      platformName: '示例交易系统',
      expiresAt: clock.now() + 60_000,
      callbackUrl: `http://127.0.0.1:1/drivers/beichen/callback/e${count}`,
      returnUrl: 'https://hub.ca.example/check/i/int_1',
      ...change,
    };
  };
  const begin = async (change: Partial<AuthRequest> = {}): Promise<Step<Evidence>> =>
    hosts.begin(await town.authority('beichen'), 'auth', request(change), 'mobile');
  const codeOf = (step: Step<Evidence>): string =>
    step.step === 'pending' && step.prompt.kind === 'qr' ? step.prompt.content : '';

  it.each([
    ['2001', 'rejected'],
    ['2002', 'locked'],
    ['2003', 'rejected'],
    ['3001', 'cancelled'],
    ['3002', 'expired'],
    ['1002', 'unavailable'],
    ['9999', 'unavailable'],
  ])("says the vendor's code %s in the contract's word %s, and not in the vendor's", async (ret, reason) => {
    said.ret = ret;
    const step = await begin();
    delete said.ret;
    expect(step).toEqual({ step: 'refused', reason, detail: `vendor code ${ret}` });
  });

  it.each(['', 'null', '[]', '<html>', '{"ret":0}', '{"ret":"0","data":{"tid":"x"}}', '{"ret":"0","data":null}'])(
    'takes an answer that is none (%s) for an outage',
    async (raw) => {
      said.raw = raw;
      const step = await begin();
      delete said.raw;
      expect(step).toMatchObject({ step: 'refused', reason: 'unavailable' });
    },
  );

  it('takes a code that no QR code can hold for an outage, counted in bytes', async () => {
    const data = { tid: 'tid-00000001', content: '码'.repeat(400), expiresAt: clock.now() + 60_000 };
    said.raw = JSON.stringify({ ret: '0', msg: '', data });
    const step = await begin();
    delete said.raw;
    expect(step).toMatchObject({ step: 'refused', reason: 'unavailable' });
  });

  it('gets nothing from a vendor with another secret', async () => {
    await town.store.tx(async (tx) =>
      unwrap(await town.authorities.changeSecrets(tx, 'beichen', { secret: SECRETS.bohai })),
    );
    expect(await begin()).toEqual({ step: 'refused', reason: 'unavailable', detail: 'vendor code 1002' });
    await town.store.tx(async (tx) =>
      unwrap(await town.authorities.changeSecrets(tx, 'beichen', { secret: SECRETS.beichen })),
    );
    expect(await begin()).toMatchObject({ step: 'pending' });
  });

  it('is told again by the vendor until the hub answers, each time under a new nonce', async () => {
    const nonces = new Set<string>();
    let heard: (() => void) | undefined;
    const enough = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const server = createServer((incoming, answer) => {
      nonces.add(String(incoming.headers['x-vendor-nonce']));
      const isThird = nonces.size === 3;
      answer
        .writeHead(isThird ? 200 : 503, { 'content-type': 'application/json' })
        .end('{}', () => isThird && heard?.());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const step = await begin({ callbackUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback` });
    await postJson(`${town.origin}/phone/api/scan`, { content: codeOf(step) });
    await enough;
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    expect(nonces.size).toBe(3);
  });

  it('has a phone that signs login requests and nothing else, with the certificate chosen', async () => {
    const contract = await begin({ text: '合同第一页' });
    const refused = await postJson(`${town.origin}/phone/api/confirm`, { content: codeOf(contract) });
    expect(refused).toMatchObject({ status: 409, body: { ok: false } });
    const login = await begin();
    const other = read(town.pairs.bohai.signCertificate).serial;
    const wrong = await postJson(`${town.origin}/phone/api/confirm`, { content: codeOf(login), key: other });
    expect(wrong).toMatchObject({ status: 409, body: { message: '手机中没有这张证书。' } });
    const own = read(town.pairs.beichen.signCertificate).serial;
    const done = await postJson(`${town.origin}/phone/api/confirm`, { content: codeOf(login), key: own });
    expect(done).toMatchObject({ status: 200, body: { ok: true } });
    const again = await postJson(`${town.origin}/phone/api/cancel`, { content: codeOf(login) });
    expect(again.status).toBe(409);
  });

  it('is not scanned by one who only looks at the page', async () => {
    const step = await begin();
    await fetch(codeOf(step));
    if (step.step !== 'pending') throw new Error('expected a prompt');
    const next = await hosts.resume(await town.authority('beichen'), 'auth', step.state, { from: 'poll' });
    expect(next).toMatchObject({ prompt: { status: 'waiting' } });
  });
});
