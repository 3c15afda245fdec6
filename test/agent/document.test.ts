import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftwareKeyFile } from '#agent/software-key.ts';
import { createAuthority } from '#fixtures/pki/authority.ts';
import { signUsage } from '#fixtures/pki/extensions.ts';
import { makeSeal, type SealOrder } from '#fixtures/pki/seal-maker.ts';
import { type Bytes, base64, concat, fromBase64, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { parseCertificate } from '#pki/certificate.ts';
import { attribute, signedAttributes } from '#pki/cms-attributes.ts';
import { attributesToSign } from '#pki/cms-detached.ts';
import { readDer, tags } from '#pki/der.ts';
import { bitString, explicit, integer, octetString, oid, sequence, set, time, tlv } from '#pki/der-writer.ts';
import { oids } from '#pki/oids.ts';
import { parseSeal } from '#pki/ses.ts';
import { sealTbs } from '#pki/ses-signature.ts';
import {
  challenge,
  codeOf,
  type Desk,
  gm,
  good,
  handle,
  makeKey,
  openDesk,
  type Page,
  PIN,
  type Sm2KeyOptions,
  START,
} from './support.ts';

let desk: Desk;
let made: Sm2KeyOptions;
let other: Sm2KeyOptions;
beforeAll(async () => {
  desk = await openDesk();
  made = await makeKey(`${desk.keyDir}/one.json`, { label: '甲' });
  other = await makeKey(`${desk.home}/other.json`, { label: '乙' });
  desk.agent.slots.plug(made.file);
});
afterAll(() => desk.close());

const DIGEST = gm.sm3(utf8('一份投标文件'));

async function opened(label = '甲'): Promise<{ page: Page; key: string }> {
  const page = await desk.page(['enumerate', 'certificates', 'sign-document']);
  const key = await handle(page, label);
  good(await page.call('login', { key, pin: PIN }));
  return { page, key };
}

/** The elements inside this one, whole. */
const parts = (der: Bytes): Bytes[] => (readDer(der)?.children() ?? []).map((one) => one.der);

const read = (der: Bytes) => {
  const certificate = parseCertificate(gm, der);
  if (certificate === undefined) throw new Error('unreadable certificate');
  return certificate;
};

/** The attributes of a document's signature by this key, as the hub makes them. */
const attributesOf = (by: Sm2KeyOptions, signingTime = START, digest: Bytes = DIGEST): Bytes =>
  attributesToSign(gm, {
    certificate: read(by.sign.certificate),
    digest,
    signingTime,
    profile: 'gbt35275Attributes',
  });

const plain = (...more: readonly Bytes[]): Bytes => signedAttributes(oids.gmData, DIGEST, START, more);

async function sealing(more: Partial<SealOrder> = {}, at = START): Promise<Bytes> {
  const maker = { key: other.sign.key, certificate: other.sign.certificate };
  const der = await makeSeal(gm, maker, {
    generation: 'v4',
    id: 'SEAL-1',
    name: '公章',
    type: 1,
    signers: [made.sign.certificate],
    createdAt: START - 1000,
    validFrom: START - 1000,
    validTo: START + 1_000_000_000,
    picture: { format: 'PNG', data: systemRandom.bytes(60_000), width: 40, height: 40 },
    ...more,
  });
  const seal = parseSeal(gm, der);
  if (seal === undefined) throw new Error('unreadable seal');
  return sealTbs({ seal, documentHash: DIGEST, at, property: '/1' });
}

describe('signing a document', () => {
  it('gives a signature over its attributes that the certificate’s key verifies', async () => {
    const { page, key } = await opened();
    const toSign = attributesOf(made);
    const { signature, certificate } = good(await page.call('signDocument', { key, toSign: base64(toSign) }));
    expect(certificate).toBe(base64(made.sign.certificate));
    expect(gm.sm2.verify(made.sign.key.publicKey, [toSign], fromBase64(signature) ?? Buffer.alloc(0))).toBe(true);
  });

  it('gives one over a seal’s TBS_Sign, with its picture of 60 KB', async () => {
    const { page, key } = await opened();
    for (const toSign of [await sealing(), await sealing({ byDigest: true }), await sealing({ generation: 'v1' })]) {
      const { signature } = good(await page.call('signDocument', { key, toSign: base64(toSign) }));
      expect(gm.sm2.verify(made.sign.key.publicKey, [toSign], fromBase64(signature) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('takes five minutes of reading, and a hub whose clock is a little ahead', async () => {
    const { page, key } = await opened();
    for (const at of [START - 5 * 60_000, START + 30_000]) {
      good(await page.call('signDocument', { key, toSign: base64(attributesOf(made, at)) }));
    }
  });

  it('is refused for a bare digest, and for everything that does not stand for a document', async () => {
    const { page, key } = await opened();
    const { certificate: signer } = made.sign;
    const tbs = await sealing();
    const sound = attributesOf(made);
    const named = (hash: Bytes): Bytes =>
      attribute(oids.signingCertificateV2, sequence(sequence(sequence(sequence(oid(oids.sm3)), octetString(hash)))));
    const texts: Readonly<Record<string, Bytes>> = {
      nothing: new Uint8Array(),
      'a bare digest': DIGEST,
      'a digest as OCTET STRING': octetString(DIGEST),
      'a challenge': utf8(challenge({ purpose: 'sign' })),
      'a login challenge': utf8(challenge()),
      'a contract': utf8('本公司同意支付全部款项'),
      'a DigestInfo': sequence(sequence(oid(oids.sm3)), octetString(DIGEST)),
      'a certificate': signer,
      'an empty SET': set(),
      'attributes of a digest of another length': attributesOf(made, START, DIGEST.subarray(0, 20)),
      'attributes of 64 bytes': attributesOf(made, START, concat(DIGEST, DIGEST)),
      'attributes without a digest': set(
        attribute(oids.contentType, oid(oids.gmData)),
        attribute(oids.signingTime, time(START)),
      ),
      'attributes without a time': signedAttributes(oids.gmData, DIGEST, null, []),
      'attributes of yesterday': attributesOf(made, START - 86_400_000),
      'attributes of seven minutes ago': attributesOf(made, START - 7 * 60_000),
      'attributes of tomorrow': attributesOf(made, START + 86_400_000),
      'attributes of in two minutes': attributesOf(made, START + 120_000),
      'attributes of another content type': signedAttributes(oids.tstInfo, DIGEST, START, []),
      'attributes that name another certificate': attributesOf(other),
      'attributes that name another digest of one': plain(named(gm.sm3(other.sign.certificate))),
      'a foreign attribute': plain(attribute('1.2.3.4', octetString(DIGEST))),
      'a counter-signature': plain(attribute('1.2.840.113549.1.9.6', octetString(DIGEST))),
      'an attribute twice': set(
        ...[DIGEST, gm.sm3(DIGEST)].map((one) => attribute(oids.messageDigest, octetString(one))),
        attribute(oids.contentType, oid(oids.gmData)),
        attribute(oids.signingTime, time(START)),
      ),
      'attributes out of order': tlv(tags.set, ...parts(sound).reverse()),
      'attributes with something behind': concat(sound, Buffer.of(0)),
      'attributes under the tag they have in a message': concat(Buffer.of(0xa0), sound.subarray(1)),
      'a cut attribute set': sound.subarray(0, -1),
      'a seal that is not this key’s': await sealing({ signers: [other.sign.certificate] }),
      'a seal of yesterday': await sealing({}, START - 86_400_000),
      'a seal with further data': sequence(...parts(tbs), explicit(0, sequence())),
      'a seal under another version': sequence(integer(5), ...parts(tbs).slice(1)),
      'a seal over a short digest': sequence(
        ...parts(tbs).slice(0, 3),
        bitString(DIGEST.subarray(1)),
        ...parts(tbs).slice(4),
      ),
      'a TBS_Sign without a seal': sequence(integer(4), sequence(), ...parts(tbs).slice(2)),
    };
    for (const [what, bytes] of Object.entries(texts)) {
      expect(`${what}: ${codeOf(await page.call('signDocument', { key, toSign: base64(bytes) }))}`).toBe(
        `${what}: TEXT_REFUSED`,
      );
    }
    expect(codeOf(await page.call('signDocument', { key, toSign: '不是' }))).toBe('BAD_REQUEST');
  });

  it('needs its own operation, which in turn signs no challenge', async () => {
    const login = await desk.page(['enumerate', 'certificates', 'sign-login']);
    const key = await handle(login, '甲');
    good(await login.call('login', { key, pin: PIN }));
    const toSign = base64(attributesOf(made));
    expect(codeOf(await login.call('signDocument', { key, toSign }))).toBe('OPERATION_NOT_GRANTED');
    const { page, key: same } = await opened();
    expect(codeOf(await page.call('sign', { key: same, text: challenge() }))).toBe('OPERATION_NOT_GRANTED');
    expect(codeOf(await page.call('unwrap', { key: same, wrapped: 'AAAA' }))).toBe('OPERATION_NOT_GRANTED');
  });

  it('needs the PIN on this connection', async () => {
    const page = await desk.page(['enumerate', 'sign-document']);
    const key = await handle(page, '甲');
    expect(codeOf(await page.call('signDocument', { key, toSign: base64(attributesOf(made)) }))).toBe('PIN_REQUIRED');
  });

  it('alone makes room for large frames; nobody else fills this program’s memory', async () => {
    const login = await desk.page(['enumerate', 'sign-login']);
    login.raw('x'.repeat(40 * 1024)).catch(() => undefined);
    expect(await login.closed).toBe(1009);
    const { page } = await opened();
    expect(await page.raw('x'.repeat(40 * 1024))).toMatchObject({ ok: false });
    page.raw('x'.repeat(400 * 1024)).catch(() => undefined);
    expect(await page.closed).toBe(1009);
  });
});

describe('an RSA key', () => {
  const authority = createAuthority(gm, {
    subject: [['CN', '签名根']],
    notBefore: START - 1000,
    notAfter: START + 1e12,
  });

  async function rsaKey(modulusLength: number, encrypt: Sm2KeyOptions['encrypt'] | null) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
    const certificate = await (await authority).issue({
      subject: [['CN', '示例公司']],
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      notBefore: START - 1000,
      notAfter: START + 1e11,
      extensions: [signUsage()],
    });
    const file = join(desk.home, `rsa-${modulusLength}-${encrypt === null ? 'alone' : 'pair'}.json`);
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const label = `RSA ${modulusLength}`;
    const options = { file, label, pin: PIN, pinEntry: 'page', iterations: 1_000, encrypt } as const;
    createSoftwareKeyFile({ ...options, sign: { key: { pkcs8 }, certificate } }, { gm, random: systemRandom });
    return { file, label, certificate, publicKey };
  }

  for (const bits of [2048, 3072]) {
    it(`of ${bits} bits answers the raw block, which openssl verifies`, async () => {
      const rsa = await rsaKey(bits, null);
      desk.agent.slots.plug(rsa.file);
      const { page, key } = await opened(rsa.label);
      const toSign = attributesToSign(gm, {
        certificate: read(rsa.certificate),
        digest: DIGEST,
        signingTime: START,
        profile: 'rfc5652',
      });
      const { signature, certificate } = good(await page.call('signDocument', { key, toSign: base64(toSign) }));
      expect(certificate).toBe(base64(rsa.certificate));
      const [pem, value, message] = ['key.pem', 'signature.bin', 'message.bin'].map((name) => join(desk.home, name));
      writeFileSync(pem ?? '', rsa.publicKey.export({ format: 'pem', type: 'spki' }));
      writeFileSync(value ?? '', fromBase64(signature) ?? '');
      writeFileSync(message ?? '', toSign);
      const said = execFileSync('openssl', [
        'dgst',
        '-sha256',
        '-verify',
        pem ?? '',
        '-signature',
        value ?? '',
        message ?? '',
      ]);
      expect(String(said)).toContain('Verified OK');
      expect(fromBase64(signature)?.length).toBe(bits / 8);
      expect(good(await page.call('certificates', { key })).encrypt).toBe('');
      desk.agent.slots.unplug(rsa.label);
    });
  }

  it('answers the question who signs, opens what its SM2 half opens, and seals with no SM2 seal', async () => {
    const rsa = await rsaKey(2048, made.encrypt);
    desk.agent.slots.plug(rsa.file);
    const page = await desk.page(['enumerate', 'certificates', 'sign-login', 'sign-document', 'unwrap']);
    const key = await handle(page, rsa.label);
    good(await page.call('login', { key, pin: PIN }));
    good(await page.call('sign', { key, text: challenge({ purpose: 'sign' }) }));
    const wrapped = base64(await gm.sm2.encrypt(made.encrypt.key.publicKey, Buffer.from('0123456789abcdef')));
    expect(good(await page.call('unwrap', { key, wrapped }))).toMatchObject({
      key: base64(Buffer.from('0123456789abcdef')),
    });
    const toSign = await sealing({ signers: [rsa.certificate] });
    expect(codeOf(await page.call('signDocument', { key, toSign: base64(toSign) }))).toBe('TEXT_REFUSED');
    desk.agent.slots.unplug(rsa.label);
  });

  it('of 1024 bits, or another’s certificate, makes no key file', async () => {
    await expect(rsaKey(1024, null)).rejects.toThrow('2048');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { pkcs8: privateKey.export({ format: 'der', type: 'pkcs8' }) };
    const options = { ...made, file: join(desk.home, 'no.json') };
    expect(() =>
      createSoftwareKeyFile(
        { ...options, sign: { key, certificate: made.sign.certificate } },
        { gm, random: systemRandom },
      ),
    ).toThrow('another key');
  });
});
