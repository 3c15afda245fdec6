import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrust } from '#drivers/trust.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import { sealOf } from '#fixtures/world/vendor/seal.ts';
import { base64 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { askTimeAuthority } from '#opening/time-witness.ts';
import { parseCrl, verifyCrl } from '#pki/crl.ts';
import { quietLog } from '#test/support/store.ts';
import { gm, openTown, read, SECRETS, support, type Town, testClock, unwrap } from './support.ts';

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

  it('answers about its certificates by OCSP, so that a vendor needs no list for them', async () => {
    const { origin } = town;
    await town.store.tx(async (tx) => {
      const ocsp = { revocation: 'ocsp', ocsp: { url: `${origin}/bohai/ocsp` } } as const;
      unwrap(await town.authorities.changeManifest(tx, 'bohai', { ...town.manifestOf('bohai'), ...ocsp }));
    });
    const trust = createTrust({ ...town, gm, clock, random: systemRandom, log: quietLog });
    const fresh = await town.pki.issueKeyPair({ authority: 'bohai', holder: companies.dalian });
    expect(await trust.judge(read(fresh.signCertificate), 'sign')).toMatchObject({ verdict: 'valid' });
    expect(await trust.judge(read(fresh.encCertificate), 'encrypt')).toMatchObject({ verdict: 'valid' });
    town.pki.revoke('bohai', read(fresh.signCertificate).serial);
    clock.pass(11 * 60_000); // an answer is good for ten minutes
    await trust.judge(read(fresh.signCertificate), 'sign');
    await trust.stop(); // what runs behind that answer
    expect(await trust.judge(read(fresh.signCertificate), 'sign')).toMatchObject({ verdict: 'revoked' });
    expect(await trust.judge(read(fresh.encCertificate), 'encrypt')).toMatchObject({ verdict: 'valid' });
  });

  it('stamps what it is given with the time, under the time authority’s own root', async () => {
    const { url, root } = { url: `${town.origin}/tsa`, root: read(town.pki.timeAuthority.root) };
    const deps = { gm, egress: town.egress, clock, random: systemRandom };
    const authority = { url, certificates: [root], privateRanges: ['127.0.0.0/8'] };
    expect(await askTimeAuthority(deps, authority)).toMatchObject({ ok: true });
    const ahead = { ...clock, now: () => clock.now() + 60_000 };
    expect(await askTimeAuthority({ ...deps, clock: ahead }, authority)).toMatchObject({ ok: false });
    const foreign = { ...authority, certificates: [read(town.pki.authority('beichen').root)] };
    expect(await askTimeAuthority(deps, foreign)).toMatchObject({ ok: false });
    town.vendor.outage('tsa', true);
    expect(await askTimeAuthority(deps, authority)).toMatchObject({ ok: false });
    town.vendor.outage('tsa', false);
  });

  it('encrypts for its own people only, and only where the order is sealed', async () => {
    const ask = (vendor: string, body: object, secret: string) => {
      nonce += 1;
      const path = `/${vendor}/api/v1/encrypt`;
      const [timestamp, fresh] = [String(clock.now()), `nonce-of-the-test-${nonce}`];
      const message = { method: 'POST', path, timestamp, nonce: fresh, body: JSON.stringify(body) };
      return postJson(`${town.origin}${path}`, body, {
        headers: {
          'x-vendor-timestamp': message.timestamp,
          'x-vendor-nonce': message.nonce,
          'x-vendor-seal': sealOf(secret, message),
        },
      });
    };
    const to = (der: Uint8Array) => ({ recipient: base64(der), content: base64(Buffer.from('保函')) });
    const { bohai, beichen } = town.pairs;
    expect(await ask('bohai', to(bohai.encCertificate), SECRETS.bohai)).toMatchObject({ body: { ret: '0' } });
    expect(await ask('bohai', to(bohai.signCertificate), SECRETS.bohai)).toMatchObject({ body: { ret: '2003' } });
    expect(await ask('bohai', to(beichen.encCertificate), SECRETS.bohai)).toMatchObject({ body: { ret: '2003' } });
    expect(await ask('bohai', to(bohai.encCertificate), SECRETS.beichen)).toMatchObject({ body: { ret: '1002' } });
    expect(await ask('beichen', to(bohai.encCertificate), SECRETS.beichen)).toMatchObject({ body: { ret: '2005' } });
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
