import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrust, type Trust } from '#drivers/trust.ts';
import { createAuthority } from '#fixtures/pki/authority.ts';
import { crlDistributionPoints, signUsage } from '#fixtures/pki/extensions.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { isVerified } from '#pki/path.ts';
import { quietLog } from '#test/support/store.ts';
import { DAY, gm, openTown, read, type TestClock, type Town, testClock } from './support.ts';

describe('the hub judges a certificate', () => {
  let town: Town;
  let clock: TestClock;
  let trust: Trust;
  let fetched: string[] = [];

  beforeAll(async () => {
    clock = testClock();
    town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        request: (call) => {
          fetched.push(new URL(call.url).pathname);
          return real.request(call);
        },
      }),
    });
    trust = newTrust();
  });
  afterAll(() => town.close());

  /** A hub that has just started: nothing in memory. */
  const newTrust = (): Trust =>
    createTrust({
      store: town.store,
      gm,
      authorities: town.authorities,
      egress: town.egress,
      clock,
      log: quietLog,
    });
  const key = async (validity?: { notBefore: number; notAfter: number }, authority: 'beichen' | 'bohai' = 'beichen') =>
    read(
      (await town.pki.issueKeyPair({ authority, holder: companies.liaoning, ...(validity && { validity }) }))
        .signCertificate,
    );

  it('takes a good key of each vendor for valid, names its vendor and gives the proof', async () => {
    for (const id of ['beichen', 'bohai'] as const) {
      const judgement = await trust.judge(read(town.pairs[id].signCertificate), 'sign');
      expect(judgement).toMatchObject({ verdict: 'valid', authority: { id } });
      expect(judgement.verdict === 'valid' && isVerified(judgement.verified)).toBe(true);
    }
  });

  it('asks no vendor again while the lists are fresh, and one list once for many logins at a time', async () => {
    fetched = [];
    const fresh = newTrust();
    await town.store.tx((tx) => tx.db.deleteFrom('crl').execute());
    const certificate = read(town.pairs.beichen.signCertificate);
    await Promise.all(Array.from({ length: 10 }, () => fresh.judge(certificate, 'sign')));
    expect(fetched.sort()).toEqual(['/beichen/crl/issuing.crl', '/beichen/crl/root.crl']);
    await fresh.judge(certificate, 'sign');
    await newTrust().judge(certificate, 'sign'); // after a restart: from the table
    expect(fetched).toHaveLength(2);
  });

  it('refuses an encryption certificate for signing and the other way round', async () => {
    const { signCertificate, encCertificate } = town.pairs.beichen;
    expect(await trust.judge(read(encCertificate), 'sign')).toMatchObject({ verdict: 'invalid', fault: 'purpose' });
    expect(await trust.judge(read(signCertificate), 'encrypt')).toMatchObject({ verdict: 'invalid', fault: 'purpose' });
    expect(await trust.judge(read(encCertificate), 'encrypt')).toMatchObject({ verdict: 'valid' });
  });

  it('tells expired and not yet valid apart, with the moment', async () => {
    const now = clock.now();
    const expired = await key({ notBefore: now - 400 * DAY, notAfter: now - DAY });
    expect(await trust.judge(expired, 'sign')).toMatchObject({ verdict: 'expired', at: expired.notAfter });
    const early = await key({ notBefore: now + DAY, notAfter: now + 10 * DAY });
    expect(await trust.judge(early, 'sign')).toMatchObject({ verdict: 'not-yet-valid', at: early.notBefore });
  });

  it('refuses a revoked key as soon as the list is renewed, and remembers it after a restart', async () => {
    const certificate = await key();
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
    town.pki.revoke('beichen', certificate.serial);
    clock.pass(11 * 60_000);
    await trust.judge(certificate, 'sign'); // answered from the older list, renewed behind it
    await trust.stop();
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'revoked', authority: { id: 'beichen' } });
    expect(await newTrust().judge(certificate, 'sign')).toMatchObject({ verdict: 'revoked' });
    expect(await trust.judge(certificate, 'sign', { requireStatus: false })).toMatchObject({ verdict: 'revoked' });
  });

  it('knows nobody who signs with another key, whatever name and key identifier he takes', async () => {
    const real = town.pki.authority('beichen').issuingCa;
    const spec = {
      subject: [['CN', '冒名公司']] as const,
      spki: gm.sm2.spki(gm.sm2.generateKey().publicKey),
      notBefore: clock.now() - DAY,
      notAfter: clock.now() + DAY,
      extensions: [signUsage(), crlDistributionPoints([`${town.origin}/beichen/crl/issuing.crl`])],
    };
    const stranger = await createAuthority(gm, {
      subject: [['CN', '路人']],
      notBefore: spec.notBefore,
      notAfter: spec.notAfter,
    });
    expect(await trust.judge(read(await stranger.issue(spec)), 'sign')).toEqual({ verdict: 'unknown-issuer' });

    const sameName = await createAuthority(gm, {
      subject: [
        ['C', 'CN'],
        ['O', '北辰数字认证'],
        ['CN', '北辰数字认证国密签发证书'],
      ],
      notBefore: spec.notBefore,
      notAfter: spec.notAfter,
    });
    expect(read(sameName.certificate).subject.der).toEqual(
      read(town.pki.authority('beichen').intermediate).subject.der,
    );
    expect(await trust.judge(read(await sameName.issue(spec)), 'sign')).toEqual({ verdict: 'unknown-issuer' });

    const impostor = read(await real.issue({ ...spec, signer: sameName.signer }));
    expect(await trust.judge(impostor, 'sign')).toMatchObject({ verdict: 'invalid', fault: 'bad-signature' });
    expect(await trust.issuerOf(impostor)).toBeUndefined();
    const nameless = read(await real.issue({ ...spec, signer: sameName.signer, withoutKeyIds: true }));
    expect(await trust.judge(nameless, 'sign')).toEqual({ verdict: 'unknown-issuer' });
  });

  it('names the vendor of a certificate whatever its dates', async () => {
    const expired = await key({ notBefore: clock.now() - 9 * DAY, notAfter: clock.now() - DAY }, 'bohai');
    expect(await trust.issuerOf(expired)).toMatchObject({ id: 'bohai' });
  });

  it('obeys a suspension made beside the running hub, and its end', async () => {
    const certificate = read(town.pairs.bohai.signCertificate);
    await town.store.tx((tx) => town.authorities.suspend(tx, 'bohai'));
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'suspended', authority: { id: 'bohai' } });
    await town.store.tx((tx) => town.authorities.resume(tx, 'bohai'));
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
  });
});

describe('the hub fails closed where it cannot know a status', () => {
  it('says status-unavailable while the vendor is away, without asking him every time, and recovers', async () => {
    const clock = testClock();
    let asked = 0;
    const town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        request: (call) => {
          asked += 1;
          return real.request(call);
        },
      }),
    });
    const trust = createTrust({ ...town, gm, clock, log: quietLog });
    const certificate = read(town.pairs.beichen.signCertificate);
    town.vendor.outage('beichen', true);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({
      verdict: 'status-unavailable',
      authority: { id: 'beichen' },
    });
    const first = asked;
    await trust.judge(certificate, 'sign');
    expect(asked).toBe(first);
    expect(await trust.judge(certificate, 'sign', { requireStatus: false })).toMatchObject({ verdict: 'valid' });
    expect(await trust.judge(read(town.pairs.bohai.signCertificate), 'sign')).toMatchObject({ verdict: 'valid' });
    town.vendor.outage('beichen', false);
    clock.pass(11_000);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
    await town.close();
  });

  it('lives on a stale list for the grace of its vendor and no longer', async () => {
    const clock = testClock();
    const town = await openTown(clock);
    const trust = createTrust({ ...town, gm, clock, log: quietLog });
    const certificate = read(town.pairs.beichen.signCertificate);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
    town.vendor.outage('beichen', true);
    clock.pass(DAY); // nextUpdate was a day after thisUpdate; the grace of this vendor is an hour
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
    clock.pass(3600_000);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'status-unavailable' });
    await town.close();
  });

  it('believes no list that the issuer has not signed, and keeps none of it', async () => {
    const clock = testClock();
    const holder = { forge: true };
    const town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        async request(call) {
          if (!holder.forge || !call.url.endsWith('issuing.crl')) return real.request(call);
          const forged = await createAuthority(gm, {
            subject: [['CN', '伪造']],
            notBefore: 0,
            notAfter: clock.now() + DAY,
          });
          return { ok: true, status: 200, headers: {}, body: await forged.crl({ thisUpdate: clock.now() }) };
        },
      }),
    });
    const trust = createTrust({ ...town, gm, clock, log: quietLog });
    const certificate = read(town.pairs.beichen.signCertificate);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'status-unavailable' });
    const rows = await town.store.read.db.selectFrom('crl').select('url').execute();
    expect(rows.map(({ url }) => new URL(url).pathname)).toEqual(['/beichen/crl/root.crl']);
    holder.forge = false;
    clock.pass(11_000);
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'valid' });
    await town.close();
  });

  it('does not let an older list lift a revocation', async () => {
    const clock = testClock();
    const older: { body?: Uint8Array } = {};
    const town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        async request(call) {
          if (older.body && call.url.endsWith('issuing.crl'))
            return { ok: true, status: 200, headers: {}, body: older.body };
          return real.request(call);
        },
      }),
    });
    const certificate = read(town.pairs.beichen.signCertificate);
    const before = await town.pki.crl('beichen');
    clock.pass(60_000);
    town.pki.revoke('beichen', certificate.serial);
    const trust = createTrust({ ...town, gm, clock, log: quietLog });
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'revoked' });
    older.body = before;
    clock.pass(11 * 60_000);
    await trust.judge(certificate, 'sign');
    await trust.stop();
    expect(await trust.judge(certificate, 'sign')).toMatchObject({ verdict: 'revoked' });
    await town.close();
  });

  it('refuses every key under a revoked intermediate', async () => {
    const clock = testClock();
    const revoked: { body?: Uint8Array } = {};
    const town = await openTown(clock, {
      egress: (real) => ({
        ...real,
        async request(call) {
          if (revoked.body && call.url.endsWith('root.crl'))
            return { ok: true, status: 200, headers: {}, body: revoked.body };
          return real.request(call);
        },
      }),
    });
    const { rootCa, intermediate } = town.pki.authority('beichen');
    revoked.body = await rootCa.crl({
      thisUpdate: clock.now(),
      revoked: [{ serial: read(intermediate).serial, at: clock.now() - 1000, reason: 2 }],
    });
    const trust = createTrust({ ...town, gm, clock, log: quietLog });
    expect(await trust.judge(read(town.pairs.beichen.signCertificate), 'sign')).toMatchObject({ verdict: 'revoked' });
    await town.close();
  });
});
