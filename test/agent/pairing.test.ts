import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchHubIdentity } from '#agent/pair.ts';
import { readPairings, sameFingerprint } from '#agent/pairings.ts';
import { fingerprintOf, HUB_IDENTITY_PATH } from '#agent/protocol.ts';
import { hex } from '#kernel/bytes.ts';
import { catchPrinted, type Printed } from '#test/support/printed.ts';
import { runAgent } from '../../src/cli/agent.ts';
import { gm } from './support.ts';

const key = gm.sm2.generateKey().publicKey;
const fingerprint = fingerprintOf(gm, key);
let home: string;
let server: Server;
let origin: string;
let answer: RequestListener;
let printed: Printed;

/** An address that answers as a hub does, or as we say. */
const says =
  (identity: unknown): RequestListener =>
  (request, reply) =>
    request.url === HUB_IDENTITY_PATH ? reply.end(JSON.stringify(identity)) : reply.writeHead(404).end();
const honest = () => ({ origin, publicKey: hex(key.point), fingerprint });

beforeEach(async () => {
  printed = catchPrinted();
  home = mkdtempSync(`${tmpdir()}/agent-`);
  server = createServer((request, reply) => answer(request, reply));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answer = says(honest());
});
afterEach(() => {
  printed.end();
  server.close();
  rmSync(home, { recursive: true });
});

const pair = (...args: string[]): Promise<number> => runAgent(['pair', origin, '--home', home, ...args]);
const paired = (): readonly string[] => readPairings(`${home}/hubs.json`).map((hub) => hub.origin);

describe('pairing with a hub', () => {
  it('pins its key when the fingerprint is the one that came by another road, however it is spelled', async () => {
    expect(await pair('--yes', '--fingerprint', fingerprint.toLowerCase().replaceAll('-', ' '))).toBe(0);
    expect(readPairings(`${home}/hubs.json`)).toMatchObject([{ origin, publicKey: hex(key.point), fingerprint }]);
    expect(statSync(`${home}/hubs.json`).mode & 0o777).toBe(0o600);
    expect(await pair('--fingerprint', fingerprint)).toBe(0);
    expect(paired()).toEqual([origin]);
    expect(printed.text()).toContain(`指纹：${fingerprint}`);
  });

  it('does not happen without a fingerprint, or with another', async () => {
    expect(await pair('--yes')).toBe(1);
    const other = fingerprintOf(gm, gm.sm2.generateKey().publicKey);
    for (const wrong of [other, fingerprint.slice(0, -1), fingerprint.slice(0, 9), '', '-']) {
      expect(await pair('--yes', '--fingerprint', wrong)).toBe(1);
    }
    expect(paired()).toEqual([]);
  });

  it('does not happen with an address that gives no sound identity', async () => {
    const offCurve = `04${'11'.repeat(64)}`;
    for (const identity of [
      {},
      null,
      'hub',
      { ...honest(), origin: 'https://hub.ca.example' },
      { ...honest(), publicKey: offCurve },
      { ...honest(), publicKey: hex(key.point).slice(2) },
    ]) {
      answer = says(identity);
      expect(await pair('--yes', '--fingerprint', fingerprint)).toBe(1);
    }
    expect(paired()).toEqual([]);
  });

  it('computes the fingerprint itself: what the address claims of it counts for nothing', async () => {
    const impostor = gm.sm2.generateKey().publicKey;
    answer = says({ origin, publicKey: hex(impostor.point), fingerprint });
    expect(await pair('--yes', '--fingerprint', fingerprint)).toBe(1);
    const fetched = await fetchHubIdentity(gm, origin);
    expect(fetched.ok && fetched.hub.fingerprint).toBe(fingerprintOf(gm, impostor));
  });

  it('follows no redirect, waits for no flood, and takes plain http on this machine only', async () => {
    answer = (_, reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    expect(await fetchHubIdentity(gm, origin)).toMatchObject({ ok: false, reason: 'unreachable' });
    answer = (_, reply) => reply.end('x'.repeat(20_000));
    expect(await fetchHubIdentity(gm, origin)).toMatchObject({ ok: false, reason: 'unreachable' });
    for (const address of ['http://hub.ca.example', 'http://192.0.2.1', 'ftp://127.0.0.1', 'hub', '']) {
      expect(await fetchHubIdentity(gm, address)).toMatchObject({ ok: false, reason: 'address' });
    }
  });

  it('is undone by command', async () => {
    await pair('--fingerprint', fingerprint);
    expect(await runAgent(['unpair', origin, '--home', home])).toBe(0);
    expect(await runAgent(['unpair', origin, '--home', home])).toBe(1);
    expect(paired()).toEqual([]);
  });

  it('keeps a damaged pairing file from being taken for an empty one', async () => {
    await pair('--fingerprint', fingerprint);
    const whole = readFileSync(`${home}/hubs.json`, 'utf8');
    expect(() => readPairings(`${home}/keys`)).not.toThrow();
    writeFileSync(`${home}/hubs.json`, whole.slice(0, 50));
    expect(() => readPairings(`${home}/hubs.json`)).toThrow();
  });
});

describe('a fingerprint', () => {
  it('is eight groups of four hex digits, and compares without regard to spelling', () => {
    expect(fingerprint).toMatch(/^([0-9A-F]{4}-){7}[0-9A-F]{4}$/);
    expect(sameFingerprint(fingerprint, fingerprint.toLowerCase().replaceAll('-', ':'))).toBe(true);
    expect(sameFingerprint('', '')).toBe(false);
  });
});
