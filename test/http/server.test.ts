import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import { readBody } from '#http/body.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { type RunningServer, startServer } from '#http/server.ts';
import { HubError } from '#kernel/errors.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';

const LIMIT = 1024;
const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function app() {
  const hono = new Hono<EdgeEnv>();
  hono.use(requestContext({ random: systemRandom, https: false }));
  hono.post('/echo', async (c) => {
    const body = await readBody(c, LIMIT);
    return jsonAnswer(c, body.ok ? { size: body.value.length } : { no: body.refusal.code });
  });
  hono.get('/slow', async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return jsonAnswer(c, { done: true });
  });
  hono.get('/known', () => {
    throw new HubError('SERVICE_BUSY', 'database locked', { params: { seconds: '3' } });
  });
  hono.get('/unknown', () => {
    throw new Error('secret detail');
  });
  hono.onError(
    errorExit(quietLog, (c, why) =>
      jsonAnswer(c, { code: why.code, ...why.params, detail: why.detail ?? null }, why.code === 'INTERNAL' ? 500 : 503),
    ),
  );
  return hono;
}

async function start(): Promise<RunningServer> {
  const hono = app();
  const server = await startServer({ fetch: (request, env) => hono.fetch(request, env), host: '127.0.0.1', port: 0 });
  servers.push(server);
  return server;
}

const post = async (url: string, body: BodyInit, headers: Record<string, string> = {}) => {
  const reply = await fetch(`${url}/echo`, {
    method: 'POST',
    body,
    headers,
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });
  return reply.json();
};

const chunked = (size: number, pieces: number) => {
  let left = pieces;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(size));
    },
  });
};

/** Bytes as they are, and everything that comes back until the server closes. */
const raw = (port: number, text: string) =>
  new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });

describe('a body', () => {
  it('is read up to its limit, whole or in chunks, plain or compressed', async () => {
    const { url } = await start();
    expect(await post(url, new Uint8Array(LIMIT))).toEqual({ size: LIMIT });
    expect(await post(url, chunked(LIMIT / 4, 4))).toEqual({ size: LIMIT });
    expect(await post(url, gzipSync(Buffer.alloc(LIMIT)), { 'content-encoding': 'gzip' })).toEqual({ size: LIMIT });
    expect(await post(url, '')).toEqual({ size: 0 });
  });

  it.each<[string, () => BodyInit, Record<string, string>, string]>([
    ['one byte too long', () => new Uint8Array(LIMIT + 1), {}, 'BODY_TOO_LARGE'],
    ['one byte too long in chunks', () => chunked(1, LIMIT + 1), {}, 'BODY_TOO_LARGE'],
    ['a bomb', () => gzipSync(Buffer.alloc(1 << 20)), { 'content-encoding': 'gzip' }, 'BODY_TOO_LARGE'],
    ['not gzip after all', () => 'plain', { 'content-encoding': 'gzip' }, 'BODY_NOT_JSON'],
    ['in an unknown encoding', () => 'x', { 'content-encoding': 'br' }, 'BODY_NOT_JSON'],
    ['in an encoding named like a prototype', () => 'x', { 'content-encoding': 'constructor' }, 'BODY_NOT_JSON'],
  ])('that is %s is refused with an answer', async (_, body, headers, code) => {
    const { url } = await start();
    expect(await post(url, body(), headers)).toEqual({ no: code });
    expect(await post(url, 'ok')).toEqual({ size: 2 });
  });

  it('is asked for when the client waits to be asked', async () => {
    const { port } = await start();
    const head =
      'POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
    const reply = await raw(port, `${head}{}`);
    expect(reply).toContain('100 Continue');
    expect(reply).toContain('{"size":2}');
  });
});

describe('an answer', () => {
  it('carries an id, a charset and headers that keep it out of caches and frames', async () => {
    const { url } = await start();
    const { headers } = await fetch(`${url}/slow`);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('to what was thrown keeps a known code and tells nothing of the cause', async () => {
    const { url } = await start();
    const known = await fetch(`${url}/known`);
    expect([known.status, await known.json()]).toEqual([503, { code: 'SERVICE_BUSY', seconds: '3', detail: null }]);
    const unknown = await fetch(`${url}/unknown`);
    expect([unknown.status, await unknown.json()]).toEqual([500, { code: 'INTERNAL', detail: null }]);
  });
});

describe('the server', () => {
  it.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', '400 Bad Request'],
    [
      'two lengths',
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      '400 Bad Request',
    ],
    [
      'length and chunks',
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 Bad Request',
    ],
    ['a header too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request'],
    [
      'an upgrade nobody takes',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      '426',
    ],
  ])('answers %s and goes on', async (_, text, expected) => {
    const { url, port } = await start();
    expect(await raw(port, text)).toContain(expected);
    expect(await post(url, 'ok')).toEqual({ size: 2 });
  });

  it('lets a running request finish when it stops, and takes no new one', async () => {
    const server = await start();
    const running = fetch(`${server.url}/slow`).then((reply) => reply.json());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = server.close();
    await expect(fetch(`${server.url}/slow`)).rejects.toThrow();
    expect(await running).toEqual({ done: true });
    await stopped;
    await server.close();
  });

  it('says so when its port is taken', async () => {
    const { port } = await start();
    await expect(startServer({ fetch: () => new Response(''), host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
  });
});
