import { describe, expect, it } from 'vitest';
import { DAY } from '#fixtures/pki/authority.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { parseCrl, verifyCrl } from '#pki/crl.ts';
import { extractIdentity } from '#pki/identity.ts';
import { validatePath } from '#pki/path.ts';
import { mutants } from './mutants.ts';
import { gm, NOW, read } from './support.ts';

const pki = await buildWorldPki(gm, { now: () => NOW, crlBase: (id) => `http://${id}.example` });
const vendor = pki.authority('beichen');
const pair = await pki.issueKeyPair({ authority: 'beichen', holder: companies.liaoning });
const [root, intermediate] = [read(vendor.root), read(vendor.intermediate)];

const accepts = (certificate: Certificate): boolean =>
  validatePath(gm, { certificate, intermediates: [intermediate], anchors: [root], at: NOW + DAY / 2, purpose: 'sign' })
    .ok;

describe('of two thousand mutants', () => {
  it('no certificate is accepted, and none makes the reader throw', () => {
    expect(accepts(read(pair.signCertificate))).toBe(true);
    let readable = 0;
    for (const mutant of mutants(pair.signCertificate, 1_400)) {
      const certificate = parseCertificate(gm, mutant);
      if (certificate === undefined) continue;
      readable += 1;
      extractIdentity(certificate);
      expect(certificate.subject.attributes.length).toBeGreaterThanOrEqual(0);
      expect(accepts(certificate)).toBe(false);
    }
    expect(readable).toBeGreaterThan(100); // else nothing but the reader was tried
  });

  it('no list is believed, and none makes the reader throw', async () => {
    pki.revoke('beichen', read(pair.signCertificate).serial);
    const original = await pki.crl('beichen');
    expect(verifyCrl(gm, parseCrl(gm, original) ?? never(), intermediate)).toBe(true);
    let readable = 0;
    for (const mutant of mutants(original, 700)) {
      const crl = parseCrl(gm, mutant);
      if (crl === undefined) continue;
      readable += 1;
      expect(verifyCrl(gm, crl, intermediate)).toBe(false);
    }
    expect(readable).toBeGreaterThan(50);
  });
});

function never(): never {
  throw new Error('the list that was mutated is unreadable itself');
}
