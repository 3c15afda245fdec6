import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgress, type Egress } from '#delivery/egress.ts';
import { completePlatform } from '#relying-party/platform-input.ts';
import { checkUrl } from '#relying-party/url-policy.ts';
import { startReceiver } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';
import { answers, egressTable } from './egress-table.ts';

/** Hears every loopback address of both families on one port; what it hears is a hole. */
interface Canary {
  readonly port: number;
  heard(): number;
  close(): Promise<void>;
}

async function startCanary(): Promise<Canary> {
  let heard = 0;
  const sockets = new Set<net.Socket>();
  // `::` without ipv6Only takes IPv4 as well; where the machine has no IPv6, 0.0.0.0 does.
  const server = net.createServer((socket) => {
    heard += 1;
    sockets.add(socket.on('error', () => undefined).resume());
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const listen = (host: string): Promise<void> =>
    new Promise((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  await listen('::').catch(() => listen('0.0.0.0'));
  const { port } = server.address() as net.AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port, heard: () => heard, close };
}

let canary: Canary;
let egress: Egress;
beforeAll(async () => {
  canary = await startCanary();
  egress = createEgress({
    log: quietLog,
    lookup: async (name) => {
      const known = answers[name];
      if (known === undefined) return lookup(name, { all: true });
      return known.map((address) => ({ address, family: net.isIP(address) }));
    },
  });
});
afterAll(async () => {
  egress.close();
  await canary.close();
});

const at = (url: string): string => url.replaceAll('{port}', String(canary.port));
/** The worst party: it registered exactly this origin, in every spelling. */
const request = (url: string, through: Egress = egress, privateRanges: readonly string[] = [], timeoutMs = 5_000) =>
  through.request({
    method: 'GET',
    url,
    timeoutMs,
    maxBytes: 1024,
    allow: { origins: URL.canParse(url) ? [new URL(url).origin, url] : [url], privateRanges },
  });

describe('the table of addresses inside', () => {
  it('has more than sixty rows, and a canary that hears who comes', async () => {
    expect(egressTable.length).toBeGreaterThanOrEqual(60);
    expect(new Set(egressTable.map((row) => row.url)).size).toBe(egressTable.length);
    const before = canary.heard();
    expect(await request(at('http://127.0.0.1:{port}/'), egress, ['127.0.0.1'])).toMatchObject({ ok: true });
    expect(canary.heard()).toBe(before + 1);
  });

  it.each(egressTable.map((row) => [row.trick, row.url] as const))('%s: %j is not reached', async (_, url) => {
    const before = canary.heard();
    expect(await request(at(url))).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(canary.heard()).toBe(before);
  });

  it.each(egressTable.map((row) => [row.trick, row.url, row.registration] as const))(
    '%s: %j cannot be registered as a callback',
    (_, url, registration) => {
      for (const text of [at(url), at(url).replace(/^http:/, 'https:'), at(url).replace('http:', 'HTTPS:')]) {
        const input = { unitId: 'U', orgcode: '1', name: '甲', callbackBase: text, homeUrl: 'https://trade.example/' };
        const { ok } = completePlatform(input, 'production');
        // An ordinary name may be registered over https: where it leads is judged at every connection.
        expect([text, ok]).toEqual([text, registration === 'name' && text.startsWith('https:')]);
      }
    },
  );

  it('is refused over plain http in development too, but for this machine', () => {
    for (const { url } of egressTable) {
      const checked = checkUrl('callbackBase', '回调地址', at(url), { mode: 'development', privateRanges: [] });
      if (checked.ok) expect(checked.value.hostname).toMatch(/^(127\.|\[::1\]|(.+\.)?localhost\.?$|\[::ffff:7f)/);
    }
  });
});

describe('a peer that sends the hub elsewhere', () => {
  it.each([301, 302, 303, 307, 308])('with %s is not followed', async (status) => {
    const peer = await startReceiver();
    const before = canary.heard();
    for (const location of [
      at('http://127.0.0.1:{port}/'),
      'http://169.254.169.254/latest/meta-data/',
      at('//[::1]:{port}/'),
    ]) {
      peer.answer((_, response) => void response.writeHead(status, { location, refresh: `0; url=${location}` }).end());
      expect(await request(`${peer.origin}/`, egress, ['127.0.0.1'])).toMatchObject({ ok: true, status });
    }
    expect(canary.heard()).toBe(before);
    await peer.close();
  });

  it('by a resolver that changes its mind is not followed: public first, this machine next', async () => {
    let asked = 0;
    const rebinding = createEgress({
      log: quietLog,
      lookup: async () => {
        asked += 1;
        return [{ address: asked % 2 === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }];
      },
    });
    const before = canary.heard();
    // The first answer is allowed but leads nowhere here; whether that call is refused or waits does not matter.
    expect((await request(at('http://rebind.test:{port}/'), rebinding, ['192.0.2.1'], 300)).ok).toBe(false);
    expect(await request(at('http://rebind.test:{port}/'), rebinding, ['192.0.2.1'])).toMatchObject({
      ok: false,
      reason: 'forbidden',
    });
    expect(asked).toBe(2);
    expect(canary.heard()).toBe(before);
    rebinding.close();
  });

  it('by an answer of allowed and forbidden addresses mixed reaches only the allowed', async () => {
    const mixed = createEgress({
      log: quietLog,
      lookup: async () =>
        ['::1', '127.0.0.1', '::ffff:127.0.0.1'].map((address) => ({ address, family: net.isIP(address) })),
    });
    const before = canary.heard();
    expect(await request(at('http://mixed.test:{port}/'), mixed, ['10.0.0.0/8'])).toMatchObject({
      reason: 'forbidden',
    });
    expect(canary.heard()).toBe(before);
    mixed.close();
  });
});
