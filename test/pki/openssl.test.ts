import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { DAY } from '#fixtures/pki/authority.ts';
import { withBrokenSignature } from '#fixtures/pki/builder.ts';
import { companies } from '#fixtures/pki/identities.ts';
import { buildWorldPki } from '#fixtures/pki/world.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { readCertificateText } from '#pki/certificate.ts';
import { bytesOfText, pem } from '#pki/certificate-text.ts';
import { parseCrl, verifyCrl } from '#pki/crl.ts';
import { validatePath } from '#pki/path.ts';
import { canonicalSerial } from '#pki/serial.ts';
import { openssl, SIGN_ID, VERIFY_ID } from './openssl.ts';
import { gm, NOW, read } from './support.ts';

const tool = openssl();
afterAll(tool.close);

const pki = await buildWorldPki(gm, { now: () => NOW, crlBase: (id) => `http://crl.${id}.example` });
const vendor = pki.authority('bohai');
const pair = await pki.issueKeyPair({ authority: 'bohai', holder: companies.liaoning });
const AT = ['-attime', String(NOW / 1000)];

describe('openssl reads what we make', () => {
  const file = tool.file('leaf.pem', pem(pair.signCertificate));
  const about = (...args: string[]): string => tool.run('x509', '-in', file, '-noout', ...args).trim();

  it('with the same serial, names, dates and extensions', () => {
    const certificate = read(pair.signCertificate);
    expect(canonicalSerial(about('-serial').replace('serial=', ''))).toBe(certificate.serial);
    expect(about('-subject', '-nameopt', 'utf8,sep_multiline')).toContain(companies.liaoning.unitName);
    expect(Date.parse(about('-enddate').replace('notAfter=', ''))).toBe(certificate.notAfter);
    expect(Date.parse(about('-startdate').replace('notBefore=', ''))).toBe(certificate.notBefore);
    const extensions = about('-ext', 'keyUsage,basicConstraints,crlDistributionPoints');
    for (const word of ['Digital Signature, Non Repudiation', 'CA:FALSE', ...certificate.crlUrls]) {
      expect(extensions).toContain(word);
    }
    expect(about('-text')).toContain('SM2-with-SM3');
  });

  it('and verifies every link of the path, with the default signer id only', () => {
    const chain = [vendor.root, vendor.intermediate, pair.signCertificate];
    const files = chain.map((der, i) => tool.file(`chain${i}.pem`, pem(der)));
    for (const [issuer, subject] of [files.slice(0, 2), files.slice(1, 3)]) {
      const link = ['verify', '-partial_chain', ...AT, '-CAfile', issuer ?? '', subject ?? ''];
      expect(tool.run(...link.slice(0, 2), ...VERIFY_ID, ...link.slice(2))).toContain('OK');
    }
    const broken = tool.file('broken.pem', pem(withBrokenSignature(pair.signCertificate)));
    expect(() =>
      tool.run('verify', '-partial_chain', ...VERIFY_ID, ...AT, '-CAfile', files[1] ?? '', broken),
    ).toThrow();
  });

  it('and the list, whose signature it verifies over our raw bytes', async () => {
    pki.revoke('bohai', read(pair.signCertificate).serial, 4);
    const der = await pki.crl('bohai');
    const text = tool.run('crl', '-in', tool.file('list.pem', pem(der, 'X509 CRL')), '-noout', '-text');
    expect(text).toContain(read(pair.signCertificate).serial);
    expect(text).toContain('Superseded');
    const crl = parseCrl(gm, der);
    if (crl === undefined) throw new Error('unreadable list');
    expect(checkRaw(crl.tbs, crl.signature, read(vendor.intermediate).spki)).toContain(
      'Signature Verified Successfully',
    );
  });

  function checkRaw(tbs: Bytes, signature: Bytes, spki: Bytes): string {
    const key = tool.file('key.pem', pem(spki, 'PUBLIC KEY'));
    return tool.run(
      ...['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-digest', 'sm3'],
      ...['-pkeyopt', 'distid:1234567812345678'],
      ...['-in', tool.file('tbs', tbs), '-sigfile', tool.file('sig', signature)],
    );
  }
});

describe('we read and verify what openssl makes', () => {
  const subject = (common: string) => ['-subj', `/C=CN/O=示例认证/CN=${common}`, '-utf8'];
  const config = tool.file(
    'ca.cnf',
    [
      ...['[req]', 'distinguished_name=dn', '[dn]'],
      ...[
        '[root]',
        'basicConstraints=critical,CA:true',
        'keyUsage=critical,keyCertSign,cRLSign',
        'subjectKeyIdentifier=hash',
      ],
      ...[
        '[person]',
        'basicConstraints=CA:false',
        'keyUsage=critical,digitalSignature',
        'authorityKeyIdentifier=keyid',
      ],
      ...[
        'crlDistributionPoints=URI:http://crl.example/a.crl',
        '1.2.156.10260.4.1.4=ASN1:UTF8String:91210100MA0XXXXX0W',
      ],
      ...[
        '[ca]',
        'default_ca=own',
        '[own]',
        'database=index.txt',
        'crlnumber=number',
        'default_md=sm3',
        'default_crl_days=2',
      ],
    ].join('\n'),
  );
  tool.file('index.txt', '');
  tool.file('number', '01');
  for (const key of ['root', 'person']) tool.run('genpkey', '-algorithm', 'SM2', '-out', `${key}.key`);
  tool.run(
    ...['req', '-new', '-x509', '-config', config, '-extensions', 'root', '-sm3', ...SIGN_ID, '-days', '30'],
    ...['-key', 'root.key', '-out', 'root.pem', ...subject('开放根')],
  );
  tool.run(
    ...[
      'req',
      '-new',
      '-config',
      config,
      '-sm3',
      ...SIGN_ID,
      '-key',
      'person.key',
      '-out',
      'person.csr',
      ...subject('开放公司'),
    ],
  );
  tool.run(
    ...[
      'x509',
      '-req',
      '-in',
      'person.csr',
      ...VERIFY_ID,
      '-CA',
      'root.pem',
      '-CAkey',
      'root.key',
      '-set_serial',
      '0x00ABCDEF',
    ],
    ...['-sm3', ...SIGN_ID, '-days', '10', '-extfile', config, '-extensions', 'person', '-out', 'person.pem'],
  );
  const text = (name: string): string => readFileSync(tool.path(name), 'utf8');
  const certificateOf = (name: string) => {
    const certificate = readCertificateText(gm, text(name).slice(text(name).indexOf('-----BEGIN')));
    if (certificate === undefined) throw new Error(`${name} is unreadable`);
    return certificate;
  };

  it('a root and a leaf', () => {
    const [root, person] = [certificateOf('root.pem'), certificateOf('person.pem')];
    expect([person.serial, person.subject.get('CN'), person.crlUrls]).toEqual([
      'ABCDEF',
      '开放公司',
      ['http://crl.example/a.crl'],
    ]);
    const request = { certificate: person, intermediates: [], anchors: [root], purpose: 'sign' as const };
    expect(validatePath(gm, { ...request, at: person.notBefore }).ok).toBe(true);
    expect(validatePath(gm, { ...request, at: person.notAfter + 1000 }).ok).toBe(false);
    expect(validatePath(gm, { ...request, at: person.notBefore, anchors: [read(vendor.root)] }).ok).toBe(false);
  });

  it('a list with a revoked certificate', () => {
    tool.run(
      'ca',
      '-config',
      config,
      '-revoke',
      'person.pem',
      '-keyfile',
      'root.key',
      '-cert',
      'root.pem',
      '-crl_reason',
      'keyCompromise',
    );
    tool.run(
      ...[
        'ca',
        '-config',
        config,
        '-gencrl',
        '-keyfile',
        'root.key',
        '-cert',
        'root.pem',
        ...SIGN_ID,
        '-out',
        'list.crl',
      ],
    );
    const der = bytesOfText(text('list.crl').replaceAll('X509 CRL', 'CERTIFICATE'));
    const crl = der && parseCrl(gm, der);
    if (crl === undefined) throw new Error('unreadable list');
    expect(verifyCrl(gm, crl, certificateOf('root.pem'))).toBe(true);
    expect(crl.entry('ABCDEF')?.reason).toBe('keyCompromise');
    expect((crl.nextUpdate ?? 0) - crl.thisUpdate).toBe(2 * DAY);
  });

  it('an RSA chain, where the policy allows it', () => {
    tool.run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'rsa.key');
    tool.run(
      ...['req', '-new', '-x509', '-config', config, '-extensions', 'root', '-sha256', '-days', '30'],
      ...['-key', 'rsa.key', '-out', 'rsa.pem', ...subject('老根')],
    );
    tool.run(
      ...['x509', '-req', '-in', 'person.csr', ...VERIFY_ID, '-CA', 'rsa.pem', '-CAkey', 'rsa.key', '-set_serial', '7'],
      ...['-sha256', '-days', '10', '-extfile', config, '-extensions', 'person', '-out', 'mixed.pem'],
    );
    const [root, person] = [certificateOf('rsa.pem'), certificateOf('mixed.pem')];
    const request = {
      certificate: person,
      intermediates: [],
      anchors: [root],
      at: person.notBefore,
      purpose: 'sign' as const,
    };
    expect(root.key).toEqual({ kind: 'rsa', bits: 2048 });
    expect([validatePath(gm, request).ok, validatePath(gm, { ...request, allowNonGm: true }).ok]).toEqual([
      false,
      true,
    ]);
  });
});
