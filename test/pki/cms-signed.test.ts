import { describe, expect, it } from 'vitest';
import { basicConstraints, signUsage } from '#fixtures/pki/extensions.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { readAttributes, signedAttributes } from '#pki/cms-attributes.ts';
import { type SignatureForm, type SignatureProfile, signatureProfiles, standardForms } from '#pki/cms-profile.ts';
import { type MessageSigner, makeSignedData, type SigningRequest } from '#pki/cms-sign.ts';
import { parseSignedData } from '#pki/cms-signed.ts';
import { isVerifiedSignedData, type SignedDataCheck, verifySignedData } from '#pki/cms-verify.ts';
import { readDer, tags } from '#pki/der.ts';
import { childrenOf } from '#pki/der-values.ts';
import { oids } from '#pki/oids.ts';
import { validatePath } from '#pki/path.ts';
import { ca, gm, leaf, NOW, read } from './support.ts';

const root = await ca('根');
const key = gm.sm2.generateKey();
const certificate = read(await leaf(root, { spki: gm.sm2.spki(key.publicKey) }));
const signer = (by = certificate, with_ = key): MessageSigner => ({
  certificate: by,
  sign: (message, id) => gm.sm2.sign(with_, message, id),
});
const content = new Uint8Array(utf8('投标文件摘要 0123456789'));

async function make(profile: SignatureProfile, more: Partial<SigningRequest> = {}): Promise<Bytes> {
  const made = await makeSignedData(gm, { content, profile, signers: [signer()], ...more });
  if (!made.ok) throw new Error(made.fault);
  return made.der;
}

function check(der: Bytes, more: Partial<SignedDataCheck> = {}) {
  const signed = parseSignedData(gm, der);
  if (signed === undefined) return { ok: false as const, fault: 'unreadable' as const, signer: -1 };
  return verifySignedData(gm, {
    signed,
    judge: (one, intermediates) =>
      validatePath(gm, {
        ...{ certificate: one, intermediates, anchors: [read(root.certificate)] },
        ...{ at: NOW, purpose: 'sign' },
      }),
    forms: standardForms,
    allowNonGm: false,
    ...more,
  });
}
const verdict = (der: Bytes, more: Partial<SignedDataCheck> = {}): unknown => {
  const result = check(der, more);
  return result.ok ? 'ok' : result.fault;
};
const noZ: readonly SignatureForm[] = [{ signedBytes: 'content-info', id: 'no-z' }];

const variants = (['gm', 'rfc'] as const).flatMap((family) =>
  (['content', 'attributes'] as const).flatMap((signedBytes) =>
    (['sm2-1', 'sm2-with-sm3'] as const).flatMap((signatureOid) =>
      [true, false].flatMap((nullParameters) =>
        (['issuer-serial', 'key-id'] as const).map((signerRef) => ({
          ...{ family, signedBytes, signatureOid, nullParameters, signerRef, id: 'default' as const },
        })),
      ),
    ),
  ),
);

describe('a signed message', () => {
  it.each(variants)(
    'of $family, over $signedBytes, $signatureOid, NULL $nullParameters, $signerRef',
    async (profile) => {
      const attached = check(await make(profile));
      if (!attached.ok) throw new Error(JSON.stringify(attached.fault));
      expect(isVerifiedSignedData(attached.verified)).toBe(true);
      expect([attached.verified.content, attached.verified.signers[0].certificate.certificate.fingerprint]).toEqual([
        content,
        certificate.fingerprint,
      ]);
      const detached = await make(profile, { detached: true });
      expect(parseSignedData(gm, detached)).toMatchObject({ content: null, family: profile.family });
      expect([verdict(detached, { content }), verdict(detached)]).toEqual(['ok', 'no-content']);
      expect(verdict(detached, { content: concat(content, Uint8Array.of(0)) })).not.toBe('ok');
    },
  );

  it('as GmSSL makes it holds only for a vendor whose profile says so', async () => {
    const der = await make(signatureProfiles.gmssl);
    expect([verdict(der), verdict(der, { forms: noZ })]).toEqual(['bad-signature', 'ok']);
    expect(verdict(await make(signatureProfiles.gbt35275), { forms: noZ })).toBe('bad-signature');
    expect(verdict(await make(signatureProfiles.rfc5652), { forms: noZ })).toBe('form-not-allowed');
    const detached = await make(signatureProfiles.gmssl, { detached: true });
    expect(verdict(detached, { forms: noZ, content })).toBe('ok');
  });

  it('under another signer id holds only where that id is agreed', async () => {
    const id = utf8('辽宁');
    const der = await make({ ...signatureProfiles.gbt35275, id });
    expect([verdict(der), verdict(der, { forms: [{ signedBytes: 'content', id }] })]).toEqual(['bad-signature', 'ok']);
  });

  it('tells when the signer says it was signed, which proves nothing', async () => {
    const result = check(await make(signatureProfiles.rfc5652, { signingTime: NOW }));
    expect(result.ok && result.verified.signers[0].claimedTime).toBe(NOW);
  });

  it('of several signers holds when every signature does', async () => {
    const other = gm.sm2.generateKey();
    const second = read(await leaf(root, { spki: gm.sm2.spki(other.publicKey) }));
    const stranger = await ca('路人');
    const third = read(await leaf(stranger, { spki: gm.sm2.spki(other.publicKey) }));
    const profile = signatureProfiles.gbt35275Attributes;
    const both = check(await make(profile, { signers: [signer(), signer(second, other)] }));
    expect(both.ok && both.verified.signers.length).toBe(2);
    const mixed = await make(profile, { signers: [signer(), signer(third, other)] });
    expect(check(mixed)).toMatchObject({ ok: false, fault: { path: 'unknown-issuer' } });
  });

  it('brings issuers that lead to the anchor, and is found by certificates known otherwise', async () => {
    const middle = await ca('中间', { issuer: root });
    const far = read(await leaf(middle, { spki: gm.sm2.spki(key.publicKey) }));
    const profile = signatureProfiles.gbt35275;
    const alone = await make(profile, { signers: [signer(far)] });
    expect(verdict(alone)).toEqual({ path: 'unknown-issuer' });
    const led = await make(profile, { signers: [signer(far)], certificates: [read(middle.certificate)] });
    expect(verdict(led)).toBe('ok');
    const bare = parseSignedData(gm, await make(profile));
    if (bare === undefined) throw new Error('unreadable');
    const without = { ...bare, certificates: [] as Certificate[] };
    expect(verdict(alone, { signed: without })).toBe('no-certificate');
    expect(verdict(alone, { signed: without, certificates: [certificate] })).toBe('ok');
  });

  it('is refused by a certificate that is not for signing, or when its judge answers for another', async () => {
    const encryption = read(
      await leaf(root, { spki: gm.sm2.spki(key.publicKey), extensions: [basicConstraints(false)] }),
    );
    const der = await make(signatureProfiles.gbt35275, { signers: [signer(encryption)] });
    expect(verdict(der)).toEqual({ path: 'purpose' });
    const another = read(await leaf(root, { extensions: [signUsage(), basicConstraints(false)] }));
    const anchors = [read(root.certificate)];
    const judged = validatePath(gm, { certificate: another, intermediates: [], anchors, at: NOW, purpose: 'sign' });
    expect(verdict(await make(signatureProfiles.gbt35275), { judge: () => judged })).toEqual({
      path: 'unknown-issuer',
    });
  });

  it('is refused with attributes that speak of another content or type', async () => {
    const der = await make(signatureProfiles.gbt35275Attributes, { detached: true });
    expect(verdict(der, { content: utf8('别的') })).toBe('attributes');
    const stamped = await make(signatureProfiles.rfc5652, { contentType: oids.tstInfo });
    expect(verdict(stamped)).toBe('content-type');
    expect(verdict(stamped, { contentType: oids.tstInfo })).toBe('ok');
  });

  it('may call plain data by the other family’s name in its attributes, and no other content', async () => {
    const whole = await make(signatureProfiles.gbt35275Attributes);
    const signed = parseSignedData(gm, whole);
    const [info] = signed?.signers ?? [];
    if (signed === undefined || info === undefined) throw new Error('unreadable');
    const naming = async (type: string): Promise<unknown> => {
      const attributesDer = signedAttributes(type, gm.sm3(content), null, []);
      const attributes = readAttributes(childrenOf(readDer(attributesDer), tags.set) ?? []) ?? null;
      const signature = await gm.sm2.sign(key, [attributesDer]);
      const signers = [{ ...info, attributes, attributesDer, signature }] as const;
      return verdict(whole, { signed: { ...signed, signers } });
    };
    expect(signed.contentType).toBe(oids.gmData);
    expect([await naming(oids.gmData), await naming(oids.data)]).toEqual(['ok', 'ok']);
    expect(await naming(oids.tstInfo)).toBe('attributes');
  });

  it('over attributes cannot be shown as one over content, nor the other way round', async () => {
    const attributes = signedAttributes(oids.gmData, gm.sm3(content), null, []);
    const profile = signatureProfiles.gbt35275;
    const request = { content: attributes, profile, signers: [signer()] };
    expect(await makeSignedData(gm, request)).toEqual({ ok: false, fault: 'ambiguous-content' });
    const signed = parseSignedData(gm, await make(signatureProfiles.gbt35275Attributes));
    const [info] = signed?.signers ?? [];
    if (signed === undefined || info === undefined) throw new Error('unreadable');
    expect(info.attributesDer).toEqual(attributes);
    const turned = {
      ...signed,
      content: attributes,
      signers: [{ ...info, attributes: null, attributesDer: null }] as const,
    };
    expect(check(await make(profile), { signed: turned })).toMatchObject({ fault: 'ambiguous-content' });
  });

  it('is not made with a key that is not the certificate’s, nor without attributes over other types', async () => {
    const stranger = gm.sm2.generateKey();
    const profile = signatureProfiles.gbt35275;
    const made = (more: Partial<SigningRequest>) =>
      makeSignedData(gm, { content, profile, signers: [signer()], ...more });
    expect(await made({ signers: [signer(certificate, stranger)] })).toEqual({ ok: false, fault: 'key' });
    expect(await made({ contentType: oids.tstInfo })).toEqual({ ok: false, fault: 'attributes-needed' });
    expect(await made({ signers: [] })).toEqual({ ok: false, fault: 'no-signer' });
  });

  it('in indefinite length is not read', async () => {
    const der = await make(signatureProfiles.rfc5652);
    const body = der.subarray(4);
    expect(parseSignedData(gm, concat(Uint8Array.of(0x30, 0x80), body, Uint8Array.of(0, 0)))).toBeUndefined();
  });
});
