import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent } from '#agent/agent.ts';
import { systemClock } from '#kernel/clock.ts';
import { createLog } from '#kernel/log.ts';
import { systemRandom } from '#kernel/random.ts';
import { type Desk, gm, HUB, openDesk } from './support.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

/** Status of a bare HTTP request, with any Host and Origin. */
const status = (path: string, headers: Record<string, string>, method = 'GET'): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: desk.agent.port, path, method, headers }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });

describe('the door of the agent', () => {
  it('greets a page of a paired hub, under both names of this machine, with a new nonce each time', async () => {
    const first = await desk.connect();
    const second = await desk.connect({ host: `localhost:${desk.agent.port}` });
    expect(first.greeting).toMatchObject({ event: 'hello', protocol: 1, agent: 'ca-interop-hub-agent' });
    expect(first.greeting.nonce).toMatch(/^[0-9a-f]{64}$/);
    expect(second.greeting.nonce).not.toBe(first.greeting.nonce);
  });

  it('stays shut for an origin that is not paired, null, absent or only similar', async () => {
    const similar = [`${HUB}:8443`, `${HUB}.evil.example`, HUB.replace('https', 'http'), HUB.toUpperCase(), `${HUB}/`];
    for (const origin of ['https://evil.example', 'null', 'absent', ...similar, desk.agent.url]) {
      await expect(desk.connect({ origin })).rejects.toThrow('403');
    }
  });

  it('stays shut for a foreign name that resolves to this machine (DNS rebinding)', async () => {
    const { port } = desk.agent;
    for (const host of [
      `rebind.evil.example:${port}`,
      'evil.example',
      `127.0.0.1:${port + 1}`,
      '127.0.0.1',
      `[::1]:${port}`,
    ]) {
      await expect(desk.connect({ host })).rejects.toThrow('403');
      expect(await status('/pin/x', { host })).toBe(421);
    }
  });

  it('stays shut on any other path', async () => {
    for (const path of ['/', '/ca-agent/v2', '/ca-agent/v1/', '/ca-agent/v1?x=1', '/control']) {
      await expect(desk.connect({ path })).rejects.toThrow('403');
    }
  });

  it('says nothing over plain HTTP, and nothing at all to a script of another origin', async () => {
    const host = `127.0.0.1:${desk.agent.port}`;
    expect(await status('/', { host })).toBe(404);
    expect(await status('/ca-agent/v1', { host })).toBe(404);
    expect(await status('/pin/guess', { host })).toBe(404);
    expect(await status('/pin/guess', { host, origin: HUB })).toBe(403);
    expect(await status('/pin/guess', { host, origin: 'null' }, 'POST')).toBe(403);
    expect(await status('/pin/guess', { host }, 'POST')).toBe(403);
    expect(await status('/control', { host }, 'POST')).toBe(403);
    expect(await status('/control', { host, origin: desk.agent.url }, 'POST')).toBe(403);
    expect(await status('/pin/guess', { host }, 'DELETE')).toBe(405);
  });

  it('takes the next port where the first is taken, and says so where none is left', async () => {
    const options = {
      gm,
      clock: systemClock,
      random: systemRandom,
      log: createLog('silent'),
      keyDir: desk.keyDir,
      pairings: () => [],
    };
    const first = desk.agent.port;
    const next = await startAgent({ ...options, portRange: { first, count: 40 } });
    expect(next.port).toBeGreaterThan(first);
    await next.close();
    await expect(startAgent({ ...options, port: first })).rejects.toThrow('EADDRINUSE');
  });

  it('listens on the loopback address only', async () => {
    const outward = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address } of outward.filter((one) => one.family === 'IPv4' && !one.internal)) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address, port: desk.agent.port }, () => resolve(true));
        socket.on('error', () => resolve(false));
        socket.setTimeout(2_000, () => resolve(false));
      });
      expect(reached).toBe(false);
    }
  });
});
