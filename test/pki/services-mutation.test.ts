import { describe, expect, it } from 'vitest';
import { encryptUsage } from '#fixtures/pki/extensions.ts';
import { createOcspResponder, delegate } from '#fixtures/pki/ocsp-responder.ts';
import { createTsa, issueTsa } from '#fixtures/pki/tsa.ts';
import { type Bytes, equalBytes, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom as random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { envelopeProfiles, makeEnvelopedData } from '#pki/cms-envelop.ts';
import { parseEnvelopedData } from '#pki/cms-enveloped.ts';
import { openEnvelopedData, sm2Opener } from '#pki/cms-open.ts';
import { signatureProfiles, standardForms } from '#pki/cms-profile.ts';
import { makeSignedData } from '#pki/cms-sign.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { verifySignedData } from '#pki/cms-verify.ts';
import { verifyOcsp } from '#pki/ocsp.ts';
import { makeOcspRequest } from '#pki/ocsp-request.ts';
import { parseOcspResponse } from '#pki/ocsp-response.ts';
import { validatePath } from '#pki/path.ts';
import type { Purpose } from '#pki/path-rules.ts';
import { makeSm2EnvelopedKey, openSm2EnvelopedKey } from '#pki/sm2-enveloped-key.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { makeTimestampRequest } from '#pki/timestamp-request.ts';
import { parseTimestampResponse } from '#pki/timestamp-response.ts';
import { mutants } from './mutants.ts';
import { ca, gm, leaf, NOW, read } from './support.ts';

/** How many mutants of each message. */
const COUNT = 1_000;

const root = await ca('根');
const issuer = read(root.certificate);
const key = gm.sm2.generateKey();
const spki = gm.sm2.spki(key.publicKey);
const certificate = read(await leaf(root, { spki }));
const content = new Uint8Array(utf8('投标文件摘要'));
const path = (one: Certificate, purpose: Purpose) =>
  validatePath(gm, { certificate: one, intermediates: [], anchors: [issuer], at: NOW, purpose });

/** What a message says once it is believed; undefined: it is not believed. */
type Says = (message: Bytes) => string | undefined | Promise<string | undefined>;

/**
 * No mutant throws, and none is believed to say anything else than the original. Where a byte stands outside of every signature (a version, a NULL,
 * a list that came along) the same may be believed again; `free` is how many at most.
 */
async function tryMutants(original: Bytes, says: Says, free: number): Promise<void> {
  const truth = await says(original);
  expect(truth).toBeTypeOf('string');
  let believed = 0;
  for (const mutant of mutants(original, COUNT)) {
    const said = await says(mutant);
    if (said === undefined) continue;
    expect(said).toBe(truth);
    believed += 1;
  }
  expect(believed).toBeLessThanOrEqual(free);
}

describe('of a thousand mutants', () => {
  it('no OCSP answer is believed', async () => {
    const nonce = random.bytes(16);
    const responder = await delegate(gm, root, { now: NOW });
    const name = read(responder.certificate).subject.der;
    const service = createOcspResponder(gm, {
      ...{ signer: responder.signer, responder: { name }, certificates: [responder.certificate], now: () => NOW },
      statusOf: () => ({ kind: 'revoked', at: NOW - 1000, reason: 1 }),
    });
    const original = await service.answer(makeOcspRequest(gm, { certificate, issuer, hash: 'sm3', nonce }));
    const says: Says = (der) => {
      const response = parseOcspResponse(gm, der);
      if (response?.kind !== 'answer') return undefined;
      const check = { basic: response.basic, certificate, issuer, at: NOW, nonce, noncePolicy: 'required' as const };
      const result = verifyOcsp(gm, { ...check, allowNonGm: true });
      return result.ok ? JSON.stringify(result.answer) : undefined;
    };
    await tryMutants(original, says, 0);
  });

  it.each(['gbt35275', 'gbt35275Attributes', 'rfc5652'] as const)(
    'no signed message of %s says anything else',
    async (name) => {
      const profile = signatureProfiles[name];
      const signers = [{ certificate, sign: gm.sm2.sign.bind(null, key) }];
      const made = await makeSignedData(gm, { content, profile, signers });
      if (!made.ok) throw new Error(made.fault);
      const says: Says = (der) => {
        const signed = parseSignedData(gm, der);
        const judge = (one: Certificate) => path(one, 'sign');
        const result = signed && verifySignedData(gm, { signed, judge, forms: standardForms, allowNonGm: true });
        if (!result?.ok) return undefined;
        return `${hex(result.verified.content)} ${result.verified.signers.map((one) => one.certificate.certificate.fingerprint)}`;
      };
      await tryMutants(made.der, says, 20);
    },
  );

  it('no enveloped message opens to the same content unless its recipients, key, iv and content are the same', async () => {
    const box = read(await leaf(root, { spki, extensions: [encryptUsage()] }));
    const held = path(box, 'encrypt');
    if (!held.ok) throw new Error(held.fault.code);
    const request = { content, recipients: [held.verified], profile: envelopeProfiles.gbt35275, random };
    const made = await makeEnvelopedData(gm, request);
    if (!made.ok) throw new Error(made.fault);
    const opener = sm2Opener(gm, key, [box]);
    const truth = parseEnvelopedData(made.der);
    const same = (a: Bytes | null | undefined, b: Bytes | null | undefined): boolean => !!a && !!b && equalBytes(a, b);
    let opened = 0;
    for (const mutant of mutants(made.der, COUNT)) {
      const envelope = parseEnvelopedData(mutant);
      const result = envelope && (await openEnvelopedData(gm, envelope, opener));
      if (!result?.ok) continue;
      opened += 1;
      const untouched =
        same(envelope?.cipher.iv, truth?.cipher.iv) &&
        same(envelope?.ciphertext, truth?.ciphertext) &&
        same(envelope?.recipients[0]?.encryptedKey, truth?.recipients[0]?.encryptedKey);
      expect(equalBytes(result.content, content)).toBe(untouched);
    }
    expect(opened).toBeLessThan(COUNT / 5); // CBC is not authenticated: an altered iv or block opens to something else
  });

  it('no key envelope opens to another key', async () => {
    const inner = gm.sm2.generateKey();
    const original = await makeSm2EnvelopedKey(gm, { key: inner, recipient: key.publicKey, random });
    const says: Says = async (der) => {
      const opened = await openSm2EnvelopedKey(gm, key, der);
      return opened.ok ? hex(opened.key.publicKey.point) : undefined;
    };
    await tryMutants(original, says, 5);
  });

  it('no time stamp says anything else', async () => {
    const tsa = createTsa(gm, { certificate: await issueTsa(root, { spki, now: NOW }), key, now: () => NOW });
    const nonce = random.bytes(8);
    const original = await tsa.answer(makeTimestampRequest({ hash: 'sm3', hashed: gm.sm3(content), nonce }));
    const says: Says = (der) => {
      const response = parseTimestampResponse(der);
      if (response?.kind !== 'granted') return undefined;
      const judge = (one: Certificate) => path(one, 'timestamp');
      const check = { token: response.token, data: content, nonce, judge, allowNonGm: true, at: NOW };
      const result = verifyTimestamp(gm, check);
      return result.ok ? JSON.stringify(result.verified.info) : undefined;
    };
    await tryMutants(original, says, 20);
  });
});
