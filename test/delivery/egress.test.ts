import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress, type Egress, type EgressCall, type EgressResult } from '#delivery/egress.ts';
import { fromUtf8, utf8 } from '#kernel/bytes.ts';
import { json, type Receiver, startReceiver } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';

const LOOPBACK = ['127.0.0.0/8'];

let canary: Receiver;
let there: Receiver;
let egress: Egress;

beforeAll(async () => {
  canary = await startReceiver('127.0.0.1');
  there = await startReceiver('127.0.0.1');
  egress = createEgress({ log: quietLog });
});
afterAll(async () => {
  egress.close();
  await Promise.all([canary.close(), there.close()]);
});

const call = (url: string, more: Partial<EgressCall> = {}): Promise<EgressResult> =>
  egress.request({
    method: 'GET',
    url,
    timeoutMs: 5_000,
    maxBytes: 1024,
    allow: { origins: URL.canParse(url) ? [new URL(url).origin] : [], privateRanges: [] },
    ...more,
  });
const known = (more: Partial<EgressCall['allow']> = {}): EgressCall['allow'] => ({
  origins: [there.origin],
  privateRanges: LOOPBACK,
  ...more,
});

/** Hosts a malicious registration could name; {port} is where the canary listens. */
const spellings = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.000.000.001',
  '127.0.0.1.',
  '2130706433',
  '0x7f000001',
  '0x7F.0x0.0x0.0x1',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '0177.0x0.0.1',
  '127.0.0.01',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '00.0.0.0',
  '0x0',
  '127.255.255.255',
  '127.0.0.53',
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '0xc0a80001',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  'localhost',
  'LOCALHOST',
  'ｌｏｃａｌｈｏｓｔ',
];

describe('egress', () => {
  it.each(spellings)('does not reach into the machine or the private network through %s', async (host) => {
    const before = canary.connections();
    const result = await call(`http://${host}:${canary.port}/`);
    expect(result).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(canary.connections()).toBe(before);
  });

  it.each([
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'unix:/var/run/docker.sock',
    'http://user:pw@127.0.0.1/',
    'http://user@127.0.0.1/',
    'not a url',
    '',
    '//127.0.0.1/',
    'http://',
  ])('refuses %j before anything is resolved', async (url) => {
    expect(await call(url, { allow: { origins: [url, 'null'], privateRanges: LOOPBACK } })).toMatchObject({
      ok: false,
      reason: 'forbidden',
    });
  });

  it('compares the origin exactly', async () => {
    const { port } = there;
    const origins = [there.origin];
    const before = canary.connections();
    for (const url of [
      `http://127.0.0.1:${canary.port}/`,
      `https://127.0.0.1:${port}/`,
      `http://127.0.0.1.evil.test:${port}/`,
      `http://127.0.0.2:${port}/`,
      `http://localhost:${port}/`,
      `http://127.0.0.1:${port}@127.0.0.1:${canary.port}/`,
      `http://127.0.0.1:${canary.port}\\@127.0.0.1:${port}/`,
      `http://127.0.0.1:${canary.port}#@127.0.0.1:${port}/`,
    ])
      expect(await call(url, { allow: { origins, privateRanges: LOOPBACK } }), url).toMatchObject({
        reason: 'forbidden',
      });
    expect(canary.connections()).toBe(before);
  });

  it('reaches a registered private address and gives back what it answered', async () => {
    there.answer(json({ code: 200 }, 201));
    const result = await call(`${there.origin}/a?b=c`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"名":1}',
      allow: known(),
    });
    expect(result).toMatchObject({ ok: true, status: 201, headers: { 'content-type': 'application/json' } });
    if (result.ok) expect(fromUtf8(result.body)).toBe('{"code":200}');
    expect(there.received.at(-1)).toMatchObject({ path: '/a?b=c', body: '{"名":1}' });
  });

  it('sends a body that is written while it is sent, with its length, and says when it is not what was said', async () => {
    const pieces = async function* (count: number) {
      for (let i = 0; i < count; i += 1) yield utf8(`${i}`.padStart(1000, '.'));
    };
    const post = (length: number, open: () => AsyncIterable<Uint8Array>) =>
      call(`${there.origin}/file`, { method: 'POST', body: { length, open }, allow: known() });
    there.answer(json({ code: 200 }));
    const before = there.received.length;
    expect(await post(200_000, () => pieces(200))).toMatchObject({ ok: true, status: 200 });
    expect(there.received[before]?.body).toHaveLength(200_000);
    expect(there.received[before]?.headers).toMatchObject({ 'content-length': '200000' });
    expect(await post(200_001, () => pieces(200))).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(await post(199_999, () => pieces(200))).toMatchObject({ ok: false, reason: 'unreachable' });
    const broken = async function* () {
      yield utf8('x');
      throw new Error('the document is gone');
    };
    const result = await post(10, broken);
    expect(result).toMatchObject({ ok: false, reason: 'unreachable', detail: 'the body broke off: Error' });
    expect(there.received).toHaveLength(before + 1);
  });

  it('fails closed when a registered range is malformed', async () => {
    const result = await call(there.origin, { allow: known({ privateRanges: [...LOOPBACK, '0.0.0.0/0'] }) });
    expect(result).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('follows no redirect', async () => {
    const before = canary.connections();
    for (const location of [`${canary.origin}/`, 'http://169.254.169.254/latest/meta-data/', '//127.0.0.1/']) {
      there.answer((_, response) => void response.writeHead(302, { location }).end());
      expect(await call(there.origin, { allow: known() })).toMatchObject({ ok: true, status: 302 });
    }
    expect(canary.connections()).toBe(before);
  });

  it('resolves once and connects to the very address it has judged (rebinding)', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    let asked = 0;
    const rebound = createEgress({
      log: quietLog,
      lookup: async () => {
        const addresses = answers[Math.min(asked, 1)] ?? [];
        asked += 1;
        return addresses.map((address) => ({ address, family: 4 }));
      },
    });
    there.answer(json({ code: 200 }));
    const url = `http://trading.test:${there.port}/`;
    const request = (headers: Record<string, string> = {}) =>
      rebound.request({
        method: 'GET',
        url,
        headers,
        timeoutMs: 5_000,
        maxBytes: 1024,
        allow: { origins: [new URL(url).origin], privateRanges: ['127.0.0.1'] },
      });
    expect(await request()).toMatchObject({ ok: true });
    expect(asked).toBe(1);
    rebound.close();
    expect(await request()).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(asked).toBe(2);
    rebound.close();
  });

  it('uses of several addresses only the allowed ones', async () => {
    const mixed = createEgress({
      log: quietLog,
      lookup: async () => [
        { address: '169.254.169.254', family: 4 },
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
    });
    const url = `http://trading.test:${there.port}/`;
    const allow = { origins: [new URL(url).origin], privateRanges: ['127.0.0.1'] };
    expect(await mixed.request({ method: 'GET', url, timeoutMs: 5_000, maxBytes: 1024, allow })).toMatchObject({
      ok: true,
    });
    mixed.close();
  });

  it('never uses a kept-alive connection under another party’s rules', async () => {
    there.answer(json({ code: 200 }));
    expect(await call(there.origin, { allow: known() })).toMatchObject({ ok: true });
    const before = there.received.length;
    expect(await call(there.origin, { allow: known({ privateRanges: [] }) })).toMatchObject({ reason: 'forbidden' });
    expect(await call(there.origin, { allow: known({ privateRanges: ['10.0.0.0/8'] }) })).toMatchObject({
      reason: 'forbidden',
    });
    expect(there.received.length).toBe(before);
  });

  it('sends plain http only into the registered network when a person’s data travel', async () => {
    const lookup = async () => [{ address: '1.1.1.1', family: 4 }];
    const open = createEgress({ log: quietLog, lookup });
    const url = 'http://trading.example:8080/';
    const allow = {
      origins: ['http://trading.example:8080'],
      privateRanges: LOOPBACK,
      plainHttp: 'registered',
    } as const;
    const result = await open.request({ method: 'POST', url, body: '{}', timeoutMs: 5_000, maxBytes: 1024, allow });
    expect(result).toMatchObject({ ok: false, reason: 'forbidden' });
    open.close();
  });

  it('ignores the environment’s proxies', async () => {
    const before = canary.connections();
    there.answer(json({ code: 200 }));
    const program = `
      const { createEgress } = await import('#delivery/egress.ts');
      const { createLog } = await import('#kernel/log.ts');
      const egress = createEgress({ log: createLog('fatal') });
      const allow = { origins: ['${there.origin}'], privateRanges: ['127.0.0.0/8'] };
      const result = await egress.request({ method: 'GET', url: '${there.origin}/p', timeoutMs: 5000, maxBytes: 999, allow });
      console.log(result.ok);
      egress.close();`;
    const env = {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: canary.origin,
      http_proxy: canary.origin,
      NO_PROXY: '',
      no_proxy: '',
    };
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
    expect((await run).stdout.trim()).toBe('true');
    expect(canary.connections()).toBe(before);
  });

  const hostile: readonly [string, Parameters<Receiver['answer']>[0], string][] = [
    [
      'announces 10 GB',
      (_, r) => void r.writeHead(200, { 'content-length': String(10 ** 10) }).write('x'),
      'too-large',
    ],
    ['streams without end', (_, r) => void pour(r), 'too-large'],
    ['drips one byte at a time', (_, r) => void drip(r), 'timeout'],
    ['says nothing', () => undefined, 'timeout'],
    ['hangs up', (_, __, socket) => void socket.destroy(), 'unreachable'],
    ['sends huge headers', (_, r) => void r.writeHead(200, { 'x-big': 'x'.repeat(40_000) }).end(), 'unreachable'],
    ['speaks no HTTP', (_, __, socket) => void socket.end('SSH-2.0-OpenSSH\r\n'), 'unreachable'],
    [
      'breaks off',
      (_, r, socket) => {
        r.writeHead(200, { 'content-length': '100' }).write('part');
        setTimeout(() => socket.destroy(), 20);
      },
      'unreachable',
    ],
  ];
  it.each(hostile)('survives a peer that %s', async (_, answer, reason) => {
    there.answer(answer);
    expect(await call(there.origin, { allow: known(), timeoutMs: 600 })).toMatchObject({ ok: false, reason });
  });

  it('stops at the caller’s signal', async () => {
    there.answer(() => undefined);
    const stop = new AbortController();
    const running = call(there.origin, { allow: known(), signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'timeout', detail: 'aborted' });
    expect(await call(there.origin, { allow: known(), signal: stop.signal })).toMatchObject({ detail: 'aborted' });
  });

  it.each([
    [{ 'x-a': 'b\r\nx-evil: 1' }],
    [{ host: 'internal' }],
    [{ 'Transfer-Encoding': 'chunked' }],
    [{ 'content-length': '3' }],
    [{ connection: 'upgrade' }],
    [{ 'proxy-authorization': 'x' }],
    [{ 'bad name': 'x' }],
  ])('sends no request with the headers %j', async (headers) => {
    const before = there.received.length;
    expect(await call(there.origin, { allow: known(), headers })).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(there.received.length).toBe(before);
  });

  it('says unreachable when nobody listens or nobody answers to the name', async () => {
    const gone = await startReceiver();
    await gone.close();
    const allow = { origins: [gone.origin], privateRanges: LOOPBACK };
    expect(await call(gone.origin, { allow })).toMatchObject({ ok: false, reason: 'unreachable' });
    const nameless = createEgress({
      log: quietLog,
      lookup: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    });
    const url = 'http://nowhere.test/';
    const result = await nameless.request({
      method: 'GET',
      url,
      timeoutMs: 900,
      maxBytes: 9,
      allow: { origins: ['http://nowhere.test'], privateRanges: [] },
    });
    expect(result).toEqual({ ok: false, reason: 'unreachable', detail: 'ENOTFOUND' });
  });
});

describe('egress over TLS', () => {
  let folder: string;
  let server: https.Server;
  let origin: string;
  let ca: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'caihub-tls-'));
    const at = (name: string): string => join(folder, name);
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const names = ['-subj', '/CN=trading', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...request, ...names, '-keyout', at('key'), '-out', at('cert')], { stdio: 'ignore' });
    ca = readFileSync(at('cert'), 'utf8');
    server = https.createServer({ key: readFileSync(at('key')), cert: ca }, (_, response) => response.end('over TLS'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const get = (client: Egress): Promise<EgressResult> =>
    client.request({
      method: 'GET',
      url: `${origin}/`,
      timeoutMs: 5_000,
      maxBytes: 99,
      allow: { origins: [origin], privateRanges: LOOPBACK },
    });

  it('accepts a certificate of the configured authority, and no other', async () => {
    const trusting = createEgress({ log: quietLog, extraCa: ca });
    expect(await get(trusting)).toMatchObject({ ok: true, status: 200 });
    trusting.close();
    expect(await get(egress)).toMatchObject({
      ok: false,
      reason: 'unreachable',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('cannot be talked out of it by the environment', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await get(egress)).toMatchObject({ ok: false, reason: 'unreachable' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});

function pour(response: import('node:http').ServerResponse): void {
  const more = setInterval(() => response.write('x'.repeat(500)), 1);
  response.on('close', () => clearInterval(more));
}

function drip(response: import('node:http').ServerResponse): void {
  const more = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(more));
}
