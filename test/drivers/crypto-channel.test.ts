import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Authority } from '#drivers/authority.ts';
import type { CryptoRequest, Step, UnwrappedKeys } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import { type InstalledDriver, installed } from '#drivers/installed.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { base64, fromBase64, hex } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';
import { gm, openTown, runningClock, type Town } from './support.ts';

const script = fileURLToPath(new URL('./bad/driver.mjs', import.meta.url));
const bad: readonly InstalledDriver[] = ['bare-key', 'silent', 'crash', 'flood', 'good'].map((behaviour) => ({
  manifest: { id: behaviour, title: behaviour, contract: 1, media: ['mobile'], channels: ['auth', 'crypto'] },
  program: { command: process.execPath, args: [script, behaviour, ''] },
}));

const KEY = Buffer.from('0123456789abcdef');

describe('wrapped keys opened through a vendor', () => {
  const clock = runningClock();
  const replyKey = gm.sm2.generateKey();
  /** Set: what the vendor answers to a poll or an encrypt order, in place of its own answer. */
  const said: { data?: unknown } = {};
  let town: Town;
  let hosts: DriverHosts;
  let count = 0;

  beforeAll(async () => {
    town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        async request(call) {
          if (said.data === undefined || call.url.endsWith('/tasks')) return real.request(call);
          return {
            ...{ ok: true, status: 200, headers: {} },
            body: Buffer.from(JSON.stringify({ ret: '0', msg: '', data: said.data })),
          };
        },
      }),
    });
  });
  beforeEach(() => {
    const drivers = [...installed, ...bad];
    hosts = createDriverHosts({
      ...{ ...town, clock, random: systemRandom, log: quietLog },
      ...{ installed: drivers, deadlineMs: 6_000 },
    });
    delete said.data;
  });
  afterEach(() => hosts.stop());
  afterAll(() => town.close());

  async function request(change: Partial<CryptoRequest> = {}): Promise<CryptoRequest> {
    count += 1;
    const { encKey, encCertificate } = town.pairs.beichen;
    const purpose = 'decrypt';
    return {
      exchange: `e${count}`,
      text: `caihub/1\npurpose=${purpose}\n`,
      wraps: [{ id: 'one', wrapped: base64(await gm.sm2.encrypt(encKey.publicKey, KEY)) }],
      certificate: base64(encCertificate),
      replyKey: hex(replyKey.publicKey.point),
      digits: '42',
      platformName: '示例交易系统',
      expiresAt: clock.now() + 60_000,
      callbackUrl: `http://127.0.0.1:1/drivers/beichen/callback/e${count}`,
      returnUrl: 'https://hub.ca.example/check/i/int_1',
      ...change,
    };
  }
  const driven = async (driver: string): Promise<Authority> => {
    const authority = await town.authority('beichen');
    return { ...authority, driver, manifest: { ...authority.manifest, drivers: {} } };
  };
  const begin = async (change: Partial<CryptoRequest> = {}) =>
    hosts.begin(await town.authority('beichen'), 'crypto', await request(change), 'mobile');
  const poll = async (step: Step<UnwrappedKeys>) => {
    if (step.step !== 'pending') throw new Error(`expected a prompt, got ${step.step}`);
    return hosts.resume(await town.authority('beichen'), 'crypto', step.state, { from: 'poll' });
  };
  const contentOf = (step: Step<UnwrappedKeys>): string =>
    step.step === 'pending' && step.prompt.kind === 'qr' ? step.prompt.content : '';
  const tidOf = (step: Step<UnwrappedKeys>): string => contentOf(step).split('/').at(-1) ?? '';
  const confirm = (step: Step<UnwrappedKeys>) =>
    postJson(`${town.origin}/phone/api/confirm`, { content: contentOf(step) });

  it('come back wrapped to the one-time key, and the vendor’s server has seen none of them', async () => {
    const step = await begin();
    expect(await confirm(step)).toMatchObject({ status: 200 });
    const done = await poll(step);
    if (done.step !== 'done') throw new Error(`expected keys, got ${done.step}`);
    const [key] = done.value.keys;
    const opened = await gm.sm2.decrypt(replyKey, fromBase64(key?.wrapped ?? '') ?? Buffer.alloc(0));
    expect(opened.ok && Buffer.from(opened.plaintext)).toEqual(KEY);
    const remembered = JSON.stringify([town.vendor.tasks(), done]);
    for (const bare of [base64(KEY), hex(KEY), KEY.toString()]) expect(remembered).not.toContain(bare);
  });

  it('are opened for a release and a rehearsal too, and for nothing without a purpose', async () => {
    for (const purpose of ['release', 'rehearse']) {
      const step = await begin({ text: `caihub/1\npurpose=${purpose}\n` });
      expect(await confirm(step)).toMatchObject({ status: 200 });
      expect(await poll(step)).toMatchObject({ step: 'done' });
    }
    expect(await begin({ text: 'caihub/1\npurpose=login\n' })).toMatchObject({ step: 'refused', reason: 'rejected' });
    expect(await begin({ text: '合同第一页' })).toMatchObject({ step: 'refused', reason: 'rejected' });
  });

  it('are shown on the phone as what they are: who asks, how many files, the digits', async () => {
    const page = await (await fetch(contentOf(await begin({ files: 7 })))).text();
    for (const words of ['解密确认', '示例交易系统', '<span class="num">7</span> 份', '42', '确认解密']) {
      expect(page).toContain(words);
    }
    expect(page).not.toContain('确认登录');
    const release = await (await fetch(contentOf(await begin({ text: 'caihub/1\npurpose=release\n' })))).text();
    expect(release).toContain('确认释放');
  });

  it('are not opened by a phone that holds another certificate, and it says so', async () => {
    const step = await begin({ certificate: base64(town.pairs.bohai.encCertificate) });
    expect(await confirm(step)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('没有能打开') },
    });
    expect(await poll(step)).toMatchObject({ step: 'pending' });
  });

  it('that do not open are a refusal with the vendor’s code, not keys', async () => {
    const foreign = base64(await gm.sm2.encrypt(replyKey.publicKey, KEY));
    const step = await begin({ wraps: [{ id: 'one', wrapped: foreign }] });
    expect(await confirm(step)).toMatchObject({ status: 200 });
    expect(await poll(step)).toEqual({ step: 'refused', reason: 'rejected', detail: 'vendor code 2004' });
  });

  it.each([
    ['none', undefined],
    ['an empty list', []],
    ['one that nobody asked for', [{ id: 'two', wrapped: 'AAAA' }]],
    [
      'one twice',
      [
        { id: 'one', wrapped: 'AAAA' },
        { id: 'one', wrapped: 'BBBB' },
      ],
    ],
  ])('are not believed of a vendor that confirms and brings %s', async (_, keys) => {
    const step = await begin();
    const exchange = `e${count}`;
    said.data = { tid: tidOf(step), exchange, status: '02', keys };
    expect(await poll(step)).toMatchObject({ step: 'refused', reason: 'unavailable' });
  });

  it('never come bare: a driver that brings one is not let through', async () => {
    const step = hosts.begin(await driven('bare-key'), 'crypto', await request());
    await expect(step).rejects.toMatchObject({
      refusal: { code: 'AUTHORITY_UNAVAILABLE', detail: expect.stringContaining('wrong shape') },
    });
  });

  it.each([
    ['hangs', 'silent', 'deadline passed'],
    ['dies', 'crash', 'process ended (exited)'],
    ['floods', 'flood', 'process ended (flood)'],
  ])('wait when the vendor’s driver %s: its machine failure, and another vendor goes on', async (_, behaviour, why) => {
    const failing = hosts.begin(await driven(behaviour), 'crypto', await request());
    await expect(failing).rejects.toMatchObject({
      refusal: { code: 'AUTHORITY_UNAVAILABLE', detail: expect.stringContaining(why) },
    });
    const kept = await begin();
    expect(await poll(kept)).toMatchObject({ step: 'pending' });
  });

  it('belong to their channel: the state of one is refused on the other', async () => {
    const step = await begin();
    if (step.step !== 'pending') throw new Error('expected a prompt');
    const authority = await town.authority('beichen');
    await expect(hosts.resume(authority, 'auth', step.state, { from: 'poll' })).rejects.toThrow('another channel');
  });

  describe('a vendor’s own encrypt service', () => {
    const order = () => ({
      recipient: base64(town.pairs.bohai.encCertificate),
      content: base64(Buffer.from('投标保函')),
    });
    const encrypt = async (id: 'beichen' | 'bohai') => hosts.encrypt(await town.authority(id), order(), 'mobile');

    it('answers an envelope in its own profile', async () => {
      expect(await encrypt('bohai')).toMatchObject({ step: 'done' });
    });

    it('that a vendor does not have is unavailable, and so is one that answers nonsense', async () => {
      expect(await encrypt('beichen')).toEqual({ step: 'refused', reason: 'unavailable', detail: 'vendor code 2005' });
      for (const data of [{}, { envelope: '***' }, { envelope: '' }, null]) {
        said.data = data;
        expect(await encrypt('bohai')).toMatchObject({ step: 'refused', reason: 'unavailable' });
      }
    });

    it('away with its vendor is a refusal at once, and a driver without one is a machine failure', async () => {
      town.vendor.outage('bohai', true);
      expect(await encrypt('bohai')).toMatchObject({ step: 'refused', reason: 'unavailable' });
      town.vendor.outage('bohai', false);
      await expect(hosts.encrypt(await driven('standard-key'), order())).rejects.toMatchObject({
        refusal: { code: 'AUTHORITY_UNAVAILABLE' },
      });
    });
  });
});
