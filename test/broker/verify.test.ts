import { generateKeyPairSync, sign as nodeSign } from 'node:crypto';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifyApi, VERIFY_PATH } from '#broker/verify.ts';
import { buildSealHouse, type SealHouse } from '#fixtures/pki/seal-house.ts';
import { makeSeal, type SealOrder } from '#fixtures/pki/seal-maker.ts';
import { type EdgeEnv, requestContext } from '#http/context.ts';
import { type Bytes, base64, concat, hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { systemRandom } from '#kernel/random.ts';
import { Secret } from '#kernel/secret.ts';
import { pem } from '#pki/certificate-text.ts';
import { signatureProfiles } from '#pki/cms-profile.ts';
import { makeSignedData } from '#pki/cms-sign.ts';
import { parseSeal } from '#pki/ses.ts';
import { makeSealSignature, sealTbs } from '#pki/ses-signature.ts';
import { judgesOf } from '#signature/validation.ts';
import { createVerification } from '#signature/verification.ts';
import type { VerifyReport } from '#signature/verify/report.ts';
import { openStore } from '#store/store.ts';
import { createSealMakers } from '#subscriber/seals/makers.ts';
import { certificateOf, gm, type Keyed, openWorld, type World } from '#test/opening/support.ts';
import { openssl, SIGN_ID } from '#test/pki/openssl.ts';
import { ringSeal } from '#test/signature/pdf/seal-picture.ts';
import { quietLog } from '#test/support/store.ts';
import { signHeaders } from '#wire/header-sign.ts';

const TEXT = '投标总报价：人民币 12,345,678.90 元';

describe('the verification service', () => {
  let world: World;
  let signer: Keyed;
  let other: Keyed;
  let house: SealHouse;
  const tool = openssl();
  const app = new Hono<EdgeEnv>();
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }));
    [signer, other] = [await world.bidder(), await world.bidder()];
    const { relyingParties, clock, trust } = world.openings.room;
    house = await buildSealHouse(gm, clock.now());
    const sealMakers = createSealMakers({ gm, trust, clock, certificates: [certificateOf(house.root)] });
    const judges = judgesOf({ gm, trust, clock, timeAuthorities: [], sealMakers });
    const verification = createVerification({ gm, judges, clock });
    app.use('*', requestContext({ random: systemRandom, https: true }));
    app.route('/', createVerifyApi({ store: world.store, gm, clock, log: quietLog, relyingParties, verification }));
  });
  afterAll(async () => {
    tool.close();
    await world.close();
    await world.store.close();
  });

  async function ask(body: JsonObject, secret = world.secret) {
    const text = JSON.stringify(body);
    const request = {
      ...{ method: 'POST', target: VERIFY_PATH, bodySm3: hex(gm.sm3(utf8(text))) },
      timestamp: String(world.clock.now()),
      nonce: hex(systemRandom.bytes(12)),
    };
    const headers = {
      'X-Ca-Unit-Id': world.unit.id,
      'X-Ca-Timestamp': request.timestamp,
      'X-Ca-Nonce': request.nonce,
      'X-Ca-Sign': signHeaders(gm, new Secret(secret), request),
    };
    const reply = await app.request(VERIFY_PATH, { method: 'POST', headers, body: text });
    const answer = (await reply.json()) as { code: number; msg: string; errData?: string; data: VerifyReport };
    return { ...answer, status: reply.status };
  }
  /** Result, how it was written, and the first thing against it. */
  const told = async (body: JsonObject) => {
    const { code, msg, data } = await ask(body);
    return code === 200 ? [data.result, data.form, data.reason] : [code, msg];
  };
  const certificate = () => base64(signer.signCertificate);
  const NO_MATCH = '签名值与证书、原文不符：原文被改动，或不是这张证书签的';

  describe('of a bare signature', () => {
    it('takes SM2 as DER, as r‖s, as a key’s blob; in base64, hex and PEM certificates', async () => {
      const der = await gm.sm2.sign(signer.signKey, [utf8(TEXT)]);
      const raw = rawOf(der);
      const blob = concat(Buffer.alloc(32), raw.subarray(0, 32), Buffer.alloc(32), raw.subarray(32));
      const forms: [Bytes, string][] = [
        [der, 'sm2-der'],
        [raw, 'sm2-raw'],
        [blob, 'sm2-key'],
      ];
      for (const [signature, form] of forms) {
        const given = { text: TEXT, certificate: certificate() };
        expect(await told({ ...given, signature: base64(signature) })).toEqual(['valid', form, '']);
        expect(await told({ ...given, signature: hex(signature).toUpperCase() })).toEqual(['valid', form, '']);
      }
      const asPem = { content: base64(utf8(TEXT)), certificate: pem(signer.signCertificate), signature: base64(der) };
      expect(await told(asPem)).toEqual(['valid', 'sm2-der', '']);
    });

    it('made by openssl holds, and another text or another person’s certificate does not', async () => {
      const { d, point } = { d: gm.sm2.exportPrivate(signer.signKey), point: signer.signKey.publicKey.point };
      tool.file('key.der', sm2KeyDer(d, point));
      tool.file('text', utf8(TEXT));
      tool.run('dgst', '-sm3', '-sign', 'key.der', '-keyform', 'DER', ...SIGN_ID, '-out', 'signature', 'text');
      const signature = tool.run('base64', '-in', 'signature');
      expect(await told({ text: TEXT, signature, certificate: certificate() })).toEqual(['valid', 'sm2-der', '']);
      const changed = { text: `${TEXT}整`, signature, certificate: certificate() };
      expect(await told(changed)).toEqual(['invalid', 'sm2-der', NO_MATCH]);
      const foreign = { text: TEXT, signature, certificate: base64(other.signCertificate) };
      expect(await told(foreign)).toEqual(['invalid', 'sm2-der', NO_MATCH]);
    });

    it('is judged from e; from the digest of the text alone it cannot be, and says why', async () => {
      const signature = base64(await gm.sm2.sign(signer.signKey, [utf8(TEXT)]));
      const e = gm.sm3(gm.sm2.z(signer.signKey.publicKey), utf8(TEXT));
      const given = { signature, certificate: certificate() };
      const digest = (value: Bytes, of: string) => ({ digest: { algorithm: 'sm3', value: hex(value), of } });
      expect(await told({ ...given, ...digest(e, 'e') })).toEqual(['valid', 'sm2-der', '']);
      expect((await told({ ...given, ...digest(gm.sm3(utf8('别的')), 'e') }))[0]).toBe('invalid');
      const [result, , reason] = await told({ ...given, ...digest(gm.sm3(utf8(TEXT)), 'content') });
      expect([result, reason]).toEqual([
        'indeterminate',
        'SM2 签名的杂凑值含签名者标识，仅凭原文的 SM3 不能判定；请提交原文，或提交含标识的杂凑值 e',
      ]);
    });

    it('with an id of its own, or made without one, holds only when that is said', async () => {
      const own = await gm.sm2.sign(signer.signKey, [utf8(TEXT)], utf8('辽宁示例'));
      const bare = await gm.sm2.sign(signer.signKey, [utf8(TEXT)], 'no-z');
      const given = { text: TEXT, certificate: certificate() };
      expect((await told({ ...given, signature: base64(own), signerId: '辽宁示例' }))[0]).toBe('valid');
      expect((await told({ ...given, signature: base64(own) }))[0]).toBe('invalid');
      expect((await told({ ...given, signature: base64(bare), signerId: '' }))[0]).toBe('valid');
      expect((await told({ ...given, signature: base64(bare) }))[0]).toBe('invalid');
    });

    it('of RSA is judged from text and from digest, and its issuer being unknown is said', async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      tool.file('rsa.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
      tool.run('req', '-x509', '-new', '-key', 'rsa.pem', '-subj', '/CN=RSA', '-days', '3650', '-out', 'rsa.crt');
      const rsa = tool.run('x509', '-in', 'rsa.crt');
      for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
        const signature = nodeSign(hash, utf8(TEXT), privateKey);
        tool.file('signed', utf8(TEXT));
        const value = tool.run('dgst', `-${hash}`, '-r', 'signed').split(' ')[0] ?? '';
        for (const content of [{ text: TEXT }, { digest: { algorithm: hash, value } }]) {
          const { data } = await ask({ ...content, signature: base64(signature), certificate: rsa });
          const [one] = data.signers;
          const checks = one?.checks.map(({ id, result }) => `${id} ${result}`);
          expect([data.result, one?.algorithm, one?.certificate?.gm, checks]).toEqual([
            'indeterminate',
            `RSA-${hash.toUpperCase()}`,
            false,
            ['value passed', 'chain unknown'],
          ]);
        }
        const wrong = { text: `${TEXT}整`, signature: base64(signature), certificate: rsa };
        expect((await told(wrong))[0]).toBe('invalid');
      }
      const weak = base64(nodeSign('sha1', utf8(TEXT), privateKey));
      expect((await told({ text: TEXT, signature: weak, certificate: rsa }))[0]).toBe('invalid');
    });

    it('that is no signature at all is invalid, and nothing is taken for one', async () => {
      const given = { text: TEXT, certificate: certificate() };
      for (const junk of [Buffer.alloc(64), Buffer.from('MII'), systemRandom.bytes(71), Buffer.alloc(128, 0xff)])
        expect((await told({ ...given, signature: base64(junk) }))[0]).toBe('invalid');
    });
  });

  describe('of a message', () => {
    const message = async (by: Keyed, more: object = {}, content = TEXT) => {
      const made = await makeSignedData(gm, {
        content: utf8(content),
        profile: signatureProfiles.gbt35275Attributes,
        signingTime: world.clock.now(),
        signers: [
          {
            certificate: certificateOf(by.signCertificate),
            sign: (parts, id) => gm.sm2.sign(by.signKey, parts, id),
          },
        ],
        ...more,
      });
      if (!made.ok) throw new Error(made.fault);
      return base64(made.der);
    };

    it('holds with its content inside, with the text, and with the text’s digest alone', async () => {
      const detached = await message(signer, { detached: true });
      const digest = { algorithm: 'sm3', value: hex(gm.sm3(utf8(TEXT))) };
      expect(await told({ signature: await message(signer) })).toEqual(['valid', 'cms', '']);
      expect(await told({ signature: detached, text: TEXT })).toEqual(['valid', 'cms', '']);
      expect(await told({ signature: detached, digest })).toEqual(['valid', 'cms', '']);
      const directly = await message(signer, {
        detached: true,
        profile: signatureProfiles.gbt35275,
        signingTime: undefined,
      });
      expect(await told({ signature: directly, text: TEXT })).toEqual(['valid', 'cms', '']);
    });

    it('names signer, chain and time, and masks what is a person’s', async () => {
      const { data } = await ask({ signature: await message(signer) });
      const [one] = data.signers;
      const { unitName, unitCode } = signer.company;
      expect(one?.certificate?.holder).toBe(
        `${unitName.slice(0, 2)}${'*'.repeat(unitName.length - 4)}${unitName.slice(-2)}`,
      );
      expect(JSON.stringify(data)).not.toContain(unitCode);
      expect(one?.chain.length).toBeGreaterThan(0);
      expect(one?.time).toEqual({
        source: 'claimed',
        at: new Date(world.clock.now()).toISOString().replace(/\d{3}Z/, '000Z'),
      });
      expect(one?.certificate?.fingerprint).toBe(hex(gm.sm3(signer.signCertificate)));
    });

    it('over another text is invalid; without any content it cannot be judged', async () => {
      const detached = await message(signer, { detached: true });
      expect(await told({ signature: detached, text: `${TEXT}整` })).toEqual(['invalid', 'cms', '原文与签名时不一致']);
      expect(await told({ signature: await message(signer), text: '别的' })).toEqual([
        'invalid',
        'cms',
        '原文与签名时不一致',
      ]);
      expect((await told({ signature: detached }))[0]).toBe('indeterminate');
    });

    it('that openssl made is read, with attributes and without; openssl 3 makes them with RSA alone', async () => {
      tool.run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'cms.pem');
      tool.run('req', '-x509', '-new', '-key', 'cms.pem', '-subj', '/CN=RSA', '-days', '3650', '-out', 'cms.crt');
      tool.file('cms.txt', utf8(TEXT));
      const sign = ['cms', '-sign', '-binary', '-in', 'cms.txt', '-signer', 'cms.crt', '-inkey', 'cms.pem'];
      for (const more of [[], ['-noattr'], ['-nodetach']]) {
        const signature = tool.run(...sign, '-md', 'sha256', ...more, '-outform', 'PEM');
        const { data } = await ask({ signature, text: TEXT });
        const checks = data.signers[0]?.checks.map(({ id, result }) => `${id} ${result}`);
        expect([data.form, data.signers[0]?.algorithm, checks]).toEqual([
          'cms',
          'RSA-SHA256',
          ['digest passed', 'value passed', 'chain unknown'],
        ]);
        expect((await told({ signature, text: 'x' }))[0]).toBe('invalid');
      }
    });

    it('with two signers is as good as the worse of them', async () => {
      const signers = [signer, other].map((by) => ({
        certificate: certificateOf(by.signCertificate),
        sign: (parts: readonly Bytes[], id: Parameters<typeof gm.sm2.sign>[2]) => gm.sm2.sign(by.signKey, parts, id),
      }));
      const { data } = await ask({ signature: await message(signer, { signers }) });
      expect([data.result, data.signers.map(({ result }) => result)]).toEqual(['valid', ['valid', 'valid']]);
    });
  });

  it('judges an electronic seal’s signature over a text or its digest', async () => {
    const now = world.clock.now();
    const order: SealOrder = {
      ...{ generation: 'v4', id: '2101000001', name: '合同专用章', type: 1, signers: [signer.signCertificate] },
      ...{ createdAt: now - 1000, validFrom: now - 1000, validTo: now + 86_400_000 },
      picture: { format: 'PNG', data: ringSeal().bytes, width: 40, height: 40 },
    };
    const sealedWith = async (der: Uint8Array): Promise<string> => {
      const seal = parseSeal(gm, der);
      if (seal === undefined) throw new Error('no seal');
      const tbs = sealTbs({ seal, documentHash: gm.sm3(utf8(TEXT)), at: now, property: 'urn:text' });
      const value = await gm.sm2.sign(signer.signKey, [tbs]);
      return base64(makeSealSignature(tbs, certificateOf(signer.signCertificate), value));
    };
    const signature = await sealedWith(await house.make(order));
    expect(await told({ signature, text: TEXT })).toEqual(['valid', 'seal', '']);
    const digest = { algorithm: 'sm3', value: hex(gm.sm3(utf8(TEXT))) };
    expect(await told({ signature, digest })).toEqual(['valid', 'seal', '']);
    expect((await told({ signature, text: '别的' }))[0]).toBe('invalid');
    const company = { key: other.signKey, certificate: other.signCertificate };
    const forged = await sealedWith(await makeSeal(gm, company, order));
    expect((await told({ signature: forged, text: TEXT }))[0]).toBe('indeterminate');
  });

  it('refuses what is not a question, and strangers', async () => {
    const signature = base64(await gm.sm2.sign(signer.signKey, [utf8(TEXT)]));
    expect((await ask({ text: TEXT, signature }))['errData']).toContain('FIELD_MISSING');
    expect((await ask({ text: TEXT, signature, certificate: 'x' }))['errData']).toContain('CERTIFICATE_UNREADABLE');
    expect((await ask({ text: TEXT, content: '', signature }))['errData']).toContain('FIELD_INVALID');
    expect((await ask({ txt: TEXT, signature }))['errData']).toContain('FIELD_INVALID');
    expect((await ask({ text: TEXT, signature: '?' }))['errData']).toContain('FIELD_INVALID');
    const digest = { algorithm: 'md5', value: '00' };
    expect((await ask({ digest, signature, certificate: certificate() }))['errData']).toContain('FIELD_INVALID');
    expect((await ask({ text: TEXT, signature }, 'x'.repeat(32))).status).toBe(401);
  });
});

/** r‖s of a DER signature, by the test's own hand. */
function rawOf(der: Bytes): Bytes {
  const first = der[3] ?? 0;
  const part = (at: number, length: number) => Buffer.from(der.subarray(at, at + length));
  const pad = (bytes: Buffer) => Buffer.concat([Buffer.alloc(32), bytes]).subarray(-32);
  return Buffer.concat([pad(part(4, first)), pad(part(6 + first, der[5 + first] ?? 0))]);
}

/** RFC 5915, as openssl reads it. */
function sm2KeyDer(d: Bytes, point: Bytes): Bytes {
  const curve = Buffer.from('06082a811ccf5501822d', 'hex');
  const body = Buffer.concat([
    Buffer.from('0201010420', 'hex'),
    d,
    Buffer.concat([Buffer.of(0xa0, curve.length), curve]),
    Buffer.concat([Buffer.of(0xa1, 0x44, 0x03, 0x42, 0x00), point]),
  ]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}
