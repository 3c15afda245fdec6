import { KJUR } from 'jsrsasign';
import smCrypto from 'sm-crypto';
import { describe, expect, it } from 'vitest';
import { createOcspResponder } from '#fixtures/pki/ocsp-responder.ts';
import { createTsa, issueTsa } from '#fixtures/pki/tsa.ts';
import { type Bytes, hex, utf8 } from '#kernel/bytes.ts';
import { type SignatureProfile, signatureProfiles } from '#pki/cms-profile.ts';
import { makeSignedData } from '#pki/cms-sign.ts';
import { encapsulated } from '#pki/cms-signature.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { digest } from '#pki/digest.ts';
import { keyBitsOf } from '#pki/ocsp-cert-id.ts';
import { makeOcspRequest } from '#pki/ocsp-request.ts';
import { oids } from '#pki/oids.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { ca, gm, leaf, NOW, read } from './support.ts';

/** What jsrsasign's types leave out of it. */
interface Readers {
  readonly cms: { readonly CMSParser: new () => { getCMSSignedData(hex: string): unknown } };
  readonly ocsp: {
    readonly OCSPParser: new () => { getOCSPRequest(hex: string): unknown; getOCSPResponse(hex: string): unknown };
  };
  readonly tsp: {
    readonly TSPParser: new () => { getTimeStampReq(hex: string): unknown; getResponse(hex: string): unknown };
  };
  readonly x509: { readonly OID: { registerOIDs(names: Readonly<Record<string, string>>): void } };
}
const other = KJUR.asn1 as unknown as Readers;
other.x509.OID.registerOIDs({ sm3: oids.sm3 });

const root = await ca('根');
const issuer = read(root.certificate);
const key = gm.sm2.generateKey();
const spki = gm.sm2.spki(key.publicKey);
const certificate = read(await leaf(root, { spki }));
const content = utf8('投标文件摘要');
const nonce = Uint8Array.of(1, 2, 3, 4);

async function make(profile: SignatureProfile): Promise<Bytes> {
  const signers = [{ certificate, sign: gm.sm2.sign.bind(null, key) }];
  const made = await makeSignedData(gm, { content, profile, signingTime: NOW, signers });
  if (!made.ok) throw new Error(made.fault);
  return made.der;
}

describe('a second reader agrees', () => {
  it('about a signed message', async () => {
    for (const profile of [
      signatureProfiles.rfc5652,
      { ...signatureProfiles.rfc5652, signatureOid: 'sm2-1' as const },
    ]) {
      const der = await make(profile);
      const [own] = parseSignedData(gm, der)?.signers ?? [];
      expect(new other.cms.CMSParser().getCMSSignedData(hex(der))).toMatchObject({
        econtent: { type: 'data', content: { hex: hex(content) } },
        sinfos: [
          {
            ...{
              version: 1,
              hashalg: 'sm3',
              sigalg: own?.signatureAlgorithm.oid,
              sighex: hex(own?.signature ?? nonce),
            },
            id: { type: 'isssn', serial: { hex: certificate.serial.toLowerCase() } },
            sattrs: {
              array: [
                { attr: 'contentType', type: 'data' },
                { attr: 'signingTime', str: '260318013000Z' },
                { attr: 'messageDigest', hex: hex(gm.sm3(content)) },
              ],
            },
          },
        ],
      });
    }
  });

  it('about a status request and its answer', async () => {
    const request = makeOcspRequest(gm, { certificate, issuer, hash: 'sm3', nonce });
    const named = {
      alg: 'sm3',
      issname: hex(gm.sm3(issuer.subject.der)),
      isskey: hex(digest(gm, 'sm3', keyBitsOf(issuer))),
      sbjsn: certificate.serial.toLowerCase(),
    };
    const parser = new other.ocsp.OCSPParser();
    expect(parser.getOCSPRequest(hex(request))).toEqual({
      array: [named],
      ext: [{ extname: 'ocspNonce', hex: hex(nonce) }],
    });
    const service = createOcspResponder(gm, {
      ...{ signer: root.signer, responder: { name: root.subject }, certificates: [root.certificate], now: () => NOW },
      statusOf: () => ({ kind: 'revoked', at: NOW, reason: 4 }),
    });
    expect(parser.getOCSPResponse(hex(await service.answer(request)))).toMatchObject({
      ...{ resstatus: 0, prodat: '20260318013000Z', alg: oids.sm2WithSm3, certs: [hex(root.certificate)] },
      array: [{ certid: named, status: { status: 'revoked', time: '20260318013000Z' }, nextupdate: '20260318022959Z' }],
    });
  });

  it('about a time stamp', async () => {
    const hashed = gm.sm3(content);
    const request = makeTimestampRequest({ hash: 'sm3', hashed, nonce });
    const messageImprint = { alg: 'sm3', hash: hex(hashed) };
    const parser = new other.tsp.TSPParser();
    expect(parser.getTimeStampReq(hex(request))).toEqual({ certreq: true, messageImprint, nonce: hex(nonce) });
    const own = await issueTsa(root, { spki, now: NOW });
    const tsa = createTsa(gm, { certificate: own, key, now: () => NOW });
    expect(parser.getResponse(hex(await tsa.answer(request)))).toMatchObject({
      statusinfo: { status: 'granted' },
      econtent: {
        type: 'tstinfo',
        content: { messageImprint, genTime: { str: '20260318013000Z' }, nonce: { hex: hex(nonce) } },
      },
      sinfos: [
        {
          sattrs: {
            array: expect.arrayContaining([
              { attr: 'signingCertificateV2', array: [{ alg: 'sm3', hash: hex(gm.sm3(own)) }] },
            ]),
          },
        },
      ],
    });
  });
});

describe('a second library verifies', () => {
  const point = hex(key.publicKey.point);

  it('the signature over content and over attributes, with Z', async () => {
    for (const profile of [signatureProfiles.gbt35275, signatureProfiles.rfc5652]) {
      const [info] = parseSignedData(gm, await make(profile))?.signers ?? [];
      const bytes = [...(info?.attributesDer ?? content)];
      expect(
        smCrypto.sm2.doVerifySignature(bytes, hex(info?.signature ?? nonce), point, { hash: true, der: true }),
      ).toBe(true);
    }
  });

  it('the signature as GmSSL makes it: SM3 of the inner ContentInfo, without Z', async () => {
    const [info] = parseSignedData(gm, await make(signatureProfiles.gmssl))?.signers ?? [];
    const digested = [...gm.sm3(encapsulated(oids.gmData, content))];
    const signature = hex(info?.signature ?? nonce);
    expect(smCrypto.sm2.doVerifySignature(digested, signature, point, { hash: false, der: true })).toBe(true);
    expect(smCrypto.sm2.doVerifySignature(digested, signature, point, { hash: true, der: true })).toBe(false);
  });
});
