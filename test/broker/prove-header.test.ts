import { connect } from 'node:net';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proveHeader, proveHeaderStream } from '#broker/prove-header.ts';
import { createGm } from '#crypto/provider.ts';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { type RunningServer, startServer } from '#http/server.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { createRelyingParties } from '#relying-party/relying-parties.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import { openStore, type Store } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import { HEADER_WINDOW_MS, proofHeaders, type SignedRequest, signHeaders } from '#wire/header-sign.ts';

const gm = createGm();
const LIMIT = 4 * 1024 * 1024;
const random = systemRandom;
let store: Store;
let server: RunningServer;
let unitId = '';
let secret = new Secret('');
let now = systemClock.now();
const clock = { ...systemClock, now: () => now };
const keyring = createKeyring(gm, [{ id: 'k1', key: random.bytes(32) }]);
const cipher = createFieldCipher(gm, keyring, random);

beforeAll(async () => {
  store = await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog });
  const parties = createRelyingParties({ store, cipher, clock, random, mode: 'development' });
  const added = await store.tx((tx) => parties.addUnit(tx, { name: '示例交易系统' }));
  if (!added.ok) throw new Error('no unit');
  unitId = added.value.unit.id;
  secret = added.value.secret;
  const deps = { store, gm, clock, relyingParties: parties };
  const app = new Hono<EdgeEnv>();
  app.use(requestContext({ random, https: false }));
  app.all('/api/ca/ext/echo', async (c) => {
    const proven = await proveHeader(deps, c, LIMIT);
    return jsonAnswer(
      c,
      proven.ok ? { unit: proven.value.unit.id, size: proven.value.body.length } : { no: proven.refusal.code },
    );
  });
  app.post('/api/ca/ext/stream', async (c) => {
    const proven = await proveHeaderStream(deps, c, LIMIT);
    if (!proven.ok) return jsonAnswer(c, { no: proven.refusal.code });
    let size = 0;
    for await (const piece of proven.value.content) size += piece.length;
    return jsonAnswer(c, { unit: proven.value.unit.id, size });
  });
  app.onError(errorExit(quietLog, (c, why) => jsonAnswer(c, { no: why.code })));
  server = await startServer({ fetch: (request, env) => app.fetch(request, env), host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

interface Sent {
  readonly method?: string;
  readonly target?: string;
  readonly body?: Uint8Array;
  /** What the caller says of the request when it signs, where that differs from what it sends. */
  readonly signed?: Partial<SignedRequest>;
  readonly headers?: Record<string, string>;
  readonly key?: Secret<string>;
}

let counter = 0;
function request({ method = 'POST', target = '/api/ca/ext/echo', body = utf8('{}'), signed, headers, key }: Sent = {}) {
  counter += 1;
  const bodySm3 = hex(gm.sm3(body));
  const text = { method, target, timestamp: String(now), nonce: `nonce-${counter}-${now}`, bodySm3, ...signed };
  const all = {
    [proofHeaders.unit]: unitId,
    [proofHeaders.timestamp]: text.timestamp,
    [proofHeaders.nonce]: text.nonce,
    [proofHeaders.sign]: signHeaders(gm, key ?? secret, text),
    [proofHeaders.contentSm3]: text.bodySm3,
    ...headers,
  };
  return async () => {
    const sent = method === 'GET' ? {} : { body: body as BodyInit };
    const reply = await fetch(`${server.url}${target}`, { method, headers: all, ...sent });
    return (await reply.json()) as Record<string, unknown>;
  };
}
const send = (sent: Sent = {}) => request(sent)();

describe('a header-signed request', () => {
  it('names its unit and brings its body', async () => {
    expect(await send({ body: utf8('{"a":1}') })).toEqual({ unit: unitId, size: 7 });
    expect(await send({ method: 'GET', target: '/api/ca/ext/echo?lot=%E4%B8%80&x=1', body: utf8('') })).toEqual({
      unit: unitId,
      size: 0,
    });
  });

  it.each<[string, Sent, string]>([
    ['with another body', { signed: { bodySm3: hex(gm.sm3(utf8('{ }'))) } }, 'SIGN_WRONG'],
    ['for another path', { signed: { target: '/api/ca/ext/other' } }, 'SIGN_WRONG'],
    [
      'for another query',
      { target: '/api/ca/ext/echo?lot=1', signed: { target: '/api/ca/ext/echo?lot=2' } },
      'SIGN_WRONG',
    ],
    ['for another method', { signed: { method: 'PUT' } }, 'SIGN_WRONG'],
    ['by another secret', { key: new Secret('not-the-secret') }, 'SIGN_WRONG'],
    ['of an unknown unit', { headers: { [proofHeaders.unit]: 'CU-NOBODY' } }, 'UNIT_UNKNOWN'],
    ['without a sign', { headers: { [proofHeaders.sign]: '' } }, 'FIELD_MISSING'],
    ['with a short nonce', { signed: { nonce: 'short' } }, 'FIELD_INVALID'],
    ['with a time that is none', { signed: { timestamp: 'yesterday' } }, 'FIELD_INVALID'],
    ['too old', { signed: { timestamp: String(now - HEADER_WINDOW_MS - 1) } }, 'FIELD_INVALID'],
    ['from the future', { signed: { timestamp: String(now + HEADER_WINDOW_MS + 60_000) } }, 'FIELD_INVALID'],
  ])('%s is refused', async (_, sent, code) => {
    expect(await send(sent)).toEqual({ no: code });
  });

  it('is taken once, also when it comes four times at the same moment', async () => {
    const twice = request();
    const answers = await Promise.all([twice(), twice(), twice(), twice()]);
    expect(answers.filter((answer) => answer['unit'] === unitId)).toHaveLength(1);
    expect(answers.filter((answer) => answer['no'] === 'REQUEST_REPLAYED')).toHaveLength(3);
  });

  it('is not taken again when its nonce has been forgotten, for its time has passed by then', async () => {
    const first = request();
    expect(await first()).toHaveProperty('unit');
    now += HEADER_WINDOW_MS + 1;
    expect(await send()).toHaveProperty('unit');
    expect(await first()).toEqual({ no: 'FIELD_INVALID' });
  });

  it('does not spend a nonce on a stranger’s guess', async () => {
    const nonce = `shared-nonce-${now}`;
    expect(await send({ signed: { nonce }, key: new Secret('guess') })).toEqual({ no: 'SIGN_WRONG' });
    expect(await send({ signed: { nonce } })).toHaveProperty('unit');
  });
});

describe('a header-signed stream', () => {
  const target = '/api/ca/ext/stream';
  const body = new Uint8Array(3 * 1024 * 1024).fill(7);

  it('is proved before its first byte and checked at its last', async () => {
    expect(await send({ target, body })).toEqual({ unit: unitId, size: body.length });
  });

  it('that is not what was signed is refused at its end', async () => {
    const bodySm3 = hex(gm.sm3(body.subarray(1)));
    expect(await send({ target, body, signed: { bodySm3 } })).toEqual({ no: 'CONTENT_MISMATCH' });
  });

  it.each<[string, Sent, string]>([
    ['without an announced digest', { headers: { [proofHeaders.contentSm3]: '' } }, 'FIELD_MISSING'],
    ['whose digest is none', { headers: { [proofHeaders.contentSm3]: 'zz' } }, 'FIELD_INVALID'],
    [
      'that announces another digest than it signed',
      { headers: { [proofHeaders.contentSm3]: 'a'.repeat(64) } },
      'SIGN_WRONG',
    ],
    ['beyond the limit', { body: new Uint8Array(LIMIT + 1) }, 'BODY_TOO_LARGE'],
    ['that is compressed', { headers: { 'content-encoding': 'gzip' } }, 'BODY_NOT_JSON'],
  ])('%s is refused', async (_, sent, code) => {
    expect(await send({ target, body, ...sent })).toEqual({ no: code });
  });

  it('beyond the limit without saying so beforehand is refused too', async () => {
    const long = new Uint8Array(LIMIT + 1);
    const text = { method: 'POST', target, timestamp: String(now), nonce: 'chunked-nonce', bodySm3: hex(gm.sm3(long)) };
    const reply = await fetch(`${server.url}${target}`, {
      method: 'POST',
      duplex: 'half',
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(long);
          controller.close();
        },
      }),
      headers: {
        [proofHeaders.unit]: unitId,
        [proofHeaders.timestamp]: text.timestamp,
        [proofHeaders.nonce]: text.nonce,
        [proofHeaders.contentSm3]: text.bodySm3,
        [proofHeaders.sign]: signHeaders(gm, secret, text),
      },
    } as RequestInit);
    expect(await reply.json()).toEqual({ no: 'BODY_TOO_LARGE' });
  });

  it('that breaks off leaves the hub answering others', async () => {
    const text = { method: 'POST', target, timestamp: String(now), nonce: 'broken-nonce', bodySm3: hex(gm.sm3(body)) };
    const head = [
      `POST ${target} HTTP/1.1`,
      'Host: hub',
      `Content-Length: ${body.length}`,
      `${proofHeaders.unit}: ${unitId}`,
      `${proofHeaders.timestamp}: ${text.timestamp}`,
      `${proofHeaders.nonce}: ${text.nonce}`,
      `${proofHeaders.contentSm3}: ${text.bodySm3}`,
      `${proofHeaders.sign}: ${signHeaders(gm, secret, text)}`,
    ].join('\r\n');
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${head}\r\n\r\nabc`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect(await send({ target, body })).toEqual({ unit: unitId, size: body.length });
  });
});
