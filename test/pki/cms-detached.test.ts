import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signUsage } from '#fixtures/pki/extensions.ts';
import { type Bytes, utf8 } from '#kernel/bytes.ts';
import { assembleDetached, attributesToSign, checkDetached, type DetachedPlan, digestFor } from '#pki/cms-detached.ts';
import { standardForms } from '#pki/cms-profile.ts';
import { parseSignedData, type SignedData } from '#pki/cms-signed.ts';
import { verifySignedData } from '#pki/cms-verify.ts';
import { digest } from '#pki/digest.ts';
import { validatePath } from '#pki/path.ts';
import { ca, gm, leaf, NOW, pair, read } from './support.ts';

const content = utf8('一份招标文件');

async function sm2Case() {
  const root = await ca('签名根');
  const keys = await pair(root);
  return {
    root,
    certificate: read(keys.signCertificate),
    sign: (bytes: Bytes) => gm.sm2.sign(keys.signKey, [bytes]),
  };
}

async function rsaCase() {
  const root = await ca('签名根');
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const der = await leaf(root, { spki, extensions: [signUsage()] });
  return {
    root,
    certificate: read(der),
    sign: async (bytes: Bytes) => createSign('sha256').update(bytes).sign(privateKey),
  };
}

async function message(
  one: Awaited<ReturnType<typeof sm2Case>>,
  profile: DetachedPlan['profile'] = 'gbt35275Attributes',
) {
  const { certificate } = one;
  const plan: DetachedPlan = {
    certificate,
    digest: digest(gm, digestFor(certificate), content),
    signingTime: NOW,
    profile,
  };
  const signature = await one.sign(attributesToSign(gm, plan));
  const made = assembleDetached(gm, plan, signature, { certificates: [read(one.root.certificate)] });
  if (!made.ok) throw new Error(made.fault);
  const signed = parseSignedData(gm, made.der);
  if (signed === undefined) throw new Error('unreadable');
  return { plan, signature, signed, der: made.der };
}

const check = (signed: SignedData, bytes = content) =>
  checkDetached(gm, { signed, digests: { sm3: gm.sm3(bytes), sha256: digest(gm, 'sha256', bytes) }, allowNonGm: true });

describe('a signature over content known by its digest', () => {
  for (const [title, make] of [
    ['SM2', sm2Case],
    ['RSA', rsaCase],
  ] as const) {
    for (const profile of ['gbt35275Attributes', 'rfc5652'] as const) {
      it(`holds with ${title} in the form ${profile}, and for whoever has the content whole`, async () => {
        const one = await make();
        const { signed } = await message(one, profile);
        const result = check(signed);
        expect(result.ok && result.claimedTime).toBe(NOW);
        const whole = verifySignedData(gm, {
          signed,
          content,
          judge: (certificate, carried) =>
            validatePath(gm, {
              certificate,
              intermediates: carried,
              anchors: [read(one.root.certificate)],
              at: NOW,
              purpose: 'sign',
              allowNonGm: true,
            }),
          forms: standardForms,
          allowNonGm: true,
        });
        expect(whole.ok).toBe(true);
      });
    }
  }

  it('is refused for other content', async () => {
    const { signed } = await message(await sm2Case());
    const other = check(signed, utf8('另一份'));
    expect(other.ok ? '' : other.fault).toBe('attributes');
  });

  it('is not assembled around a signature of another key, or over other attributes', async () => {
    const [one, two] = [await sm2Case(), await sm2Case()];
    const { plan, signature } = await message(one);
    const foreign = await two.sign(attributesToSign(gm, plan));
    expect(assembleDetached(gm, plan, foreign, { certificates: [] })).toEqual({ ok: false, fault: 'key' });
    const later = { ...plan, signingTime: NOW + 1000 };
    expect(assembleDetached(gm, later, signature, { certificates: [] })).toEqual({ ok: false, fault: 'key' });
  });
});
