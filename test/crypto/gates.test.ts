import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tlv, uint } from '#crypto/der.ts';
import { createGm } from '#crypto/provider.ts';
import { readSignature } from '#crypto/wire.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { bothProviders, of, official, officialPrivate, publicOf, text } from './support.ts';

const plain = createGm();
const { n, r, s } = official;
const p = of('fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff');
const prefix = Buffer.of(4);
const zero = Buffer.alloc(32);
const pad = Buffer.alloc(32);

/** value + step, 32 bytes. */
const plus = (value: Bytes, step: bigint): Buffer =>
  of((BigInt(`0x${text(value)}`) + step).toString(16).padStart(64, '0').slice(-64));

describe.each(bothProviders)('the gates (%s)', (_, gm) => {
  const key = publicOf(gm, official.point);
  const accepts = (signature: Bytes): boolean => gm.sm2.verify(key, [official.message], signature);

  it('Z follows the signer id: default, empty, not ASCII, none', async () => {
    const own = officialPrivate(gm);
    const ids = ['default', Buffer.alloc(0), utf8('1234567812345678'), utf8('辽宁示例'), 'no-z'] as const;
    const signatures = await Promise.all(ids.map((id) => gm.sm2.sign(own, [official.message], id)));
    const matrix = signatures.map((signature) =>
      ids.map((id) => gm.sm2.verify(key, [official.message], signature, id)),
    );
    expect(matrix).toEqual([
      [true, false, true, false, false],
      [false, true, false, false, false],
      [true, false, true, false, false],
      [false, false, false, true, false],
      [false, false, false, false, true],
    ]);
    expect(gm.sm2.z(key, 'no-z')).toHaveLength(0);
  });

  it('a signature is verified from e as from the message, and from nothing shorter or longer', async () => {
    const e = gm.sm3(gm.sm2.z(key), official.message);
    const own = officialPrivate(gm);
    const der = await gm.sm2.sign(own, [official.message]);
    expect(gm.sm2.verifyDigest(own.publicKey, e, der)).toBe(gm.sm2.verify(own.publicKey, [official.message], der));
    expect(gm.sm2.verifyDigest(key, e, concat(r, s))).toBe(true);
    expect(gm.sm2.verifyDigest(key, gm.sm3(official.message), concat(r, s))).toBe(false);
    for (const wrong of [e.subarray(1), concat(zero.subarray(0, 1), e), new Uint8Array(0)])
      expect(gm.sm2.verifyDigest(key, wrong, concat(r, s))).toBe(false);
    for (const bad of [concat(zero, s), concat(r, zero), concat(n, s), new Uint8Array(0)])
      expect(gm.sm2.verifyDigest(key, e, bad)).toBe(false);
  });

  it('a public key is a 65-byte point, 64-byte x‖y or the exact SPKI of an SM2 key', () => {
    const spki = gm.sm2.spki(key);
    expect(spki).toHaveLength(91);
    for (const form of [official.point, official.point.subarray(1), spki]) {
      expect(text(gm.sm2.importPublic(form)?.point)).toBe(text(official.point));
    }
  });

  it('every other public key is refused: hybrid, compressed, infinite, off the curve, x >= p, foreign or trailing', () => {
    const x = official.point.subarray(1, 33);
    const y = official.point.subarray(33);
    const spki = Buffer.from(gm.sm2.spki(key));
    const p256 = Buffer.from(spki);
    p256.set(of('2a8648ce3d030107'), 15);
    for (const wrong of [
      concat(Buffer.of(6), x, y),
      concat(Buffer.of(7), x, y),
      concat(Buffer.of(3), x),
      Buffer.of(0),
      Buffer.alloc(0),
      Buffer.alloc(65),
      concat(prefix, Buffer.alloc(64)),
      concat(prefix, x, plus(y, 1n)),
      concat(prefix, plus(x, 1n), y),
      concat(prefix, p, y),
      concat(official.point, Buffer.of(0)),
      concat(spki, Buffer.of(0)),
      spki.subarray(0, 90),
      p256,
      concat(spki.subarray(0, 26), Buffer.of(6), x, y),
    ]) {
      expect(gm.sm2.importPublic(wrong)).toBeUndefined();
    }
  });

  it('x at or beyond p is refused although the equation holds modulo p', () => {
    const root = rootOfB();
    expect(gm.sm2.importPublic(concat(prefix, zero, root))).toBeDefined();
    expect(gm.sm2.importPublic(concat(prefix, p, root))).toBeUndefined();
  });

  it('a private key is 1 to n-2, left-padded, its public part computed', () => {
    for (const wrong of [
      Buffer.alloc(0),
      zero,
      plus(n, -1n),
      n,
      plus(n, 1n),
      Buffer.alloc(32, 0xff),
      Buffer.alloc(33),
    ]) {
      expect(gm.sm2.importPrivate(wrong)).toBeUndefined();
    }
    for (const good of [Buffer.of(1), of('0102'), plus(n, -2n), official.d]) {
      const imported = gm.sm2.importPrivate(good);
      expect(imported && text(gm.sm2.exportPrivate(imported))).toBe(text(good)?.padStart(64, '0'));
      expect(imported && gm.sm2.importPublic(imported.publicKey.point)).toBe(imported?.publicKey);
    }
  });

  it('d = n-2 signs and returns', async () => {
    const edge = gm.sm2.importPrivate(plus(n, -2n));
    if (edge === undefined) throw new Error('n-2 was refused');
    const signature = await gm.sm2.sign(edge, [official.message]);
    expect(gm.sm2.verify(edge.publicKey, [official.message], signature)).toBe(true);
  });

  it('a private key shows nothing of itself', () => {
    const own = officialPrivate(gm);
    expect(Object.keys(own)).toEqual(['publicKey']);
    expect(JSON.stringify(own).toLowerCase()).not.toContain(text(official.d));
  });

  it('a signature with a figure out of range is false, in every form', () => {
    const pairs: readonly (readonly [Bytes, Bytes])[] = [
      [zero, s],
      [r, zero],
      [n, s],
      [r, n],
      [plus(r, 1n), s],
      [r, of('f'.repeat(64))],
      [r, of((BigInt(`0x${text(n)}`) - BigInt(`0x${text(r)}`)).toString(16).padStart(64, '0'))], // r + s = n
    ];
    for (const [a, b] of pairs) {
      expect(accepts(concat(a, b))).toBe(false);
      expect(accepts(concat(pad, a, pad, b))).toBe(false);
      expect(accepts(tlv(0x30, uint(a), uint(b)))).toBe(false);
    }
  });

  it('a signature that is not strict DER is false', () => {
    const body = concat(uint(r), uint(s));
    const wrong: readonly Bytes[] = [
      Buffer.alloc(0),
      concat(official.der, Buffer.of(0)),
      official.der.subarray(0, official.der.length - 1),
      concat(of('308146'), body), // long-form length
      concat(of('30820046'), body),
      concat(of('3080'), body, of('0000')), // indefinite length
      concat(of('3146'), body),
      tlv(0x30, tlv(0x03, Buffer.of(0), r), uint(s)), // BIT STRING for r
      tlv(0x30, tlv(0x02, r), tlv(0x02, s)), // negative
      tlv(0x30, tlv(0x02, of('0000'), r), uint(s)), // padded
      tlv(0x30, uint(r), uint(s), uint(Buffer.of(1))), // a third member
      tlv(0x30, uint(r)),
      tlv(0x30, body, Buffer.of(0)),
    ];
    for (const signature of wrong) expect(accepts(signature)).toBe(false);
  });

  it('a raw signature is 64 bytes, an SKF blob right-aligned', () => {
    expect(accepts(concat(r, Buffer.of(0), s))).toBe(false);
    expect(accepts(concat(r, s, Buffer.of(0)))).toBe(false);
    expect(accepts(concat(r, pad, s, pad))).toBe(false);
    expect(accepts(concat(Buffer.alloc(32, 1), r, pad, s))).toBe(false);
  });

  it('SM4 refuses a wrong padding, length or iv instead of answering nothing', () => {
    const k = of('0123456789abcdeffedcba9876543210');
    const iv = Buffer.alloc(16);
    const block = (last: string): Bytes => gm.sm4Encrypt('cbc', k, iv, of(last.padStart(32, 'a')), { padding: false });
    expect(text(gm.sm4Decrypt('cbc', k, iv, block('0202')))).toHaveLength(28);
    for (const last of ['00', '11', 'ff', '0103', '0303']) {
      expect(gm.sm4Decrypt('cbc', k, iv, block(last))).toBeUndefined();
    }
    const sealed = gm.sm4Encrypt('cbc', k, iv, utf8('0123456789abcdef'));
    expect(gm.sm4Decrypt('cbc', k, iv, Buffer.alloc(0))).toBeUndefined();
    expect(gm.sm4Decrypt('ecb', k, null, Buffer.alloc(0))).toBeUndefined();
    expect(gm.sm4Decrypt('cbc', k, iv, sealed.subarray(0, 31))).toBeUndefined();
    expect(gm.sm4Decrypt('cbc', k, iv, sealed.subarray(0, 16))).toBeUndefined();
    expect(gm.sm4Decrypt('cbc', k, iv.subarray(1), sealed)).toBeUndefined();
    expect(gm.sm4Decrypt('cbc', k, null, sealed)).toBeUndefined();
    expect(gm.sm4Decrypt('ecb', k, iv, sealed)).toBeUndefined();
    expect(gm.sm4Decrypt('cbc', k.subarray(1), iv, sealed)).toBeUndefined();
    expect(gm.sm4Decrypt('ctr', k, iv, Buffer.alloc(0))).toHaveLength(0);
  });

  it('a wrong key length from our own code is a fault, not an answer', () => {
    expect(() => gm.sm4Encrypt('cbc', Buffer.alloc(15), Buffer.alloc(16), utf8('x'))).toThrow(/16-byte key/);
    expect(() => gm.sm4Encrypt('cbc', Buffer.alloc(16), null, utf8('x'))).toThrow(/16-byte/);
    expect(() => gm.sm4Encrypt('ecb', Buffer.alloc(16), null, utf8('x'), { padding: false })).toThrow(/whole blocks/);
    expect(() => gm.sm4Stream('encrypt', 'ctr', Buffer.alloc(16), Buffer.alloc(15))).toThrow(/16-byte/);
    expect(() => gm.hkdfSm3(utf8('k'), utf8(''), utf8(''), 8161)).toThrow(/8160/);
  });

  it('no bytes whatever make it throw', async () => {
    const own = officialPrivate(gm);
    const bytes = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        expect(gm.sm2.verify(key, [official.message], data)).toBe(false);
        expect(gm.sm2.importPublic(data)).toBeUndefined();
        expect(await gm.sm2.decrypt(own, data)).toEqual({ ok: false });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the length of a signature decides its form', () => {
  it('a raw signature that begins like DER is read as raw', async () => {
    const own = plain.sm2.generateKey();
    const begins30 = async (): Promise<{ message: Bytes; raw: Bytes }> => {
      for (let i = 0; ; i += 1) {
        const message = utf8(`message ${i}`);
        const raw = readSignature(await plain.sm2.sign(own, [message]));
        if (raw?.[0] === 0x30) return { message, raw };
      }
    };
    const { message, raw } = await begins30();
    expect(plain.sm2.verify(own.publicKey, [message], raw)).toBe(true);
  });
});

/** The y of the curve's point with x = 0: √b, since p = 3 mod 4. */
function rootOfB(): Buffer {
  const modulus = BigInt(`0x${text(p)}`);
  let base = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
  let root = 1n;
  for (let exponent = (modulus + 1n) / 4n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) root = (root * base) % modulus;
    base = (base * base) % modulus;
  }
  return of(root.toString(16).padStart(64, '0'));
}
