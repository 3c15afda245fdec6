import { describe, expect, it } from 'vitest';
import { type AttributeSpec, buildCertificate, nameDer } from '#fixtures/pki/builder.ts';
import { crlDistributionPoints, extension, keyUsage, signUsage } from '#fixtures/pki/extensions.ts';
import { p256Signer, rsaSigner, sm2Signer } from '#fixtures/pki/signer.ts';
import { type Bytes, base64, concat, hex, utf8 } from '#kernel/bytes.ts';
import { parseCertificate, readCertificateText, spkiFingerprint, tailOf } from '#pki/certificate.ts';
import { certificateText, pem } from '#pki/certificate-text.ts';
import { readDer, tags } from '#pki/der.ts';
import { bitString, explicit, integer, oid, sequence, set, tlv } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { readString } from '#pki/strings.ts';
import { ca, gm, leaf, read, validity } from './support.ts';

const issuer = await ca('签发');
const der = await leaf(issuer, { serial: '00C0FFEE12' });
const signer = sm2Signer(gm, gm.sm2.generateKey());
const spec = {
  serial: '01',
  issuer: nameDer([['CN', '甲']]),
  subject: nameDer([['CN', '乙']]),
  ...validity,
  spki: signer.spki,
  extensions: [signUsage()],
};
const parses = (bytes: Bytes): boolean => parseCertificate(gm, bytes) !== undefined;

describe('a certificate', () => {
  it('is read with every field a decision needs', () => {
    const certificate = read(der);
    expect(certificate.serial).toBe('C0FFEE12');
    expect(tailOf(certificate)).toBe('EE12');
    expect([certificate.notBefore, certificate.notAfter]).toEqual([validity.notBefore, validity.notAfter]);
    expect(certificate.issuer.get('CN')).toBe('签发');
    expect(certificate.key.kind).toBe('sm2');
    expect(certificate.signatureOid).toBe(oids.sm2WithSm3);
    expect([...(certificate.keyUsage ?? [])]).toEqual(['digitalSignature', 'nonRepudiation']);
    expect(certificate.basicConstraints).toEqual({ ca: false, pathLength: null });
    expect(hex(certificate.authorityKeyId ?? new Uint8Array(0))).toBe(hex(issuer.keyId));
    expect(certificate.fingerprint).toBe(hex(gm.sm3(der)));
    expect(spkiFingerprint(gm, certificate)).toBe(hex(gm.sm3(certificate.spki)));
    expect(hex(concat(certificate.tbs))).toBe(hex(readDer(der)?.children()[0]?.der ?? new Uint8Array(0)));
  });

  it('does not change when the caller changes the bytes', () => {
    const copy = concat(der);
    const certificate = read(copy);
    const before = certificate.fingerprint;
    copy.fill(0);
    expect([certificate.serial, hex(gm.sm3(certificate.der)) === before]).toEqual(['C0FFEE12', true]);
  });

  it('tells its kind of key', async () => {
    const kindOf = async (spki: Bytes) => read(await leaf(issuer, { spki })).key;
    expect(await kindOf(rsaSigner(2048).spki)).toEqual({ kind: 'rsa', bits: 2048 });
    expect(await kindOf(p256Signer().spki)).toEqual({ kind: 'ec', curve: oids.p256 });
    expect((await kindOf(sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(32))))).kind).toBe('other');
  });

  it('with a point off the curve, compressed or hybrid has no usable key', async () => {
    const point = gm.sm2.generateKey().publicKey.point;
    const spkiOf = (key: Bytes) => sequence(sequence(oid(oids.ecPublicKey), oid(oids.sm2Curve)), bitString(key));
    const off = concat(point);
    off[64] = (off[64] ?? 0) ^ 1;
    const hybrid = concat(Uint8Array.of(0x06 | ((point[64] ?? 0) & 1)), point.subarray(1));
    const compressed = concat(Uint8Array.of(2), point.subarray(1, 33));
    for (const key of [off, hybrid, compressed, Uint8Array.of(0)]) {
      expect(read(await leaf(issuer, { spki: spkiOf(key) })).key).toEqual({ kind: 'other', oid: oids.ecPublicKey });
    }
    expect(read(await leaf(issuer, { spki: spkiOf(point) })).key.kind).toBe('sm2');
  });

  it('names its lists, http and ldap, in order', async () => {
    const urls = ['http://crl.beichen.example/1.crl', 'ldap://ldap.beichen.example/CN=1'];
    expect(read(await leaf(issuer, { extensions: [crlDistributionPoints(urls)] })).crlUrls).toEqual(urls);
    expect(read(der).crlUrls).toEqual([]);
  });

  it('may be of version 1, without extensions', async () => {
    const tbs = sequence(
      integer(7),
      signer.algorithm,
      spec.issuer,
      sequence(tlv(tags.utcTime, utf8('260101000000Z')), tlv(tags.utcTime, utf8('270101000000Z'))),
      spec.subject,
      spec.spki,
    );
    const certificate = read(sequence(tbs, signer.algorithm, bitString(await signer.sign(tbs))));
    expect([certificate.keyUsage, certificate.basicConstraints, certificate.extensions.size]).toEqual([null, null, 0]);
  });

  it('is not read when it is not one', async () => {
    const built = await buildCertificate(spec, signer);
    expect(parses(built)).toBe(true);
    expect(parses(concat(built, Uint8Array.of(0)))).toBe(false);
    expect(parses(built.subarray(0, -1))).toBe(false);
    expect(parses(utf8('not a certificate'))).toBe(false);
    expect(parses(new Uint8Array(100_000))).toBe(false);
    const outer = { ...signer, algorithm: sequence(oid(oids.ecdsaSha256)) };
    const inner = readDer(built)?.children()[0]?.der ?? new Uint8Array(0);
    expect(parses(sequence(inner, outer.algorithm, bitString(await signer.sign(inner))))).toBe(false);
  });

  it.each<[string, Uint8Array[]]>([
    ['the same extension twice', [signUsage(), signUsage()]],
    ['a garbled key usage', [extension(oids.keyUsage, integer(1))]],
    ['garbled constraints', [extension(oids.basicConstraints, sequence(integer(1)))]],
    ['a garbled key identifier', [extension(oids.subjectKeyIdentifier, integer(1))]],
    ['a garbled issuer key identifier', [extension(oids.authorityKeyIdentifier, integer(1))]],
    ['an extended usage that is no identifier', [extension(oids.extendedKeyUsage, sequence(integer(1)))]],
  ])('with %s is not read', async (_, extensions) => {
    expect(parses(await buildCertificate({ ...spec, extensions }, signer))).toBe(false);
  });

  it('key usage may leave its unused bits undeclared', async () => {
    const lax = extension(oids.keyUsage, bitString(Uint8Array.of(0xc0)));
    const certificate = read(await buildCertificate({ ...spec, extensions: [lax] }, signer));
    const strict = read(
      await buildCertificate({ ...spec, extensions: [keyUsage(['digitalSignature', 'nonRepudiation'])] }, signer),
    );
    expect(certificate.keyUsage).toEqual(strict.keyUsage);
  });
});

describe('names', () => {
  it('are compared as bytes and read as text of any string type', async () => {
    const subject: AttributeSpec[] = [
      ['C', 'CN'],
      ['O', '示例', 'bmp'],
      ['CN', 'plain', 'printable'],
      ['1.2.3.4', '自有'],
    ];
    const name = read(await leaf(issuer, { subject })).subject;
    expect([name.get('C'), name.get('O'), name.get('CN'), name.get('1.2.3.4'), name.get('L')]).toEqual([
      'CN',
      '示例',
      'plain',
      '自有',
      undefined,
    ]);
    expect(hex(name.der)).toBe(hex(nameDer(subject)));
  });

  it('may hold several attributes in one step', async () => {
    const both = sequence(
      set(
        sequence(oid('2.5.4.3'), tlv(tags.utf8String, utf8('甲'))),
        sequence(oid('2.5.4.5'), tlv(tags.printableString, utf8('1'))),
      ),
    );
    const certificate = read(await buildCertificate({ ...spec, subject: both }, signer));
    expect([certificate.subject.get('CN'), certificate.subject.get('serialNumber')]).toEqual(['甲', '1']);
  });

  it('show UTF-8 and GBK in string types that should not hold them', () => {
    expect(readString(tags.t61String, utf8('示例'))).toBe('示例');
    expect(readString(tags.t61String, Uint8Array.of(0xca, 0xbe, 0xc0, 0xfd))).toBe('示例');
    expect(readString(tags.printableString, utf8('示例'))).toBe('示例');
    expect(readString(tags.universalString, Uint8Array.of(0, 0, 0x79, 0x3a))).toBe('示');
    expect(readString(tags.universalString, Uint8Array.of(0, 0x11, 0, 0))).toBeUndefined();
    expect(readString(tags.bmpString, Uint8Array.of(0x79))).toBeUndefined();
    expect(readString(tags.octetString, utf8('x'))).toBeUndefined();
  });
});

describe('a certificate as text', () => {
  const text = base64(der);
  const upper = hex(der).toUpperCase();
  it.each([
    ['base64 on one line', text],
    ['base64 in lines', (text.match(/.{1,76}/g) ?? []).join('\r\n')],
    ['PEM', pem(der)],
    ['PEM with Windows line ends and a byte order mark', `\uFEFF${pem(der).replaceAll('\n', '\r\n')}`],
    ['PEM without line breaks', `-----BEGIN CERTIFICATE-----${text}-----END CERTIFICATE-----`],
    ['PEM whose line breaks were escaped twice', pem(der).replaceAll('\n', '\\n')],
    ['hex', hex(der)],
    ['upper-case hex', upper],
    ['hex with colons', (upper.match(/../g) ?? []).join(':')],
    ['hex in lines', (upper.match(/.{1,64}/g) ?? []).join('\n')],
  ])('%s', (_, form) => expect(readCertificateText(gm, form)?.fingerprint).toBe(read(der).fingerprint));

  it.each([
    ['nothing', ''],
    ['two certificates', pem(der) + pem(der)],
    ['a private key', pem(der, 'PRIVATE KEY')],
    ['base64 with a foreign letter', text.replace('A', '*')],
    ['base64 cut off', text.slice(0, -4)],
    ['hex cut off', upper.slice(0, -1)],
    ['a sentence', '证书'],
    ['something very long', 'A'.repeat(200_000)],
  ])('not %s', (_, form) => expect(readCertificateText(gm, form)).toBeUndefined());

  it('is emitted as base64 DER on one line', () => expect(certificateText(read(der))).toBe(text));

  it('a certificate inside a longer one is not taken', () => {
    expect(parses(sequence(der))).toBe(false);
    expect(parses(explicit(0, der))).toBe(false);
  });
});
