import { describe, expect, it } from 'vitest';
import type { Sm4Mode } from '#crypto/gm.ts';
import { DAY } from '#fixtures/pki/authority.ts';
import { encryptUsage } from '#fixtures/pki/extensions.ts';
import { type Bytes, concat, fromHex, utf8 } from '#kernel/bytes.ts';
import { systemRandom as random } from '#kernel/random.ts';
import { contentInfo, refDer } from '#pki/cms.ts';
import { type EnvelopeProfile, envelopeProfiles, makeEnvelopedData } from '#pki/cms-envelop.ts';
import { parseEnvelopedData, recipientsFor } from '#pki/cms-enveloped.ts';
import { openEnvelopedData, sm2Opener } from '#pki/cms-open.ts';
import { implicit, integer, octetString, oid, sequence, set } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { validatePath } from '#pki/path.ts';
import { ca, gm, leaf, NOW, read, validity } from './support.ts';

const root = await ca('根');
const content = utf8('密文保函 '.repeat(40));

/** A key with its encryption certificate and the proof of it. */
async function recipient(key = gm.sm2.generateKey(), dates = validity) {
  const der = await leaf(root, { spki: gm.sm2.spki(key.publicKey), extensions: [encryptUsage()], ...dates });
  const certificate = read(der);
  const anchors = [read(root.certificate)];
  const path = validatePath(gm, { certificate, intermediates: [], anchors, at: NOW, purpose: 'encrypt' });
  const verified = path.ok ? path.verified : path.fault.then;
  if (verified === null) throw new Error('no path');
  return { key, certificate, verified, opener: sm2Opener(gm, key, [certificate]) };
}
const [first, second, stranger] = [await recipient(), await recipient(), await recipient()];

async function seal(profile: EnvelopeProfile, recipients = [first, second]): Promise<Bytes> {
  const verified = recipients.map((one) => one.verified);
  const made = await makeEnvelopedData(gm, { content, recipients: verified, profile, random });
  if (!made.ok) throw new Error(made.fault);
  return made.der;
}

async function open(der: Bytes, by = first.opener, modes?: readonly Sm4Mode[]): Promise<Bytes | undefined> {
  const envelope = parseEnvelopedData(der);
  const opened = envelope && (await openEnvelopedData(gm, envelope, by, modes));
  return opened?.ok ? opened.content : undefined;
}

describe('an enveloped message', () => {
  it.each(Object.entries(envelopeProfiles))(
    'as %s makes it opens for each recipient and nobody else',
    async (_, profile) => {
      const der = await seal(profile);
      expect([await open(der), await open(der, second.opener)]).toEqual([content, content]);
      expect(await open(der, stranger.opener)).toBeUndefined();
      expect(parseEnvelopedData(der)?.family).toBe(profile.family);
    },
  );

  it('opens for a key whose certificate was renewed, and not for another key under the same name and serial', async () => {
    const renewed = await recipient(first.key);
    const der = await seal(envelopeProfiles.gbt35275);
    expect(await open(der, sm2Opener(gm, first.key, [renewed.certificate]))).toBeUndefined();
    expect(await open(der, sm2Opener(gm, first.key, [renewed.certificate, first.certificate]))).toEqual(content);
    expect(sm2Opener(gm, stranger.key, [first.certificate]).certificates).toEqual([]);
  });

  it('opens after the certificate has ended', async () => {
    const old = await recipient(gm.sm2.generateKey(), { notBefore: NOW - 90 * DAY, notAfter: NOW - DAY });
    expect(await open(await seal(envelopeProfiles.rfc5652, [old]), old.opener)).toEqual(content);
  });

  it('is made for verified encryption certificates only', async () => {
    const signing = read(await leaf(root));
    const anchors = [read(root.certificate)];
    const path = validatePath(gm, { certificate: signing, intermediates: [], anchors, at: NOW, purpose: 'sign' });
    if (!path.ok) throw new Error('no path');
    const request = { content, profile: envelopeProfiles.gbt35275, random };
    const refused = { ok: false, fault: 'recipient-not-verified' };
    expect(await makeEnvelopedData(gm, { ...request, recipients: [path.verified] })).toEqual(refused);
    const forged = Object.assign(Object.create(Object.getPrototypeOf(first.verified)), first.verified);
    expect(await makeEnvelopedData(gm, { ...request, recipients: [forged] })).toEqual(refused);
    expect(await makeEnvelopedData(gm, { ...request, recipients: [] })).toEqual({ ok: false, fault: 'no-recipient' });
  });

  it('fails in one way whatever is wrong', async () => {
    const der = await seal(envelopeProfiles.gbt35275, [first]);
    const envelope = parseEnvelopedData(der);
    const [copy] = envelope?.recipients ?? [];
    if (envelope === undefined || copy === undefined) throw new Error('unreadable');
    const wrong = [
      { ...envelope, recipients: [] },
      { ...envelope, recipients: [{ ...copy, encryptedKey: copy.encryptedKey.subarray(1) }] },
      {
        ...envelope,
        recipients: [{ ...copy, encryptedKey: await gm.sm2.encrypt(first.key.publicKey, random.bytes(16)) }],
      },
      {
        ...envelope,
        recipients: [{ ...copy, encryptedKey: await gm.sm2.encrypt(first.key.publicKey, random.bytes(15)) }],
      },
      { ...envelope, recipients: [{ ...copy, algorithm: { oid: oids.rsa, parameters: null } }] },
      { ...envelope, ciphertext: envelope.ciphertext.subarray(1) },
      { ...envelope, ciphertext: new Uint8Array(0) },
    ];
    for (const one of wrong) expect(await openEnvelopedData(gm, one, first.opener)).toEqual({ ok: false });
  });

  it('of the demo layouts: CTR and ECB only where the vendor has them, and …104 without an iv never', async () => {
    const key = random.bytes(16);
    const iv = random.bytes(16);
    const build = async (algorithm: Bytes, ciphertext: Bytes): Promise<Bytes> => {
      const wrapped = octetString(await gm.sm2.encrypt(first.key.publicKey, key));
      const info = sequence(
        integer(0),
        refDer(gm, 'issuer-serial', first.certificate),
        sequence(oid(oids.sm2Encrypt)),
        wrapped,
      );
      const encrypted = sequence(oid(oids.gmData), algorithm, implicit(0, ciphertext));
      return contentInfo(oids.gmEnvelopedData, sequence(integer(0), set(info), encrypted));
    };
    const ctr = await build(sequence(oid(oids.sm4Ctr), octetString(iv)), gm.sm4Encrypt('ctr', key, iv, content));
    const ecb = await build(sequence(oid(oids.sm4Ecb)), gm.sm4Encrypt('ecb', key, null, content));
    for (const [der, mode] of [
      [ctr, 'ctr'],
      [ecb, 'ecb'],
    ] as const) {
      expect(await open(der)).toBeUndefined();
      expect(await open(der, first.opener, ['cbc', mode])).toEqual(content);
    }
    const bare = await build(sequence(oid(oids.sm4)), gm.sm4Encrypt('ecb', key, null, content));
    expect(parseEnvelopedData(bare)).toBeUndefined();
    const cbc = await build(sequence(oid(oids.sm4), octetString(iv)), gm.sm4Encrypt('cbc', key, iv, content));
    expect(await open(cbc)).toEqual(content);
  });

  it('names its recipients, and is not read in indefinite length', async () => {
    const der = await seal(envelopeProfiles.cfca);
    const envelope = parseEnvelopedData(der);
    if (envelope === undefined) throw new Error('unreadable');
    expect(recipientsFor(gm, envelope, [second.certificate]).length).toBe(1);
    expect(recipientsFor(gm, envelope, [stranger.certificate])).toEqual([]);
    const indefinite = concat(fromHex('3080') ?? der, der.subarray(4), fromHex('0000') ?? der);
    expect(parseEnvelopedData(indefinite)).toBeUndefined();
  });
});
