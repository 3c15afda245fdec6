import { describe, expect, it } from 'vitest';
import { createAuthority, DAY } from '#fixtures/pki/authority.ts';
import { withBrokenSignature } from '#fixtures/pki/builder.ts';
import { extension } from '#fixtures/pki/extensions.ts';
import {
  type AnswerFlaws,
  createOcspResponder,
  delegate,
  ocspAccess,
  refusal,
  type Said,
} from '#fixtures/pki/ocsp-responder.ts';
import { p256Signer, rsaSigner, type Signer, sm2Signer } from '#fixtures/pki/signer.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { derNull } from '#pki/der-writer.ts';
import { digest } from '#pki/digest.ts';
import { type OcspCheck, responderToCheck, speaksOf, verifyOcsp } from '#pki/ocsp.ts';
import { keyBitsOf } from '#pki/ocsp-cert-id.ts';
import { makeOcspRequest, ocspUrlsOf } from '#pki/ocsp-request.ts';
import { parseOcspResponse } from '#pki/ocsp-response.ts';
import { oids } from '#pki/oids.ts';
import { ca, gm, leaf, NOW, read, validity } from './support.ts';

const issuer = await ca('签发');
const issuerCertificate = read(issuer.certificate);
const certificate = read(await leaf(issuer));
const nonce = gm.sm3(Uint8Array.of(1)).subarray(0, 16);
const good = (): Said => ({ kind: 'good' });
const byKey = { keyHash: digest(gm, 'sha1', keyBitsOf(issuerCertificate)) };
const own = createOcspResponder(gm, {
  signer: issuer.signer,
  responder: byKey,
  certificates: [],
  now: () => NOW,
  statusOf: good,
});

const ask = (hash: 'sm3' | 'sha1' | 'sha256' = 'sm3', with_: Bytes | null = nonce): Bytes =>
  makeOcspRequest(gm, { certificate, issuer: issuerCertificate, hash, nonce: with_ });

function check(der: Bytes, options: Partial<OcspCheck> = {}) {
  const response = parseOcspResponse(gm, der);
  if (response?.kind !== 'answer') return { ok: false as const, fault: response?.reason ?? ('unreadable' as const) };
  const { basic } = response;
  return verifyOcsp(gm, {
    ...{ basic, certificate, issuer: issuerCertificate, at: NOW, nonce, noncePolicy: 'required', allowNonGm: false },
    ...options,
  });
}

const verdict = (der: Bytes, options: Partial<OcspCheck> = {}): string => {
  const result = check(der, options);
  return result.ok ? result.answer.status.kind : result.fault;
};

const answer = (flaws: AnswerFlaws = {}, request = ask()): Promise<Bytes> => own.answer(request, flaws);

describe('an OCSP answer', () => {
  it.each(['sm3', 'sha1', 'sha256'] as const)('is believed when the issuer signed it, asked by %s', async (hash) => {
    const result = check(await answer({}, ask(hash)));
    if (!result.ok) throw new Error(result.fault);
    expect(result.answer).toMatchObject({ status: { kind: 'good' }, thisUpdate: NOW - 1000, responder: null });
    expect(speaksOf(result.answer, certificate, issuerCertificate)).toBe(true);
    expect(speaksOf(result.answer, issuerCertificate, issuerCertificate)).toBe(false);
    const copy = Object.assign(Object.create(Object.getPrototypeOf(result.answer)), result.answer);
    expect(speaksOf(copy, certificate, issuerCertificate)).toBe(false); // verified by nobody
  });

  it('tells revoked with moment and reason, and unknown', async () => {
    const saying = (said: Said) => createOcspResponder(gm, { ...spec, statusOf: () => said }).answer(ask());
    const spec = { signer: issuer.signer, responder: { name: issuer.subject }, certificates: [], now: () => NOW };
    const at = NOW - DAY;
    expect(check(await saying({ kind: 'revoked', at, reason: 1 }))).toMatchObject({
      ok: true,
      answer: { status: { kind: 'revoked', at, reason: 'keyCompromise' } },
    });
    expect(check(await saying({ kind: 'revoked', at }))).toMatchObject({
      answer: { status: { reason: 'unspecified' } },
    });
    expect(verdict(await saying({ kind: 'unknown' }))).toBe('unknown');
  });

  it('is refused with another nonce, and without one where one is demanded', async () => {
    const other = gm.sm3(nonce);
    expect(verdict(await answer({ nonce: other }))).toBe('nonce');
    expect(verdict(await answer({ nonce: other }), { noncePolicy: 'optional' })).toBe('nonce');
    expect(verdict(await answer({ nonce: null }))).toBe('nonce');
    expect(verdict(await answer({ nonce: null }), { noncePolicy: 'optional' })).toBe('good');
    expect(verdict(await answer(), { nonce: null })).toBe('nonce');
  });

  it('is refused when it is old, endless and old, backwards or from the future', async () => {
    const hour = 3600_000;
    expect(verdict(await answer({ thisUpdate: NOW - 2 * hour, nextUpdate: NOW - 1000 }))).toBe('out-of-date');
    expect(verdict(await answer({ thisUpdate: NOW - 2 * hour, nextUpdate: NOW }))).toBe('good');
    expect(verdict(await answer({ thisUpdate: NOW - 9 * 60_000, nextUpdate: null }))).toBe('good');
    expect(verdict(await answer({ thisUpdate: NOW - 11 * 60_000, nextUpdate: null }))).toBe('out-of-date');
    expect(verdict(await answer({ thisUpdate: NOW - 1000, nextUpdate: NOW - 2000 }))).toBe('out-of-date');
    expect(verdict(await answer({ thisUpdate: NOW + 6 * 60_000 }))).toBe('from-the-future');
    expect(verdict(await answer({ producedAt: NOW + 6 * 60_000 }))).toBe('from-the-future');
    expect(verdict(await answer({ producedAt: NOW + 4 * 60_000 }))).toBe('good');
  });

  it('is refused when it speaks of another certificate, of the same serial of another issuer, or twice', async () => {
    const other = await ca('别家');
    const twin = read(await leaf(other, { serial: certificate.serial }));
    expect(verdict(await answer({ about: { certificate: twin, issuer: read(other.certificate) } }))).toBe(
      'another-certificate',
    );
    const sibling = read(await leaf(issuer));
    expect(verdict(await answer({ about: { certificate: sibling, issuer: issuerCertificate } }))).toBe(
      'another-certificate',
    );
    expect(verdict(await answer({ twice: true }))).toBe('another-certificate');
  });

  it('is refused with a broken or foreign signature', async () => {
    expect(verdict(withBrokenSignature(await answer()))).toBe('bad-signature');
    expect(verdict(await answer({ signer: sm2Signer(gm, gm.sm2.generateKey()) }))).toBe('bad-signature');
  });

  it('is not read with a critical extension nobody here knows, and read with another one', async () => {
    const unknown = (critical: boolean) => [extension('1.2.3.4', derNull(), critical)];
    expect(verdict(await answer({ extensions: unknown(true) }))).toBe('unreadable');
    expect(verdict(await answer({ singleExtensions: unknown(true) }))).toBe('unreadable');
    expect(verdict(await answer({ extensions: unknown(false), singleExtensions: unknown(false) }))).toBe('good');
  });

  it('may be a refusal, which says nothing about the certificate', () => {
    expect([1, 2, 3, 5, 6, 4, 7].map((status) => verdict(refusal(status)))).toEqual([
      ...['malformed-request', 'internal-error', 'try-later', 'signature-required', 'unauthorized'],
      ...['unreadable', 'unreadable'],
    ]);
  });
});

describe('a delegated responder', () => {
  async function by(
    spec: Partial<Parameters<typeof delegate>[2]> = {},
    from = issuer,
    options: Partial<OcspCheck> = {},
  ) {
    const { signer, certificate: responder } = await delegate(gm, from, { now: NOW, ...spec });
    const name = read(responder).subject.der;
    const service = createOcspResponder(gm, {
      ...{ signer, responder: { name }, certificates: [responder], now: () => NOW, statusOf: good },
    });
    const der = await service.answer(ask());
    const result = check(der, options);
    return result.ok ? result.answer : result.fault;
  }

  it('answers when the issuer has certified it for that', async () => {
    expect(await by()).toMatchObject({ status: { kind: 'good' }, responder: { purpose: 'ocsp' } });
  });

  it.each([
    ['any purpose', [oids.anyExtendedKeyUsage]],
    ['a person', [oids.clientAuth]],
    ['time stamping', [oids.timeStamping]],
  ])('is refused when it was certified for %s only', async (_, purposes) => {
    expect(await by({ purposes })).toBe('responder-not-authorised');
  });

  it('is refused when its certificate has ended, or is of another issuer, or of an issuer further up', async () => {
    const ended = { notBefore: NOW - 9 * DAY, notAfter: NOW - DAY };
    expect(await by({ validity: ended })).toBe('responder-not-authorised');
    expect(await by({}, await ca('别家'))).toBe('responder-not-authorised');
    const sameName = await createAuthority(gm, {
      subject: [
        ['C', 'CN'],
        ['O', '示例认证'],
        ['CN', '签发'],
      ],
      ...validity,
    });
    expect(await by({}, sameName)).toBe('responder-not-authorised');
  });

  it('is looked up itself unless it says nocheck or names no list', async () => {
    const wanted = async (spec: Parameters<typeof by>[0]): Promise<boolean> => {
      const found = await by(spec);
      return typeof found !== 'string' && responderToCheck(found) !== undefined;
    };
    const crlUrls = ['http://crl.example/ocsp.crl'];
    expect(await wanted({ noCheck: true, crlUrls })).toBe(false);
    expect(await wanted({ noCheck: false })).toBe(false);
    expect(await wanted({ noCheck: false, crlUrls })).toBe(true);
  });

  it.each<[string, () => Signer]>([
    ['RSA', rsaSigner],
    ['P-256', p256Signer],
  ])('with an %s key counts only where the policy allows it', async (_, signer) => {
    expect(await by({ signer: signer() })).toBe('responder-not-authorised');
    expect(await by({ signer: signer() }, issuer, { allowNonGm: true })).toMatchObject({ status: { kind: 'good' } });
  });
});

describe('the address of a responder', () => {
  it('is read from authorityInfoAccess, http only', async () => {
    const urlsOf = async (...extensions: Bytes[]): Promise<readonly string[]> =>
      ocspUrlsOf(read(await leaf(issuer, { extensions })) satisfies Certificate);
    expect(await urlsOf(ocspAccess('http://ocsp.example/a'))).toEqual(['http://ocsp.example/a']);
    expect(await urlsOf(ocspAccess('ldap://ocsp.example/a'))).toEqual([]);
    expect(await urlsOf(extension(oids.authorityInfoAccess, Uint8Array.of(1, 2, 3)))).toEqual([]);
    expect(ocspUrlsOf(certificate)).toEqual([]);
  });
});
