import { describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { DAY } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki, type VendorId } from '#fixtures/pki/world.ts';
import { issueWorldKeys, keyPlans } from '#fixtures/pki/world-keys.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { parseCrl } from '#pki/crl.ts';
import { extractIdentity, isResidentId, isUnitCode } from '#pki/identity.ts';
import { validatePath } from '#pki/path.ts';
import { judgeRevocation } from '#pki/revocation.ts';

const gm = createGm();
const NOW = Date.UTC(2026, 2, 18, 1, 30);
const pki = await buildWorldPki(gm, { now: () => NOW, crlBase: (id) => `http://127.0.0.1:1/${id}` });
const keys = await issueWorldKeys(gm, pki, NOW);

function read(der: Bytes): Certificate {
  const certificate = parseCertificate(gm, der);
  if (certificate === undefined) throw new Error('unreadable');
  return certificate;
}

/** What the hub will find: `good`, `revoked`, or the path's fault. */
async function stateOf(der: Bytes, purpose: 'sign' | 'encrypt', trusted: VendorId): Promise<string> {
  const vendor = pki.authority(trusted);
  const result = validatePath(gm, {
    certificate: read(der),
    intermediates: [read(vendor.intermediate)],
    anchors: [read(vendor.root)],
    at: NOW,
    purpose,
  });
  if (!result.ok) return result.fault.code;
  const lists = await vendor.crls();
  const crls = async ({ depth }: { depth: number }) => parseCrl(gm, lists[depth === 0 ? 'issuing.crl' : 'root.crl']);
  return (await judgeRevocation({ verified: result.verified, crls, at: NOW, graceMs: 0 })).status;
}

describe('the demo world’s keys', () => {
  it.each(keys.map((key) => [key.plan.name, key] as const))(
    '%s is what its plan says',
    async (_, { plan, pair, before }) => {
      const expected = { good: 'good', renewed: 'good', expired: 'expired', revoked: 'revoked' }[plan.state];
      expect(await stateOf(pair.signCertificate, 'sign', plan.authority)).toBe(expected);
      expect(await stateOf(pair.encCertificate, 'encrypt', plan.authority)).toBe(expected);
      const foreign = plan.authority === 'beichen' ? 'bohai' : 'beichen';
      expect(await stateOf(pair.signCertificate, 'sign', foreign)).toBe('unknown-issuer');
      if (before === null) return;
      expect(await stateOf(before.signCertificate, 'sign', plan.authority)).toBe('good');
      expect(equalBytes(read(before.signCertificate).subject.der, read(pair.signCertificate).subject.der)).toBe(true);
      expect(equalBytes(read(before.signCertificate).spki, read(pair.signCertificate).spki)).toBe(false);
    },
  );

  it('cover every state, both vendors and every company', () => {
    expect(new Set(keyPlans.map((plan) => plan.state))).toEqual(new Set(['good', 'expired', 'revoked', 'renewed']));
    expect(new Set(keyPlans.map((plan) => plan.authority)).size).toBe(2);
    expect(new Set(keyPlans.map((plan) => plan.holder)).size).toBe(3);
  });

  it('carry the company and its holder, read by the vendor’s own profile', () => {
    for (const { plan, pair, holder } of keys) {
      const { identity } = pki.authority(plan.authority);
      for (const der of [pair.signCertificate, pair.encCertificate]) {
        const found = extractIdentity(read(der), identity);
        expect(found).toMatchObject({ kind: 'organisation', unitName: holder.unitName, unitCode: holder.unitCode });
        expect([found.idNumber, found.conflicts, found.wrongCheckDigits]).toEqual([holder.idNumber, [], []]);
      }
    }
  });

  it('are nobody’s, and pass their checks', () => {
    for (const company of Object.values(companies)) {
      expect([isUnitCode(company.unitCode), isResidentId(company.idNumber)]).toEqual([true, true]);
      expect(company.unitName).toContain('示例');
    }
  });
});

describe('the demo world’s vendors', () => {
  it('certify persons too', async () => {
    for (const { id, identity } of pki.authorities) {
      const pair = await pki.issueKeyPair({ authority: id, holder: companies.dalian, kind: 'person' });
      expect(await stateOf(pair.signCertificate, 'sign', id)).toBe('good');
      const found = extractIdentity(read(pair.signCertificate), identity);
      expect([found.kind, found.personName, found.idNumber]).toEqual([
        'person',
        companies.dalian.holderName,
        companies.dalian.idNumber,
      ]);
    }
  });

  it('renew a certificate over the same keys', async () => {
    const first = await pki.issueKeyPair({ authority: 'bohai', holder: companies.dalian });
    const again = await pki.issueKeyPair({ authority: 'bohai', holder: companies.dalian, keys: first });
    const [old, renewed] = [read(first.signCertificate), read(again.signCertificate)];
    expect([equalBytes(old.spki, renewed.spki), old.serial === renewed.serial]).toEqual([true, false]);
  });

  it('revoke from the next list on', async () => {
    const pair = await pki.issueKeyPair({ authority: 'beichen', holder: companies.hunan });
    expect(await stateOf(pair.signCertificate, 'sign', 'beichen')).toBe('good');
    pki.revoke('beichen', read(pair.signCertificate).serial.toLowerCase(), 4);
    expect(await stateOf(pair.signCertificate, 'sign', 'beichen')).toBe('revoked');
    expect(parseCrl(gm, await pki.crl('beichen'))?.nextUpdate).toBe(NOW - 60_000 + DAY);
  });
});
