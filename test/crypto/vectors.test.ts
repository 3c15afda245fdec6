import { describe, expect, it } from 'vitest';
import { createNodeNative } from '#crypto/node-native.ts';
import { createGm } from '#crypto/provider.ts';
import { createSmCrypto } from '#crypto/sm-crypto.ts';
import { concat, utf8 } from '#kernel/bytes.ts';
import { everyMixture, of, official, officialPrivate, publicOf, text } from './support.ts';

const key16 = utf8('0123456789abcdef');
const sm4Key = of('0123456789abcdeffedcba9876543210');

describe.each(everyMixture)('the published vectors hold (%s)', (_, gm) => {
  it('GB/T 32918.5: the private key gives the public key, Z and e', () => {
    const key = officialPrivate(gm);
    expect(text(key.publicKey.point)).toBe(text(official.point));
    expect(text(gm.sm2.z(key.publicKey))).toBe(text(official.z));
    expect(text(gm.sm3(gm.sm2.z(key.publicKey), official.message))).toBe(text(official.e));
  });

  it('GB/T 32918.5: the published signature is accepted raw, as SKF blob and as DER', () => {
    const key = publicOf(gm, official.point);
    const pad = Buffer.alloc(32);
    for (const signature of [concat(official.r, official.s), concat(pad, official.r, pad, official.s), official.der]) {
      expect(gm.sm2.verify(key, [official.message], signature)).toBe(true);
      expect(gm.sm2.verify(key, [utf8('message digesT')], signature)).toBe(false);
    }
  });

  it('what it signs, it verifies, and only as strict DER', async () => {
    const key = officialPrivate(gm);
    const signature = await gm.sm2.sign(key, [utf8('登录'), utf8('原文')]);
    expect(signature[0]).toBe(0x30);
    expect(gm.sm2.verify(key.publicKey, [utf8('登录原文')], signature)).toBe(true);
    expect(gm.sm2.verify(key.publicKey, [utf8('登录原文')], signature, 'no-z')).toBe(false);
  });

  it('GB/T 32918.5: the published ciphertext opens', async () => {
    const opened = await gm.sm2.decrypt(officialPrivate(gm), official.sm2Cipher);
    expect(opened.ok && Buffer.from(opened.plaintext).toString()).toBe('encryption standard');
    expect(opened.ok && opened.layout).toBe('der');
  });

  it('what it encrypts, it opens: one byte, leading zeros, several key-stream blocks', async () => {
    const key = gm.sm2.generateKey();
    for (const plaintext of [of('00'), of('0f'), of('00112233'), Buffer.alloc(33, 7), Buffer.alloc(1024, 1)]) {
      const opened = await gm.sm2.decrypt(key, await gm.sm2.encrypt(key.publicKey, plaintext));
      expect(opened.ok && text(opened.plaintext)).toBe(text(plaintext));
    }
  });

  it('GB/T 32905: SM3 in one piece, in parts and as a stream', () => {
    const abc = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0';
    const long = 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732';
    const empty = '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b';
    expect(text(gm.sm3(utf8('abc')))).toBe(abc);
    expect(text(gm.sm3(utf8('a'), Buffer.alloc(0), utf8('bc')))).toBe(abc);
    expect(text(gm.sm3(utf8('abcd'.repeat(16))))).toBe(long);
    expect(text(gm.sm3())).toBe(empty);
    const stream = gm.sm3Stream();
    for (let i = 0; i < 16; i += 1) stream.update(utf8('abcd'));
    expect(text(stream.digest())).toBe(long);
  });

  it('HMAC-SM3, and the sign of the interface documentation', () => {
    expect(text(gm.hmacSm3(key16, utf8('abc')))).toBe(
      '7f121eb91c94ccf54bf5d4e639f4e96eaa77bb2f0f52f875fc7c17ca0688278c',
    );
    const canonical = utf8('caUnitId=LN-BIZ-0001&orgcode=210000&taskId=T20250301000001');
    expect(text(gm.hmacSm3(key16, canonical))).toBe('50ae0d871b8f0b671bb6d583f7188a224a08fdca4513351a659b3ee2c1931ad4');
    expect(text(gm.sm3(canonical, utf8('&key='), key16))).toBe(
      '470ca7095fd1fc6460279e7cf23644d3b17632ceede590953e0197b54c30ff15',
    );
  });

  it('HKDF-SM3 is RFC 5869 over HMAC-SM3, an empty salt being 32 zero bytes', () => {
    expect(text(gm.hkdfSm3(key16, utf8('salt'), utf8('info'), 42))).toBe(
      'f49d8ebc0b82d2470043091901c2f8f866a1ca874be73288db2fcdd21d41549d38487fe54ecab5083177',
    );
    const prk = gm.hmacSm3(Buffer.alloc(32), key16);
    const first = gm.hmacSm3(prk, Buffer.of(1));
    const second = gm.hmacSm3(prk, first, Buffer.of(2));
    expect(text(gm.hkdfSm3(key16, Buffer.alloc(0), Buffer.alloc(0), 64))).toBe(text(concat(first, second)));
  });

  it('GB/T 32907 and the CBC and CTR drafts: SM4', () => {
    expect(text(gm.sm4Encrypt('ecb', sm4Key, null, sm4Key, { padding: false }))).toBe(
      '681edf34d206965e86b3e94f536e4246',
    );
    const iv = of('000102030405060708090a0b0c0d0e0f');
    const cbcPlain = of('AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDDEEEEEEEEFFFFFFFFAAAAAAAABBBBBBBB');
    const cbc = '78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d';
    expect(text(gm.sm4Encrypt('cbc', sm4Key, iv, cbcPlain, { padding: false }))).toBe(cbc);
    expect(text(gm.sm4Decrypt('cbc', sm4Key, iv, of(cbc), { padding: false }))).toBe(text(cbcPlain));
    const ctrPlain = of(`AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD
      EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFAAAAAAAAAAAAAAAABBBBBBBBBBBBBBBB`);
    const ctr = `ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7
      f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514`.replace(/\s+/g, '');
    expect(text(gm.sm4Encrypt('ctr', sm4Key, iv, ctrPlain))).toBe(ctr);
    expect(text(gm.sm4Decrypt('ctr', sm4Key, iv, of(ctr).subarray(0, 21)))).toBe(text(ctrPlain.subarray(0, 21)));
  });

  it('the Hunan samples A, B and C, and the wrapped private key of domain 1.3', () => {
    const a = utf8('{"applyno":"HN20250301000001","biddername":"湖南示例建设有限公司"}');
    const cipher = `5f35875e737cf24e14bc91f4d6e0ce2c3f39b0e6eb995eeb89ae4dd372251da9a3676f6b988d9621474da95a733a9607
      8a773bca5ac6577ddd2fe45ff025abc7ea6a7115f7bef7b73fc5db19e65ce7d4`.replace(/\s+/g, '');
    expect(text(gm.sm4Encrypt('ecb', key16, null, a))).toBe(cipher);
    expect(text(gm.sm4Decrypt('ecb', key16, null, of(cipher)))).toBe(text(a));
    expect(text(gm.sm4Encrypt('ecb', key16, null, Buffer.alloc(0)))).toBe('d14d7078d2f3a67fe00d3221dbb1d556');
    expect(text(gm.sm4Encrypt('ecb', key16, null, utf8('1234567890123456')))).toBe(
      'b75904fadcac0a89b8ebb1404ff87603d14d7078d2f3a67fe00d3221dbb1d556',
    );
    expect(text(gm.sm4Encrypt('ecb', sm4Key, null, official.d, { padding: false }))).toBe(
      'c93242c4788d6b52f4904e246488f154efb2aaf2ce8ac9d31388fe337594af91',
    );
  });

  it('an SM4 stream gives what the one call gives, whatever the chunks', async () => {
    const iv = of('000102030405060708090a0b0c0d0e0f');
    const data = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff));
    for (const mode of ['ecb', 'cbc', 'ctr'] as const) {
      const vector = mode === 'ecb' ? null : iv;
      const sealed = Buffer.from(gm.sm4Encrypt(mode, sm4Key, vector, data));
      expect(text(await through(gm.sm4Stream('encrypt', mode, sm4Key, vector), data))).toBe(text(sealed));
      expect(text(await through(gm.sm4Stream('decrypt', mode, sm4Key, vector), sealed))).toBe(text(data));
    }
  });
});

async function through(stream: NodeJS.ReadWriteStream, data: Buffer): Promise<Buffer> {
  for (let at = 0; at < data.length; at += 37) stream.write(data.subarray(at, at + 37));
  stream.end();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe('the published vectors that need a fixed nonce or a million rounds', () => {
  it('GB/T 32918.5: encryption with the published k gives the published ciphertext', async () => {
    const gm = createGm({ providers: [createNodeNative(() => official.k), createSmCrypto()] });
    expect(text(await gm.sm2.encrypt(publicOf(gm, official.point), official.plaintext))).toBe(text(official.sm2Cipher));
  });

  it('GB/T 32907 example 2: a million encryptions', () => {
    // CBC over zero blocks with the plaintext as IV feeds each ciphertext block to the next encryption
    const rounds = createGm().sm4Encrypt('cbc', sm4Key, sm4Key, Buffer.alloc(16_000_000), { padding: false });
    expect(text(rounds.subarray(rounds.length - 16))).toBe('595298c7c6fd271f0402f804c33d3f66');
  });

  it('64 KiB is the most that SM2 encrypts here', async () => {
    const gm = createGm();
    const key = gm.sm2.generateKey();
    const opened = await gm.sm2.decrypt(key, await gm.sm2.encrypt(key.publicKey, Buffer.alloc(65_536, 9)));
    expect(opened.ok && opened.plaintext.length).toBe(65_536);
    await expect(gm.sm2.encrypt(key.publicKey, Buffer.alloc(65_537))).rejects.toThrow(/1 byte to 64 KiB/);
  });
});
