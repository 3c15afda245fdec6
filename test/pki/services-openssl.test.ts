import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOcspResponder } from '#fixtures/pki/ocsp-responder.ts';
import { createTsa, issueTsa } from '#fixtures/pki/tsa.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { systemRandom as random } from '#kernel/random.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { pem } from '#pki/certificate-text.ts';
import { makeEnvelopedData } from '#pki/cms-envelop.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { type MessageOpener, openEnvelopedData } from '#pki/cms-open.ts';
import { signatureProfiles, standardForms } from '#pki/cms-profile.ts';
import { makeSignedData } from '#pki/cms-sign.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { verifySignedData } from '#pki/cms-verify.ts';
import { verifyOcsp } from '#pki/ocsp.ts';
import { makeOcspRequest } from '#pki/ocsp-request.ts';
import { parseOcspResponse } from '#pki/ocsp-response.ts';
import { oids } from '#pki/oids.ts';
import { validatePath } from '#pki/path.ts';
import type { Purpose } from '#pki/path-rules.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';
import { openssl } from './openssl.ts';
import { ca, gm, leaf, NOW, read } from './support.ts';

const tool = openssl();
afterAll(tool.close);

const config = tool.file(
  'ca.cnf',
  [
    ...['[req]', 'distinguished_name=dn', '[dn]'],
    ...['[root]', 'basicConstraints=critical,CA:true', 'subjectKeyIdentifier=hash'],
    ...['[person]', 'keyUsage=critical,digitalSignature', 'subjectKeyIdentifier=hash'],
    ...['[box]', 'keyUsage=critical,keyEncipherment', 'subjectKeyIdentifier=hash'],
    ...['[ocsp]', 'extendedKeyUsage=OCSPSigning', 'noCheck=ignored'],
    ...['[tsa]', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=critical,timeStamping'],
    ...['[own]', 'serial=tsaserial', 'signer_cert=tsa.pem', 'certs=root.pem', 'signer_key=tsa.key'],
    ...['signer_digest=sha256', 'default_policy=1.2.3.4', 'digests=sm3,sha256', 'accuracy=secs:1,millisecs:500'],
    ...['ordering=no', 'tsa_name=yes', 'ess_cert_id_chain=no', 'ess_cert_id_alg=sha256'],
  ].join('\n'),
);
tool.file('tsaserial', '01');
const der = (name: string): Bytes => readFileSync(tool.path(name));
const certificateOf = (name: string): Certificate => {
  const text = readFileSync(tool.path(`${name}.pem`), 'utf8');
  const certificate = readCertificateText(gm, text.slice(text.indexOf('-----BEGIN')));
  if (certificate === undefined) throw new Error(`${name} is unreadable`);
  return certificate;
};
const SERIALS = ['root', 'person', 'rsaPerson', 'box', 'ocsp', 'tsa'];

/** An RSA root and what it certifies, all made by openssl. */
function makePki(): void {
  const RSA = ['-newkey', 'rsa:2048', '-nodes'];
  const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const request = (name: string, key: string[], ...more: string[]) =>
    tool.run(
      ...['req', '-new', '-config', config, ...key, '-keyout', `${name}.key`, '-subj', `/CN=${name}`, '-sha256'],
      ...more,
    );
  request('root', RSA, '-x509', '-extensions', 'root', '-days', '30', '-out', 'root.pem');
  const issue = (name: string, key: string[], section: string): void => {
    request(name, key, '-out', `${name}.csr`);
    tool.run(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'root.pem', '-CAkey', 'root.key', '-days', '10', '-sha256'],
      ...['-set_serial', String(SERIALS.indexOf(name)), '-extfile', config, '-extensions', section],
      ...['-out', `${name}.pem`],
    );
  };
  issue('person', EC, 'person');
  issue('rsaPerson', RSA, 'person');
  issue('box', RSA, 'box');
  issue('ocsp', EC, 'ocsp');
  issue('tsa', RSA, 'tsa');
}
beforeAll(makePki);

const path = (certificate: Certificate, at: number, purpose: Purpose, intermediates: readonly Certificate[] = []) =>
  validatePath(gm, { certificate, intermediates, anchors: [certificateOf('root')], at, purpose, allowNonGm: true });

describe('openssl as responder', () => {
  const rows = (serial: number, state: string): string =>
    `${state}\t0${serial}\tunknown\t/CN=any`
      .replace('V\t', 'V\t401231235959Z\t\t')
      .replace('R\t', 'R\t401231235959Z\t260101000000Z,keyCompromise\t');

  function answer(name: string, by: 'root' | 'ocsp', hash: 'sm3' | 'sha1' | 'sha256') {
    const [certificate, issuer] = [certificateOf(name), certificateOf('root')];
    const nonce = random.bytes(16);
    tool.file('index.txt', `${rows(1, 'V')}\n${rows(2, 'R')}\n`);
    tool.file('q.der', makeOcspRequest(gm, { certificate, issuer, hash, nonce }));
    tool.run(
      ...['ocsp', '-index', 'index.txt', '-CA', 'root.pem', '-rsigner', `${by}.pem`, '-rkey', `${by}.key`],
      ...['-reqin', 'q.der', '-respout', 'r.der', '-ndays', '1'],
    );
    const response = parseOcspResponse(gm, der('r.der'));
    if (response?.kind !== 'answer') throw new Error(`unreadable: ${response?.reason}`);
    const { basic } = response;
    const at = basic.producedAt;
    const question = { basic, certificate, issuer, at, nonce, noncePolicy: 'required' as const };
    return (allowNonGm: boolean) => {
      const result = verifyOcsp(gm, { ...question, allowNonGm });
      return result.ok ? result.answer.status : result.fault;
    };
  }

  it('is understood, signing itself or by delegation, asked by any hash', () => {
    for (const by of ['root', 'ocsp'] as const) {
      for (const hash of ['sm3', 'sha1', 'sha256'] as const) {
        expect(answer('person', by, hash)(true)).toEqual({ kind: 'good' });
      }
      expect(answer('rsaPerson', by, 'sm3')(true)).toMatchObject({
        ...{ kind: 'revoked', at: Date.UTC(2026, 0, 1), reason: 'keyCompromise' },
      });
      expect(answer('box', by, 'sha1')(true)).toEqual({ kind: 'unknown' });
    }
    expect(answer('person', 'root', 'sm3')(false)).toBe('algorithm-not-allowed');
  });

  it('reads our request, and our SM2 answer', async () => {
    const authority = await ca('签发');
    const [certificate, issuer] = [read(await leaf(authority)), read(authority.certificate)];
    const request = makeOcspRequest(gm, { certificate, issuer, hash: 'sha1', nonce: random.bytes(16) });
    const asked = tool.run('ocsp', '-reqin', tool.file('sm2q.der', request), '-req_text');
    expect(asked).toContain(`Serial Number: ${certificate.serial}`);
    expect(asked).toContain('OCSP Nonce');
    const service = createOcspResponder(gm, {
      ...{ signer: authority.signer, responder: { name: authority.subject }, certificates: [], now: () => Date.now() },
      statusOf: () => ({ kind: 'revoked', at: NOW, reason: 4 }),
    });
    tool.file('sm2r.der', await service.answer(request));
    const said = tool.run(
      ...['ocsp', '-respin', 'sm2r.der', '-noverify', '-issuer', tool.file('sm2ca.pem', pem(authority.certificate))],
      ...['-cert', tool.file('sm2leaf.pem', pem(certificate.der))],
    );
    expect(said).toMatch(/revoked[\s\S]*superseded/);
  });
});

describe('openssl as signer', () => {
  const content = new Uint8Array(concat(utf8('投标'), random.bytes(300)));
  tool.file('content', content);

  function sign(name: string, ...options: string[]) {
    tool.run(
      ...['cms', '-sign', '-binary', '-in', 'content', '-outform', 'DER', '-out', 's.der', '-md', 'sha256'],
      ...['-signer', `${name}.pem`, '-inkey', `${name}.key`, ...options],
    );
    const signed = parseSignedData(gm, der('s.der'));
    if (signed === undefined) throw new Error('unreadable');
    return (allowNonGm: boolean, apart: Bytes = content) => {
      const at = certificateOf(name).notBefore;
      const judge = (one: Certificate) => path(one, at, 'sign');
      const check = { signed, judge, forms: standardForms, allowNonGm };
      const result = verifySignedData(gm, signed.content === null ? { ...check, content: apart } : check);
      return result.ok ? 'ok' : result.fault;
    };
  }

  it.each(['person', 'rsaPerson'])('of %s is believed where the policy allows it', (name) => {
    for (const options of [['-nodetach'], ['-nodetach', '-noattr'], ['-nodetach', '-keyid'], []]) {
      const verify = sign(name, ...options);
      expect([verify(true), verify(false)]).toEqual(['ok', 'algorithm-not-allowed']);
    }
    expect(sign(name)(true, concat(content, content))).toBe('attributes');
    expect(sign(name, '-noattr')(true, concat(content, content))).toBe('bad-signature');
  });

  it('writes indefinite lengths when it streams, and those are not read', () => {
    tool.run(
      ...['cms', '-sign', '-binary', '-in', 'content', '-outform', 'DER', '-stream', '-nodetach', '-out', 'i.der'],
      ...['-signer', 'person.pem', '-inkey', 'person.key'],
    );
    expect(parseSignedData(gm, der('i.der'))).toBeUndefined();
  });

  it('reads what we sign, and verifies the SM2 signature over our attributes', async () => {
    const key = gm.sm2.generateKey();
    const certificate = read(await leaf(await ca('根'), { spki: gm.sm2.spki(key.publicKey) }));
    for (const profile of [signatureProfiles.rfc5652, signatureProfiles.gbt35275Attributes]) {
      const made = await makeSignedData(gm, {
        ...{ content, profile, signingTime: NOW },
        signers: [{ certificate, sign: (message, id) => gm.sm2.sign(key, message, id) }],
      });
      if (!made.ok) throw new Error(made.fault);
      tool.file('ours.der', made.der);
      expect(tool.run('asn1parse', '-inform', 'DER', '-in', 'ours.der')).toContain('sm3');
      if (profile.family === 'rfc') {
        const text = tool.run('cms', '-cmsout', '-print', '-noout', '-inform', 'DER', '-in', 'ours.der');
        for (const word of ['SM2-with-SM3', 'messageDigest', 'signingTime']) expect(text).toContain(word);
      }
      const [info] = parseSignedData(gm, made.der)?.signers ?? [];
      const said = tool.run(
        ...['pkeyutl', '-verify', '-pubin', '-inkey', tool.file('key.pem', pem(certificate.spki, 'PUBLIC KEY'))],
        ...['-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'],
        ...['-in', tool.file('tbs', info?.attributesDer ?? ''), '-sigfile', tool.file('sig', info?.signature ?? '')],
      );
      expect(said).toContain('Signature Verified Successfully');
    }
  });
});

describe('openssl and envelopes', () => {
  const content = new Uint8Array(utf8('密文保函'.repeat(30)));
  tool.file('plain', content);
  const opener = (): MessageOpener => ({
    certificates: [certificateOf('box')],
    async unwrap(algorithm, encryptedKey) {
      if (algorithm !== oids.rsaOaep) return undefined;
      const key = createPrivateKey(readFileSync(tool.path('box.key')));
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, encryptedKey);
    },
  });
  const OAEP = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_mgf1_md:sha256'];

  it('opens what we seal with SM4-CBC to an RSA recipient', async () => {
    const box = certificateOf('box');
    const held = path(box, box.notBefore, 'encrypt');
    if (!held.ok) throw new Error(held.fault.code);
    for (const recipientRef of ['issuer-serial', 'key-id'] as const) {
      const profile = { family: 'rfc', cipher: 'standard', recipientRef } as const;
      const request = { content, recipients: [held.verified], profile, random };
      const made = await makeEnvelopedData(gm, { ...request, allowNonGm: true });
      if (!made.ok) throw new Error(made.fault);
      expect(await makeEnvelopedData(gm, request)).toEqual({ ok: false, fault: 'algorithm-not-allowed' });
      tool.file('e.der', made.der);
      tool.run(
        ...[
          'cms',
          '-decrypt',
          '-inform',
          'DER',
          '-in',
          'e.der',
          '-recip',
          'box.pem',
          '-inkey',
          'box.key',
          '-out',
          'opened',
        ],
      );
      expect(new Uint8Array(der('opened'))).toEqual(content);
    }
  });

  it('seals with SM4-CBC and SM4-CTR what we open', async () => {
    for (const [cipher, mode] of [
      ['-sm4-cbc', 'cbc'],
      ['-sm4-ctr', 'ctr'],
    ] as const) {
      tool.run(
        ...['cms', '-encrypt', '-binary', cipher, '-in', 'plain', '-outform', 'DER', '-out', 'e.der'],
        ...['-recip', 'box.pem', ...OAEP],
      );
      const envelope = parseEnvelopedData(der('e.der'));
      if (envelope === undefined) throw new Error('unreadable');
      const opened = await openEnvelopedData(gm, envelope, opener(), ['cbc', mode]);
      expect(opened.ok && new Uint8Array(opened.content)).toEqual(content);
    }
  });
});

describe('openssl as time stamping authority', () => {
  const data = utf8('签名值');

  it.each(['sm3', 'sha256'] as const)(
    'stamps what we ask for by %s, with RSA, and is believed where that is allowed',
    (hash) => {
      const nonce = random.bytes(12);
      const hashed = hash === 'sm3' ? gm.sm3(data) : undefined;
      const request = makeTimestampRequest({ hash, hashed: hashed ?? sha256(data), nonce });
      expect(tool.run('ts', '-query', '-in', tool.file('q.tsq', request), '-text')).toContain(
        `Hash Algorithm: ${hash}`,
      );
      tool.run('ts', '-reply', '-config', config, '-section', 'own', '-queryfile', 'q.tsq', '-out', 'r.tsr');
      const response = parseTimestampResponse(der('r.tsr'));
      if (response?.kind !== 'granted') throw new Error('no token');
      const at = certificateOf('tsa').notBefore + 60_000;
      const question = { token: response.token, data, nonce, at };
      const judge = (one: Certificate, carried: readonly Certificate[], when: number) =>
        path(one, when, 'timestamp', carried);
      const result = verifyTimestamp(gm, { ...question, judge, allowNonGm: true, policies: ['1.2.3.4'] });
      expect(result).toMatchObject({
        ok: true,
        verified: { info: { hash, accuracy: 1500, serial: hash === 'sm3' ? '02' : '03' } },
      });
      expect(verifyTimestamp(gm, { ...question, judge, allowNonGm: false })).toEqual({
        ...{ ok: false, fault: { signature: 'algorithm-not-allowed' } },
      });
      expect(verifyTimestamp(gm, { ...question, data: nonce, judge, allowNonGm: true })).toMatchObject({ ok: false });
    },
  );

  it('reads our SM2 token', async () => {
    const key = gm.sm2.generateKey();
    const certificate = await issueTsa(await ca('授时根'), { spki: gm.sm2.spki(key.publicKey), now: NOW });
    const request = makeTimestampRequest({ hash: 'sm3', hashed: gm.sm3(data), nonce: Uint8Array.of(0x12, 0x34) });
    const tsa = createTsa(gm, { certificate, key, now: () => NOW });
    const text = tool.run('ts', '-reply', '-in', tool.file('sm2.tsr', await tsa.answer(request)), '-text');
    for (const words of [
      'Hash Algorithm: sm3',
      'Nonce: 0x1234',
      'Accuracy: 0x01 seconds, 0x01F4 millis',
      'Mar 18 01:30:00 2026',
    ])
      expect(text).toContain(words);
  });

  const sha256 = (bytes: Bytes): Bytes => {
    tool.file('hash-me', bytes);
    tool.run('dgst', '-sha256', '-binary', '-out', 'hash', 'hash-me');
    return der('hash');
  };
});
