import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postJson } from '#fixtures/world/post-json.ts';
import { sealOf } from '#fixtures/world/vendor/seal.ts';
import { parseCrl, verifyCrl } from '#pki/crl.ts';
import { gm, openTown, read, SECRETS, support, type Town, testClock } from './support.ts';

/** The stand-in must be as strict as a vendor would be, or the driver's tests prove nothing. */
describe("the vendors' outside service", () => {
  const clock = testClock();
  let town: Town;
  let nonce = 0;

  beforeAll(async () => {
    town = await openTown(clock);
  });
  afterAll(() => town.close());

  const order = () => ({
    exchange: 'e1',
    purpose: 'login',
    text: 'caihub/1\npurpose=login\n',
    digits: '42',
    platformName: '示例交易系统',
    expiresAt: clock.now() + 60_000,
    callbackUrl: 'http://127.0.0.1:1/callback',
  });
  /** `ret` of the answer. */
  async function create(change: { secret?: string; path?: string; age?: number; nonce?: string; body?: object } = {}) {
    nonce += 1;
    const body = change.body ?? order();
    const path = '/beichen/api/v1/tasks';
    const message = {
      method: 'POST',
      path: change.path ?? path,
      timestamp: String(clock.now() - (change.age ?? 0)),
      nonce: change.nonce ?? `nonce-of-the-test-${nonce}`,
      body: JSON.stringify(body),
    };
    const reply = await postJson(`${town.origin}${path}`, body, {
      headers: {
        'x-vendor-timestamp': message.timestamp,
        'x-vendor-nonce': message.nonce,
        'x-vendor-seal': sealOf(change.secret ?? SECRETS.beichen, message),
      },
    });
    return (reply.body as { ret: string }).ret;
  }

  it('takes an order sealed with its own secret, once', async () => {
    expect(await create({ nonce: 'the-very-same-nonce' })).toBe('0');
    expect(await create({ nonce: 'the-very-same-nonce' })).toBe('1004');
  });

  it("refuses another vendor's secret, another path, an old message and a faulty order", async () => {
    expect(await create({ secret: SECRETS.bohai })).toBe('1002');
    expect(await create({ path: '/bohai/api/v1/tasks' })).toBe('1002');
    expect(await create({ age: 301_000 })).toBe('1003');
    expect(await create({ body: { ...order(), digits: 'x' } })).toBe('1001');
  });

  it('publishes lists that the CA has signed, and nothing under other names', async () => {
    const body = Buffer.from(await (await fetch(`${town.origin}/beichen/crl/issuing.crl`)).arrayBuffer());
    const crl = parseCrl(gm, body);
    expect(crl && verifyCrl(gm, crl, read(town.pki.authority('beichen').intermediate))).toBe(true);
    expect((await fetch(`${town.origin}/beichen/crl/other.crl`)).status).toBe(404);
    expect((await fetch(`${town.origin}/nobody/crl/issuing.crl`)).status).toBe(404);
  });

  it('shows the hotline on every help page', async () => {
    for (const topic of ['install', 'renew', 'unlock']) {
      const page = await fetch(`${town.origin}/bohai/help/${topic}`);
      expect(await page.text()).toContain(support.hotline);
    }
    expect((await fetch(`${town.origin}/bohai/help/other`)).status).toBe(404);
  });

  it('goes away one vendor at a time', async () => {
    town.vendor.outage('beichen', true);
    expect((await fetch(`${town.origin}/beichen/crl/root.crl`)).status).toBe(503);
    expect((await fetch(`${town.origin}/bohai/crl/root.crl`)).status).toBe(200);
    town.vendor.outage('beichen', false);
    expect((await fetch(`${town.origin}/beichen/crl/root.crl`)).status).toBe(200);
  });
});
