import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Authority } from '#drivers/authority.ts';
import type { AuthRequest, Step } from '#drivers/contract.ts';
import { createDriverHosts, type DriverHosts } from '#drivers/host.ts';
import type { InstalledDriver } from '#drivers/installed.ts';
import { HubError } from '#kernel/errors.ts';
import { isObject, type Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';
import { openTown, runningClock, type Town, unwrap } from './support.ts';

const script = fileURLToPath(new URL('./bad/driver.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'caihub-drivers-'));
const BEHAVIOURS = [
  ...['good', 'slow', 'silent', 'polite', 'spin', 'crash', 'crash-once', 'garbage', 'unknown', 'stranger', 'flood'],
  ...['stderr-flood', 'oversized', 'verdict', 'error', 'hog', 'surroundings', 'fetch', 'fetch-idle', 'absent'],
];
const installed: InstalledDriver[] = BEHAVIOURS.map((behaviour) => ({
  manifest: { id: behaviour, title: behaviour, contract: 1, media: ['mobile'], channels: ['auth'] },
  program: {
    command: behaviour === 'absent' ? join(folder, 'no-such-program') : process.execPath,
    args: [script, behaviour, join(folder, 'crashed')],
  },
}));

const request = (text = 'caihub/1'): AuthRequest => ({
  exchange: 'e1',
  text,
  digits: '42',
  platformName: '示例交易系统',
  expiresAt: 0,
  callbackUrl: 'http://127.0.0.1/drivers/x/callback/e1',
  returnUrl: 'https://hub.ca.example/check/i/int_1',
});

describe('a driver in its own process', () => {
  const clock = runningClock();
  let town: Town;
  let hosts: DriverHosts;

  beforeAll(async () => {
    town = await openTown(clock);
  });
  afterEach(() => hosts.stop());
  afterAll(async () => {
    await town.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function open(deadlineMs: number): void {
    const { authorities, egress } = town;
    hosts = createDriverHosts({
      authorities,
      egress,
      clock,
      random: systemRandom,
      log: quietLog,
      installed,
      deadlineMs,
    });
  }
  const vendor = async (driver: string, id: 'beichen' | 'bohai' = 'beichen'): Promise<Authority> => {
    const authority = await town.authority(id);
    return { ...authority, driver, manifest: { ...authority.manifest, drivers: {} } };
  };
  /** Message of a waiting prompt, or the code of what was thrown. */
  const outcome = (step: Promise<Step<unknown>>): Promise<string> =>
    step.then(
      (value) => (value.step === 'pending' && value.prompt.kind === 'wait' ? value.prompt.message : value.step),
      (error: unknown) => (error instanceof HubError ? (error.refusal.detail ?? error.refusal.code) : String(error)),
    );
  const begin = async (driver: string, text?: string): Promise<string> =>
    outcome(hosts.begin(await vendor(driver), 'auth', request(text)));

  it('answers, and keeps its process for the next call', async () => {
    open(10_000);
    const first = await hosts.begin(await vendor('good'), 'auth', request());
    const second = await hosts.begin(await vendor('good'), 'auth', request());
    expect(pidOf(first)).toBeGreaterThan(0);
    expect(pidOf(second)).toBe(pidOf(first));
  });

  it.each([
    ['that ends itself', 'crash', 'process ended (exited)'],
    ['that prints something else', 'garbage', 'process ended (garbage)'],
    ['that sends an unknown message', 'unknown', 'process ended (garbage)'],
    ['that answers what nobody asked', 'stranger', 'process ended (garbage)'],
    ['that floods its output', 'flood', 'process ended (flood)'],
    ['that floods its diary', 'stderr-flood', 'process ended (flood)'],
    ['that answers more than 1 MiB', 'oversized', 'process ended (oversized)'],
    ['that takes too much memory', 'hog', 'process ended (memory)'],
    ['whose program is missing', 'absent', 'restarting'],
  ])('is a machine failure of its vendor %s', async (_, behaviour, detail) => {
    open(10_000);
    await expect(begin(behaviour)).resolves.toContain(detail);
    await expect(hosts.begin(await vendor('verdict'), 'auth', request())).rejects.toMatchObject({
      refusal: { code: 'AUTHORITY_UNAVAILABLE', params: { authority: '北辰数字认证' } },
    });
  });

  it('may bring evidence and never a verdict', async () => {
    open(10_000);
    await expect(begin('verdict')).resolves.toContain('wrong shape');
    await expect(begin('error')).resolves.toContain('driver failed (VendorError)');
  });

  it.each(['silent', 'spin'])('is killed when it hangs (%s) and ignores the cancel', async (behaviour) => {
    open(1500);
    await expect(begin(behaviour)).resolves.toContain('deadline passed');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await expect(begin(behaviour, 'again')).resolves.toMatch(/deadline passed/); // a new process, hanging as well
  });

  it('keeps its process and its other calls when it hears the cancel', async () => {
    open(1200);
    const authority = await vendor('polite');
    await expect(outcome(hosts.begin(authority, 'auth', request()))).resolves.toContain('deadline passed');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const step = await hosts.resume(
      authority,
      'auth',
      { authority: 'beichen', driver: 'polite', state: 7 },
      { from: 'poll' },
    );
    expect(step).toMatchObject({ step: 'pending', state: { state: 7 } });
  });

  it('starts again after a crash, a little later', async () => {
    open(10_000);
    await expect(begin('crash-once')).resolves.toContain('process ended');
    await expect(begin('crash-once')).resolves.toBe('again');
  });

  it('is refused at once while it keeps crashing', async () => {
    open(10_000);
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i += 1) outcomes.push(await begin('crash'));
    expect(outcomes.slice(0, 4).every((each) => each.includes('process ended'))).toBe(true);
    expect(outcomes.slice(4).every((each) => each.includes('restarting'))).toBe(true);
  });

  it('does not disturb another vendor, whatever it does', async () => {
    open(3000);
    const bad = await vendor('spin', 'bohai');
    const hanging = Array.from({ length: 20 }, () => outcome(hosts.begin(bad, 'auth', request())));
    for (let i = 0; i < 5; i += 1) await expect(begin('good')).resolves.toBe('good');
    await Promise.all(hanging);
  });

  it('has a bounded queue', async () => {
    open(4000);
    const authority = await vendor('slow');
    const calls = Array.from({ length: limits.driverQueue + 40 }, () =>
      outcome(hosts.begin(authority, 'auth', request('10'))),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((each) => each === 'slow').length).toBeGreaterThanOrEqual(limits.driverQueue);
    expect(outcomes.some((each) => each.includes('queue of beichen full'))).toBe(true);
  });

  it('finds no environment, no secret in its arguments, and its configuration only in the open message', async () => {
    open(10_000);
    const step = await hosts.begin(await vendor('surroundings'), 'auth', request());
    expect(step).toMatchObject({ step: 'pending', prompt: { message: '' } });
    const { argv, config } = stateOf(step) as { argv: string[]; config: { secret: string } };
    expect(config.secret).toBe('beichen-secret-0123456789');
    expect(argv.join(' ')).not.toContain('beichen-secret');
  });

  it('reaches the registered origins of its vendor and nothing else', async () => {
    open(10_000);
    await expect(begin('fetch', `${town.origin}/beichen/crl/root.crl`)).resolves.toBe('200');
    await expect(begin('fetch', 'http://127.0.0.1:1/')).resolves.toBe('forbidden');
    await expect(begin('fetch', 'https://example.com/')).resolves.toBe('forbidden');
    await expect(begin('fetch', 'file:///etc/passwd')).resolves.toBe('forbidden');
  });

  it('reaches the network only on behalf of a call', async () => {
    open(10_000);
    await expect(begin('fetch-idle', `${town.origin}/beichen/crl/root.crl`)).resolves.toBe('forbidden');
  });

  it("never sees another vendor's exchange", async () => {
    open(10_000);
    const step = await hosts.begin(await vendor('good'), 'auth', request());
    if (step.step !== 'pending') throw new Error('expected a prompt');
    await expect(hosts.resume(await vendor('good', 'bohai'), 'auth', step.state, { from: 'poll' })).rejects.toThrow(
      HubError,
    );
  });

  it('gets a changed configuration without a restart of the hub', async () => {
    open(10_000);
    await hosts.begin(await vendor('surroundings'), 'auth', request());
    await town.store.tx(async (tx) =>
      unwrap(await town.authorities.changeSecrets(tx, 'beichen', { secret: 'a-new-secret-0123456789' })),
    );
    const step = await hosts.begin(await vendor('surroundings'), 'auth', request());
    expect(stateOf(step)).toMatchObject({ config: { secret: 'a-new-secret-0123456789' } });
  });
});

const stateOf = (step: Step<unknown>): Json | undefined =>
  step.step === 'pending' && isObject(step.state) ? step.state['state'] : undefined;
const pidOf = (step: Step<unknown>): number => {
  const state = stateOf(step);
  return isObject(state) ? Number(state['pid']) : 0;
};
