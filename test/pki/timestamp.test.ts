import { describe, expect, it } from 'vitest';
import { DAY } from '#fixtures/pki/authority.ts';
import { basicConstraints, extendedKeyUsage, extension, keyUsage, signUsage } from '#fixtures/pki/extensions.ts';
import { createTsa, issueTsa, rejection, TEST_POLICY, type TokenFlaws } from '#fixtures/pki/tsa.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { signatureProfiles } from '#pki/cms-profile.ts';
import { derNull, implicit, integer, sequence } from '#pki/der-writer.ts';
import { digest } from '#pki/digest.ts';
import { oids } from '#pki/oids.ts';
import { validatePath } from '#pki/path.ts';
import { isVerifiedTimestamp, type TimestampCheck, verifyTimestamp } from '#pki/timestamp.ts';
import { imprintDer, makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';
import { ca, gm, NOW, read } from './support.ts';

const root = await ca('授时根');
const key = gm.sm2.generateKey();
const spki = gm.sm2.spki(key.publicKey);
const certificate = await issueTsa(root, { spki, now: NOW });
const tsa = createTsa(gm, { certificate, key, now: () => NOW });
const data = utf8('签名值');
const nonce = Uint8Array.of(0, 0x81, 2, 3);
const request = makeTimestampRequest({ hash: 'sm3', hashed: gm.sm3(data), nonce });

const judge: TimestampCheck['judge'] = (one, intermediates, at) =>
  validatePath(gm, {
    ...{ certificate: one, intermediates, anchors: [read(root.certificate)] },
    ...{ at, purpose: 'timestamp' },
  });

function check(response: Bytes, more: Partial<TimestampCheck> = {}) {
  const read = parseTimestampResponse(response);
  if (read?.kind !== 'granted') throw new Error('no token');
  return verifyTimestamp(gm, { token: read.token, data, nonce, judge, allowNonGm: false, at: NOW, ...more });
}
async function verdict(flaws: TokenFlaws, more: Partial<TimestampCheck> = {}, by = tsa): Promise<unknown> {
  const result = check(await by.answer(request, flaws), more);
  return result.ok ? 'ok' : result.fault;
}

describe('a time stamp', () => {
  it('says that the data existed, not later than its time and accuracy', async () => {
    const result = check(await tsa.answer(request));
    if (!result.ok) throw new Error(JSON.stringify(result.fault));
    expect(isVerifiedTimestamp(result.verified)).toBe(true);
    expect(result.verified).toMatchObject({
      ...{ latest: NOW + 1500, authority: { purpose: 'timestamp' } },
      info: { policy: TEST_POLICY, hash: 'sm3', genTime: NOW, accuracy: 1500, nonce: '810203' },
    });
  });

  it('is read in GM spelling too, from its request for any hash, with a fraction of a second', async () => {
    const profile = signatureProfiles.gbt35275Attributes;
    expect(await verdict({}, {}, createTsa(gm, { certificate, key, now: () => NOW, profile }))).toBe('ok');
    const hashed = digest(gm, 'sha256', data);
    const other = makeTimestampRequest({ hash: 'sha256', hashed, nonce, policy: TEST_POLICY });
    const result = check(await tsa.answer(other, { genTime: NOW + 120 }), { data: { hash: 'sha256', hashed } });
    expect(result.ok && result.verified.info.genTime).toBe(NOW + 120);
  });

  it('is refused over other data, another nonce, another policy, too coarse, of the future', async () => {
    const hashed = gm.sm3(nonce);
    expect(await verdict({ imprint: imprintDer('sm3', hashed) })).toBe('another-content');
    expect(await verdict({}, { data: utf8('别的') })).toBe('another-content');
    expect(await verdict({}, { data: { hash: 'sha256', hashed } })).toBe('another-content');
    expect(await verdict({ nonce: hashed })).toBe('nonce');
    expect(await verdict({ nonce: null })).toBe('nonce');
    expect(await verdict({ nonce: null }, { nonce: null })).toBe('ok');
    expect(await verdict({ policy: '1.2.3' }, { policies: [TEST_POLICY] })).toBe('policy');
    expect(await verdict({}, { policies: [TEST_POLICY], leastAccuracyMs: 1500 })).toBe('ok');
    expect(await verdict({}, { leastAccuracyMs: 1000 })).toBe('accuracy');
    expect(await verdict({ accuracy: null }, { leastAccuracyMs: 1000 })).toBe('accuracy');
    expect(await verdict({ genTime: NOW + 6 * 60_000 })).toBe('from-the-future');
  });

  it('names its certificate: by SM3, SHA-256 or SHA-1, rightly; and may leave it out only where allowed', async () => {
    for (const hash of ['sm3', 'sha256', 'sha1'] as const)
      expect(await verdict({ signingCertificate: hash })).toBe('ok');
    expect(await verdict({ signingCertificate: { of: root.certificate } })).toBe('signing-certificate');
    const lax = { signingCertificate: 'if-present' } as const;
    expect(await verdict({ signingCertificate: { of: root.certificate } }, lax)).toBe('signing-certificate');
    expect(await verdict({ signingCertificate: 'absent' })).toBe('signing-certificate');
    expect(await verdict({ signingCertificate: 'absent' }, lax)).toBe('ok');
  });

  it('is not read with a critical extension, an odd accuracy, or another type of content', async () => {
    expect(await verdict({ extensions: [extension('1.2.3.4', derNull(), true)] })).toBe('unreadable');
    expect(await verdict({ extensions: [extension('1.2.3.4', derNull(), false)] })).toBe('ok');
    expect(await verdict({ accuracy: sequence(implicit(0, Uint8Array.of(0))) })).toBe('unreadable');
    expect(await verdict({ accuracy: sequence(integer(1), implicit(1, Uint8Array.of(1))) })).toBe('ok');
    expect(await verdict({ contentType: oids.data })).toEqual({ signature: 'content-type' });
  });

  it.each<[string, Bytes[]]>([
    ['is not for time stamping', [signUsage(), basicConstraints(false)]],
    ['is for that, not critically', [signUsage(), extendedKeyUsage([oids.timeStamping])]],
    ['is for more', [signUsage(), extendedKeyUsage([oids.timeStamping, oids.clientAuth], true)]],
    ['may not sign', [keyUsage(['keyEncipherment']), extendedKeyUsage([oids.timeStamping], true)]],
    ['is a CA', [basicConstraints(true), extendedKeyUsage([oids.timeStamping], true)]],
  ])('is refused when the certificate %s', async (_, extensions) => {
    const odd = createTsa(gm, {
      certificate: await issueTsa(root, { spki, now: NOW, extensions }),
      key,
      now: () => NOW,
    });
    expect(await verdict({}, {}, odd)).toEqual({ signature: { path: 'purpose' } });
  });

  it('is judged at its own time, against anchors of its own', async () => {
    expect(await verdict({ genTime: NOW - 2 * DAY })).toEqual({ signature: { path: 'not-yet-valid' } });
    const later = { at: NOW + 900 * DAY }; // the authority's certificate has ended long since
    expect(await verdict({}, later)).toBe('ok');
    const stranger = await ca('路人');
    const odd = createTsa(gm, { certificate: await issueTsa(stranger, { spki, now: NOW }), key, now: () => NOW });
    expect(await verdict({}, {}, odd)).toEqual({ signature: { path: 'unknown-issuer' } });
    const person = (one: Parameters<typeof judge>[0]) =>
      validatePath(gm, {
        ...{
          certificate: one,
          intermediates: [],
          anchors: [read(root.certificate)],
          at: NOW,
          purpose: 'sign' as const,
        },
      });
    expect(await verdict({}, { judge: person })).toEqual({ signature: { path: 'purpose' } });
  });

  it('may be refused by the authority', async () => {
    const other = makeTimestampRequest({ hash: 'sm3', hashed: gm.sm3(data), nonce: null, policy: '1.2.3' });
    expect(parseTimestampResponse(await tsa.answer(other))).toEqual({ kind: 'refused', status: 2, failure: 15 });
    expect(parseTimestampResponse(rejection(0))).toEqual({ kind: 'refused', status: 2, failure: 0 });
    expect(parseTimestampResponse(sequence(sequence(integer(0))))).toBeUndefined();
    expect(parseTimestampResponse(utf8('<html>'))).toBeUndefined();
  });
});
