import { KEYUTIL, KJUR, X509, X509CRL } from 'jsrsasign';
import { describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import { hex } from '#kernel/bytes.ts';
import { readCertificateText } from '#pki/certificate.ts';
import { pem } from '#pki/certificate-text.ts';
import { parseCrl } from '#pki/crl.ts';
import { validatePath } from '#pki/path.ts';
import { canonicalSerial } from '#pki/serial.ts';
import { gm, NOW, read } from './support.ts';

const pki = await buildWorldPki(gm, { now: () => NOW, crlBase: (id) => `http://crl.${id}.example` });

/** `260318013000Z` or `20260318013000Z` → UTC milliseconds. */
const zulu = (text: string): number => {
  const [, y = '', m, d, h, i, s] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return Date.parse(`${y.length === 2 ? `20${y}` : y}-${m}-${d}T${h}:${i}:${s}Z`);
};

describe('a second reader agrees', () => {
  it.each(['beichen', 'bohai'] as const)('about the certificates of %s', async (authority) => {
    const pair = await pki.issueKeyPair({ authority, holder: companies.hunan });
    const vendor = pki.authority(authority);
    for (const der of [pair.signCertificate, pair.encCertificate, vendor.intermediate, vendor.root]) {
      const other = new X509();
      other.readCertPEM(pem(der));
      const own = read(der);
      expect(canonicalSerial(other.getSerialNumberHex())).toBe(own.serial);
      expect(other.getSubjectHex()).toBe(hex(own.subject.der));
      expect(other.getIssuerHex()).toBe(hex(own.issuer.der));
      expect([zulu(other.getNotBefore()), zulu(other.getNotAfter())]).toEqual([own.notBefore, own.notAfter]);
      expect(other.getPublicKeyHex()).toBe(hex(own.spki));
      expect(other.getExtCRLDistributionPointsURI() ?? []).toEqual(own.crlUrls);
      expect(new Set(other.getExtKeyUsage()?.names)).toEqual(new Set(own.keyUsage));
      expect(other.getExtSubjectKeyIdentifier()?.kid.hex).toBe(hex(own.subjectKeyId ?? new Uint8Array(0)));
    }
  });

  it('about a list', async () => {
    pki.revoke('beichen', '0C0FFEE1', 5);
    const der = await pki.crl('beichen');
    const other = new X509CRL(pem(der, 'X509 CRL'));
    const own = parseCrl(gm, der);
    expect(zulu(other.getThisUpdate())).toBe(own?.thisUpdate);
    expect(zulu(other.getNextUpdate() ?? '')).toBe(own?.nextUpdate);
    expect(other.getRevCertArray()?.map((entry) => canonicalSerial(entry.sn.hex))).toEqual(['0C0FFEE1']);
    expect(own?.entry('0C0FFEE1')?.reason).toBe('cessationOfOperation');
  });

  it('and its own RSA certificates are read and verified by us', () => {
    const keys = KEYUTIL.generateKeypair('RSA', 2048);
    const make = (subject: string, ca: boolean) =>
      new KJUR.asn1.x509.Certificate({
        version: 3,
        serial: { hex: ca ? '01' : '02' },
        issuer: { str: '/CN=old authority' },
        subject: { str: `/CN=${subject}` },
        notbefore: '260101000000Z',
        notafter: '270101000000Z',
        sbjpubkey: keys.pubKeyObj,
        ext: [
          { extname: 'basicConstraints', cA: ca, critical: true },
          { extname: 'keyUsage', names: ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'], critical: true },
        ],
        sigalg: 'SHA256withRSA',
        cakey: keys.prvKeyObj,
      }).getPEM();
    const root = readCertificateText(gm, make('old authority', true));
    const person = readCertificateText(gm, make('person', false));
    if (root === undefined || person === undefined) throw new Error('unreadable');
    const request = { certificate: person, intermediates: [], anchors: [root], at: NOW, purpose: 'sign' as const };
    expect(validatePath(gm, { ...request, allowNonGm: true }).ok).toBe(true);
    expect(validatePath(gm, request)).toMatchObject({ ok: false, fault: { code: 'algorithm-not-allowed' } });
  });
});
