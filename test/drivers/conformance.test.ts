import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, conformance } from '#drivers/conformance.ts';
import type { Pending } from '#drivers/conformance-checks.ts';
import type { AuthRequest, ResumeEvent } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import { installed } from '#drivers/installed.ts';
import { mobileScan } from '#drivers/mobile-scan/driver.ts';
import { standardKey } from '#drivers/standard-key/driver.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { base64, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';
import { gm, openTown, runningClock, type Town } from './support.ts';

/** Both drivers through the very host of the hub, against the vendors' real services over loopback. */
describe('the drivers in the box conform', () => {
  let offset = 0;
  const running = runningClock();
  const clock = { now: () => running.now() + offset, monotonic: running.monotonic };
  let town: Town;
  let hosts: DriverHosts;
  let door: Awaited<ReturnType<typeof openDoor>>;
  let count = 0;

  const openHosts = (): DriverHosts =>
    createDriverHosts({ ...town, clock, random: systemRandom, log: quietLog, installed });
  beforeAll(async () => {
    town = await openTown(clock);
    door = await openDoor();
    hosts = openHosts();
  });
  afterAll(async () => {
    await hosts.stop();
    await door.close();
    await town.close();
  });

  const request = (life: number): AuthRequest => {
    count += 1;
    return {
      exchange: `exchange-${count}`,
      text: `caihub/1\npurpose=login\nnonce=${count}\n`,
      digits: '42',
      platformName: '示例市公共资源交易中心电子交易系统',
      expiresAt: clock.now() + life,
      callbackUrl: `${door.origin}/drivers/beichen/callback/exchange-${count}`,
    };
  };
  const common = (medium: 'key' | 'mobile') => ({
    gm,
    request,
    begin: async (wanted: AuthRequest) => hosts.begin(await town.authority('beichen'), 'auth', wanted, medium),
    resume: async (state: Parameters<Bench['resume']>[0], event: ResumeEvent) =>
      hosts.resume(await town.authority('beichen'), 'auth', state, event),
    async restart() {
      await hosts.stop();
      hosts = openHosts();
    },
    async pass(ms: number) {
      offset += ms;
    },
  });

  const phone = async (deed: 'scan' | 'confirm' | 'cancel', { prompt }: Pending): Promise<ResumeEvent> => {
    if (prompt.kind !== 'qr') throw new Error('no code to scan');
    const heard = door.next();
    if (deed === 'confirm') {
      const { origin } = new URL(prompt.content);
      await postJson(`${origin}/phone/api/scan`, { content: prompt.content });
      await heard;
      const later = door.next();
      await postJson(`${origin}/phone/api/confirm`, { content: prompt.content });
      return later;
    }
    await postJson(`${new URL(prompt.content).origin}/phone/api/${deed}`, { content: prompt.content });
    return heard;
  };
  const mobile: Bench = {
    ...common('mobile'),
    manifest: mobileScan.manifest,
    person: {
      scan: (pending) => phone('scan', pending),
      confirm: (pending) => phone('confirm', pending),
      cancel: (pending) => phone('cancel', pending),
    },
    forgeries: (_, genuine) => forgeriesOf(genuine),
    outage: async (off) => town.vendor.outage('beichen', off),
  };
  const key: Bench = {
    ...common('key'),
    manifest: standardKey.manifest,
    person: {
      async confirm({ prompt }) {
        if (prompt.kind !== 'agent' || prompt.operation !== 'sign') throw new Error('nothing to sign');
        const signature = await gm.sm2.sign(town.pairs.beichen.signKey, [utf8(prompt.text)]);
        const payload = { certificate: base64(town.pairs.beichen.signCertificate), signature: base64(signature) };
        return { from: 'page', payload };
      },
      cancel: async () => ({ from: 'page', payload: { error: 'PIN_CANCELLED' } }),
    },
  };

  describe('mobile-scan', () => {
    for (const each of conformance(mobile)) it(each.name, () => each.run());
    it('is asked everything', () => expect(conformance(mobile).filter(({ skip }) => skip)).toEqual([]));
  });
  describe('standard-key', () => {
    for (const each of conformance(key).filter(({ skip }) => !skip)) it(each.name, () => each.run());
    it('is asked nothing about a code or a service, and why stands on record', () =>
      expect(conformance(key).flatMap(({ skip }) => skip ?? [])).toEqual([
        'this driver shows no code',
        'the hub itself ends the prompt of a key',
        'this driver has no callback door',
        'there is no service behind this driver',
      ]));
  });
});

function forgeriesOf(genuine: ResumeEvent): readonly { wrong: string; event: ResumeEvent }[] {
  if (genuine.from !== 'vendor') throw new Error('not a callback');
  const { headers, body } = genuine;
  const seal = headers['x-vendor-seal'] ?? '';
  const flipped = seal.startsWith('0') ? `1${seal.slice(1)}` : `0${seal.slice(1)}`;
  const stale = String(Number(headers['x-vendor-timestamp']) - 400_000);
  return [
    { wrong: 'sealed wrongly', event: { ...genuine, headers: { ...headers, 'x-vendor-seal': flipped } } },
    { wrong: 'not sealed', event: { ...genuine, headers: {} } },
    { wrong: 'altered', event: { ...genuine, body: body.replace('"01"', '"02"') } },
    { wrong: 'about another exchange', event: { ...genuine, body: body.replace('exchange-', 'exchange-9') } },
    { wrong: 'stale', event: { ...genuine, headers: { ...headers, 'x-vendor-timestamp': stale } } },
    { wrong: 'given another nonce', event: { ...genuine, headers: { ...headers, 'x-vendor-nonce': 'ab'.repeat(16) } } },
  ];
}

/** The hub's callback door as far as a driver sees it: headers in lower case and the raw body. */
async function openDoor() {
  const waiting: ((event: ResumeEvent) => void)[] = [];
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      );
      waiting.shift()?.({ from: 'vendor', headers, body: Buffer.concat(chunks).toString('utf8') });
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next callback, whoever it is about. */
    next: () => new Promise<ResumeEvent>((resolve) => waiting.push(resolve)),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}
