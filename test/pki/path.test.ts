import { describe, expect, it } from 'vitest';
import { DAY, type TestAuthority } from '#fixtures/pki/authority.ts';
import { withBrokenSignature } from '#fixtures/pki/builder.ts';
import {
  basicConstraints,
  caUsage,
  encryptUsage,
  extendedKeyUsage,
  extension,
  keyUsage,
  signUsage,
} from '#fixtures/pki/extensions.ts';
import { p256Signer, rsaSigner, sm2Signer } from '#fixtures/pki/signer.ts';
import { concat } from '#kernel/bytes.ts';
import { readDer } from '#pki/der.ts';
import { bitString, derNull, integer, oid, sequence } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { createLinkCache, isVerified } from '#pki/path.ts';
import { ca, countingGm, gm, judge, leaf, NOW, pair, validity, verdict } from './support.ts';

const root = await ca('根');
const issuing = await ca('签发', { issuer: root, pathLength: 0 });
const path = { intermediates: [issuing.certificate], anchors: [root.certificate] };
const ask = (certificate: Uint8Array, options: Parameters<typeof verdict>[1] = {}) =>
  verdict({ certificate, ...path }, options);

describe('a path from a person to a configured root', () => {
  it('holds for signing and encryption certificates, each for its own use only', async () => {
    const keys = await pair(issuing);
    expect(ask(keys.signCertificate, { purpose: 'sign' })).toBe('ok');
    expect(ask(keys.encCertificate, { purpose: 'encrypt' })).toBe('ok');
    expect(ask(keys.signCertificate, { purpose: 'encrypt' })).toBe('purpose');
    expect(ask(keys.encCertificate, { purpose: 'sign' })).toBe('purpose');
  });

  it('gives a proof that cannot be made elsewhere', async () => {
    const result = judge({ certificate: await leaf(issuing), ...path });
    if (!result.ok) throw new Error(result.fault.code);
    expect(result.verified.chain.map((link) => link.subject.get('CN'))).toEqual(['示例公司', '签发', '根']);
    expect(isVerified(result.verified)).toBe(true);
    expect(isVerified({ ...result.verified })).toBe(false);
    expect(isVerified(Object.create(result.verified))).toBe(false);
    expect(Object.isFrozen(result.verified) && Object.isFrozen(result.verified.chain)).toBe(true);
  });

  it('holds when the CA writes SM2-with-SM3 with NULL parameters', async () => {
    const odd = await ca('空参数', { signer: sm2Signer(gm, gm.sm2.generateKey(), true) });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, anchors: [odd.certificate] })).toBe('ok');
  });

  it('is built by trying keys where the CA writes no key identifiers', async () => {
    const plain = await ca('无标识', { withoutKeyIds: true });
    const other = await ca('无标识', { withoutKeyIds: true });
    const certificate = await leaf(plain, { withoutKeyIds: true });
    expect(verdict({ certificate, anchors: [other.certificate, plain.certificate] })).toBe('ok');
    expect(verdict({ certificate, anchors: [other.certificate] })).toBe('bad-signature');
  });

  it('finds the way round a renewed intermediate of the same name', async () => {
    const renewed = await ca('签发', { issuer: root, pathLength: 0 });
    const certificate = await leaf(renewed);
    const intermediates = [issuing.certificate, renewed.certificate];
    expect(verdict({ certificate, intermediates, anchors: [root.certificate] })).toBe('ok');
  });

  it('ends at an intermediate that is itself configured as anchor', async () => {
    expect(verdict({ certificate: await leaf(issuing), anchors: [issuing.certificate] })).toBe('ok');
  });

  it('leads over a CA’s new key, which its old one has certified under the same name', async () => {
    const old = await ca('换钥', { pathLength: 0 });
    const renewed = await ca('换钥', { issuer: old });
    const below = await ca('下级', { issuer: renewed });
    const intermediates = [renewed.certificate, below.certificate];
    expect(verdict({ certificate: await leaf(renewed), intermediates, anchors: [old.certificate] })).toBe('ok');
    expect(verdict({ certificate: await leaf(below), intermediates, anchors: [old.certificate] })).toBe(
      'path-too-long',
    );
  });

  it('that came furthest is the one spoken of, in whatever order the issuers stand', async () => {
    const twin = await ca('签发', { issuer: root, withoutKeyIds: true });
    const certificate = await leaf(issuing, { notBefore: NOW - 2 * DAY, notAfter: NOW - DAY });
    for (const intermediates of [
      [twin.certificate, issuing.certificate],
      [issuing.certificate, twin.certificate],
    ]) {
      expect(verdict({ certificate, intermediates, anchors: path.anchors })).toBe('expired');
    }
  });

  it('remembers good links in the cache it is given, and no bad ones', async () => {
    const cache = createLinkCache();
    const certificate = await leaf(issuing);
    const { counted, count } = countingGm();
    const run = (der: Uint8Array) => verdict({ certificate: der, ...path }, { cache }, counted);
    expect([run(certificate), run(certificate), count()]).toEqual(['ok', 'ok', 2]);
    expect(run(withBrokenSignature(certificate))).toBe('bad-signature');
    expect(run(withBrokenSignature(certificate))).toBe('bad-signature');
    expect(run(await leaf(issuing))).toBe('ok');
    expect(count()).toBe(5);
  });

  it('forgets the oldest links beyond the limit of the cache', () => {
    const cache = createLinkCache(2);
    for (const key of ['a', 'b', 'c']) cache.add(key);
    expect(['a', 'b', 'c'].map((key) => cache.has(key))).toEqual([false, true, true]);
  });
});

describe('a forged path', () => {
  it('of a self-made CA with the same name is of an unknown issuer', async () => {
    const forgedRoot = await ca('根');
    const forged = await ca('签发', { issuer: forgedRoot, pathLength: 0 });
    const certificate = await leaf(forged);
    expect(ask(certificate)).toBe('unknown-issuer');
    const intermediates = [issuing.certificate, forged.certificate, forgedRoot.certificate];
    expect(verdict({ certificate, intermediates, anchors: [root.certificate] })).toBe('unknown-issuer');
  });

  it('that also copies the key identifier fails by its signature', async () => {
    const certificate = await leaf(issuing, { signer: sm2Signer(gm, gm.sm2.generateKey()) });
    expect(ask(certificate)).toBe('bad-signature');
    expect(ask(withBrokenSignature(await leaf(issuing)))).toBe('bad-signature');
  });

  it('does not mix up two CAs of one name and serial', async () => {
    const twin = await ca('根', { serial: '0A' });
    const own = await ca('根', { serial: '0A' });
    const certificate = await leaf(own, { serial: '77' });
    expect(verdict({ certificate, anchors: [own.certificate] })).toBe('ok');
    expect(verdict({ certificate, anchors: [twin.certificate] })).toBe('unknown-issuer');
  });

  it('with names that read alike but differ in bytes does not chain', async () => {
    const printed = await ca('x', { subject: [['CN', 'Example Root', 'printable']] });
    const utf = await ca('x', { subject: [['CN', 'Example Root', 'utf8']], signer: printed.signer });
    const certificate = await leaf(printed);
    expect(verdict({ certificate, anchors: [utf.certificate] })).toBe('unknown-issuer');
  });

  it('by a certificate that is no CA is refused', async () => {
    const person = await pair(issuing);
    const fake: TestAuthority = await ca('冒充', { issuer: root, extensions: [basicConstraints(false), signUsage()] });
    const bare = await ca('冒充', { issuer: root, extensions: [] });
    expect(verdict({ certificate: await leaf(fake), intermediates: [fake.certificate], anchors: path.anchors })).toBe(
      'not-a-ca',
    );
    expect(verdict({ certificate: await leaf(bare), intermediates: [bare.certificate], anchors: path.anchors })).toBe(
      'not-a-ca',
    );
    expect(ask(person.signCertificate)).toBe('ok');
  });

  it('by a CA whose usage does not include certificates is refused', async () => {
    const listsOnly = await ca('只签列表', {
      issuer: root,
      extensions: [basicConstraints(true), keyUsage(['cRLSign'])],
    });
    const certificate = await leaf(listsOnly);
    expect(verdict({ certificate, intermediates: [listsOnly.certificate], anchors: path.anchors })).toBe('ca-usage');
  });

  it('longer than a CA allows is refused', async () => {
    const below = await ca('再下一级', { issuer: issuing });
    const intermediates = [issuing.certificate, below.certificate];
    expect(verdict({ certificate: await leaf(below), intermediates, anchors: path.anchors })).toBe('path-too-long');
  });

  it('longer than eight certificates is refused', async () => {
    const chain = [await ca('层0')];
    for (let i = 1; i < 9; i += 1) chain.push(await ca(`层${i}`, { issuer: chain[i - 1] as TestAuthority }));
    const intermediates = chain.slice(1).map((member) => member.certificate);
    const anchors = [(chain[0] as TestAuthority).certificate];
    const at = async (depth: number) =>
      verdict({ certificate: await leaf(chain[depth] as TestAuthority), intermediates, anchors });
    expect([await at(6), await at(7), await at(8)]).toEqual(['ok', 'path-too-long', 'path-too-long']);
  });

  it('that runs in a circle ends', async () => {
    const a = await ca('甲');
    const b = await ca('乙', { issuer: a });
    const crossed = await ca('甲', { issuer: b, signer: a.signer });
    const certificate = await leaf(b);
    const intermediates = [b.certificate, crossed.certificate];
    expect(verdict({ certificate, intermediates, anchors: [root.certificate] })).toBe('loop');
    expect(verdict({ certificate, intermediates, anchors: [a.certificate] })).toBe('ok');
  });

  it('through a hundred intermediates of one name costs a bounded number of verifications', async () => {
    const crowd = await Promise.all(Array.from({ length: 100 }, () => ca('根', { withoutKeyIds: true })));
    const certificate = await leaf(root, { withoutKeyIds: true });
    const intermediates = crowd.map((member) => member.certificate);
    const { counted, count } = countingGm();
    const ask = (anchors: readonly Uint8Array[]) => verdict({ certificate, intermediates, anchors }, {}, counted);
    expect([ask([root.certificate]), count()]).toEqual(['ok', 1]);
    expect([ask([issuing.certificate]), count()]).toEqual(['bad-signature', 1 + 32]);
  });
});

describe('what a certificate says about itself', () => {
  const strange = (critical: boolean) => extension('1.2.3.4.5', derNull(), critical);

  it('an unknown critical extension anywhere refuses the path, an uncritical one does not', async () => {
    const usual = [signUsage(), basicConstraints(false)];
    expect(ask(await leaf(issuing, { extensions: [...usual, strange(true)] }))).toBe('critical-extension');
    expect(ask(await leaf(issuing, { extensions: [...usual, strange(false)] }))).toBe('ok');
    const odd = await ca('怪', { issuer: root, extensions: [basicConstraints(true), caUsage(), strange(true)] });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, intermediates: [odd.certificate], anchors: path.anchors })).toBe(
      'critical-extension',
    );
  });

  it('name constraints that cannot be read are not met', async () => {
    const constraint = extension(oids.nameConstraints, sequence(), true);
    const odd = await ca('限名', { issuer: root, extensions: [basicConstraints(true), caUsage(), constraint] });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, intermediates: [odd.certificate], anchors: path.anchors })).toBe('name-constraints');
  });

  it('a missing usage, a CA usage and a foreign extended usage are no login certificates', async () => {
    const of = async (...extensions: Uint8Array[]) => ask(await leaf(issuing, { extensions }));
    expect(await of()).toBe('purpose');
    expect(await of(keyUsage(['nonRepudiation']))).toBe('purpose');
    expect(await of(signUsage(), basicConstraints(true))).toBe('purpose');
    expect(await of(signUsage(), extendedKeyUsage([oids.serverAuth]))).toBe('purpose');
    expect(await of(signUsage(), extendedKeyUsage([oids.timeStamping, oids.ocspSigning], true))).toBe('purpose');
    expect(await of(signUsage(), extendedKeyUsage(['1.2.3.4'], true))).toBe('purpose');
    expect(await of(signUsage(), extendedKeyUsage(['1.2.3.4']))).toBe('ok');
    expect(await of(signUsage(), extendedKeyUsage(['1.2.3.4', oids.serverAuth]))).toBe('ok');
    expect(await of(signUsage(), extendedKeyUsage([oids.serverAuth, oids.clientAuth], true))).toBe('ok');
  });

  it('a single-key certificate serves both uses only when it names both', async () => {
    const both = await leaf(issuing, { extensions: [keyUsage(['digitalSignature', 'keyEncipherment'])] });
    expect([ask(both, { purpose: 'sign' }), ask(both, { purpose: 'encrypt' })]).toEqual(['ok', 'ok']);
  });

  it('purpose ca accepts intermediates and the anchor itself, and no person', async () => {
    expect(ask(issuing.certificate, { purpose: 'ca' })).toBe('ok');
    expect(ask(root.certificate, { purpose: 'ca' })).toBe('ok');
    expect(ask(await leaf(issuing), { purpose: 'ca' })).toBe('not-a-ca');
    expect(ask(root.certificate, { purpose: 'sign' })).toBe('unknown-issuer');
  });
});

describe('validity', () => {
  it('includes its first and its last second and not the ones beside them', async () => {
    const inner = { notBefore: validity.notBefore + DAY, notAfter: validity.notAfter - DAY };
    const narrow = await leaf(issuing, inner);
    const edge = (ms: number) => ask(narrow, { at: ms });
    expect([edge(inner.notBefore - 1), edge(inner.notBefore)]).toEqual(['not-yet-valid', 'ok']);
    expect([edge(inner.notAfter), edge(inner.notAfter + 999), edge(inner.notAfter + 1000)]).toEqual([
      'ok',
      'ok',
      'expired',
    ]);
  });

  it('is only spoken of when everything else holds', async () => {
    const past = { notBefore: NOW - 50 * DAY, notAfter: NOW - DAY };
    expect(ask(await leaf(issuing, past))).toBe('expired');
    expect(ask(withBrokenSignature(await leaf(issuing, past)))).toBe('bad-signature');
    expect(ask(await leaf(issuing, { ...past, extensions: [encryptUsage()] }))).toBe('purpose');
  });

  it('of an expired certificate leaves the path as it held at its last second', async () => {
    const past = { notBefore: NOW - 50 * DAY, notAfter: NOW - DAY };
    const result = judge({ certificate: await leaf(issuing, past), ...path });
    if (result.ok) throw new Error('accepted');
    expect(result.fault.then?.at).toBe(past.notAfter);
    const longGone = { notBefore: NOW - 300 * DAY, notAfter: NOW - 200 * DAY }; // before its issuer began
    const never = judge({ certificate: await leaf(issuing, longGone), ...path });
    if (never.ok) throw new Error('accepted');
    expect([never.fault.code, never.fault.then]).toEqual(['expired', null]);
  });

  it('of an issuer counts as well, under another name', async () => {
    const old = await ca('过期', { issuer: root, notBefore: NOW - 90 * DAY, notAfter: NOW - DAY });
    const certificate = await leaf(old);
    const question = { certificate, intermediates: [old.certificate], anchors: path.anchors };
    expect(verdict(question)).toBe('issuer-out-of-date');
    expect(verdict(question, { at: NOW - 2 * DAY })).toBe('ok');
  });
});

describe('certificates outside GM', () => {
  it('hold only where the policy allows them', async () => {
    for (const signer of [rsaSigner(), p256Signer()]) {
      const other = await ca('非国密', { signer });
      const certificate = await leaf(other, { spki: rsaSigner().spki });
      const question = { certificate, anchors: [other.certificate] };
      expect([verdict(question), verdict(question, { allowNonGm: true })]).toEqual(['algorithm-not-allowed', 'ok']);
      const forged = { ...question, certificate: withBrokenSignature(certificate) };
      expect(verdict(forged, { allowNonGm: true })).toBe('bad-signature');
    }
  });

  it('never hold with SHA-1 or short RSA keys', async () => {
    for (const signer of [rsaSigner(2048, 'sha1'), rsaSigner(1024)]) {
      const weak = await ca('弱', { signer });
      const question = { certificate: await leaf(weak), anchors: [weak.certificate] };
      expect(verdict(question, { allowNonGm: true })).toBe('algorithm-not-allowed');
    }
  });

  it('an SM2 certificate over an RSA key is refused without the policy', async () => {
    const certificate = await leaf(issuing, { spki: rsaSigner().spki });
    expect([ask(certificate), ask(certificate, { allowNonGm: true })]).toEqual(['algorithm-not-allowed', 'ok']);
  });

  it('keys that are too long, or of no known kind, never hold', async () => {
    const rsa = (bits: number) =>
      sequence(
        sequence(oid(oids.rsa), derNull()),
        bitString(
          sequence(
            integer(concat(Uint8Array.of(1 << ((bits - 1) % 8)), new Uint8Array(Math.ceil(bits / 8) - 1))),
            integer(3),
          ),
        ),
      );
    const edwards = sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(32)));
    const of = async (spki: Uint8Array) => ask(await leaf(issuing, { spki }), { allowNonGm: true });
    expect([await of(rsa(2047)), await of(rsa(2048))]).toEqual(['algorithm-not-allowed', 'ok']);
    expect([await of(rsa(8192)), await of(rsa(8193))]).toEqual(['ok', 'algorithm-not-allowed']);
    expect(await of(edwards)).toBe('algorithm-not-allowed');
  });

  it('an issuer key that cannot be loaded verifies nothing', async () => {
    const halved = sequence(
      sequence(oid(oids.rsa), derNull()),
      bitString(sequence(integer(new Uint8Array(256).fill(0xff)))),
    );
    const odd = await ca('坏钥', { signer: { ...rsaSigner(), spki: halved } });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, anchors: [odd.certificate] }, { allowNonGm: true })).toBe('bad-signature');
  });

  it('an ECDSA signature under an RSA name is none', async () => {
    const odd = await ca('错名', { signer: { ...p256Signer(), algorithm: sequence(oid(oids.rsaSha256), derNull()) } });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, anchors: [odd.certificate] }, { allowNonGm: true })).toBe('bad-signature');
  });

  it('an SM2 signature as raw numbers, as keys emit it, is none in a certificate', async () => {
    const sm2 = sm2Signer(gm, gm.sm2.generateKey());
    const raw = async (tbs: Uint8Array) => {
      const numbers = readDer(await sm2.sign(tbs))?.children() ?? [];
      return concat(...numbers.map(({ content }) => concat(new Uint8Array(32), content).subarray(-32)));
    };
    const odd = await ca('裸签', { signer: { ...sm2, sign: raw } });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, anchors: [odd.certificate] })).toBe('bad-signature');
  });

  it('a P-256 key cannot pass as an SM2 issuer', async () => {
    const sm2 = sm2Signer(gm, gm.sm2.generateKey());
    const mixed = await ca('混', { signer: { ...sm2, spki: p256Signer().spki } });
    const certificate = await leaf(mixed);
    expect(verdict({ certificate, anchors: [mixed.certificate] }, { allowNonGm: true })).toBe('bad-signature');
  });

  it('parameters other than NULL beside a known algorithm are refused', async () => {
    const sm2 = sm2Signer(gm, gm.sm2.generateKey());
    const odd = await ca('参数', { signer: { ...sm2, algorithm: sequence(oid(oids.sm2WithSm3), integer(1)) } });
    const certificate = await leaf(odd);
    expect(verdict({ certificate, anchors: [odd.certificate] })).toBe('algorithm-not-allowed');
  });
});
