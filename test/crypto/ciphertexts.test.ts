import { describe, expect, it } from 'vitest';
import { tlv, uint } from '#crypto/der.ts';
import type { Sm2PrivateKey } from '#crypto/gm.ts';
import { createNodeNative } from '#crypto/node-native.ts';
import { createGm } from '#crypto/provider.ts';
import { createSmCrypto } from '#crypto/sm-crypto.ts';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { bothProviders, of, official, officialPrivate, text } from './support.ts';

const { x1, y1, c2, c3 } = official;
const prefix = Buffer.of(4);
const pad = Buffer.alloc(32);

function skf(x: Bytes, y: Bytes, hash: Bytes, cipher: Bytes, length = cipher.length): Bytes {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(length);
  return concat(pad, x, pad, y, hash, size, cipher);
}

/** k·G for a small k, without naming a provider. */
function scalar(value: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32BE(value, 28);
  return bytes;
}

describe.each(bothProviders)('SM2 ciphertexts (%s)', (_, gm) => {
  const own = officialPrivate(gm);
  const open = async (bytes: Bytes): Promise<string> => {
    const opened = await gm.sm2.decrypt(own, bytes);
    return opened.ok ? `${opened.layout}: ${Buffer.from(opened.plaintext).toString()}` : 'refused';
  };

  it('all six layouts open, although x of the official vector begins with 04', async () => {
    expect(await open(official.sm2Cipher)).toBe('der: encryption standard');
    expect(await open(concat(prefix, x1, y1, c3, c2))).toBe('c1c3c2-04: encryption standard');
    expect(await open(concat(x1, y1, c3, c2))).toBe('c1c3c2: encryption standard');
    expect(await open(concat(prefix, x1, y1, c2, c3))).toBe('c1c2c3-04: encryption standard');
    expect(await open(concat(x1, y1, c2, c3))).toBe('c1c2c3: encryption standard');
    expect(await open(skf(x1, y1, c3, c2))).toBe('skf: encryption standard');
  });

  it('a change anywhere is one and the same refusal', async () => {
    const off = Buffer.from(x1);
    off[31] = (off[31] ?? 0) ^ 1;
    const flip = (bytes: Bytes): Bytes => Buffer.from(bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
    const wrong: readonly Bytes[] = [
      Buffer.alloc(0),
      concat(x1, y1, flip(c3), c2),
      concat(x1, y1, c3, flip(c2)),
      concat(x1, y1, c3, c2.subarray(1)),
      concat(x1, y1, c3), // no C2
      concat(prefix, x1, y1, c3),
      concat(x1, y1, c3, c2, Buffer.of(0)),
      concat(off, y1, c3, c2), // C1 off the curve: an invalid-curve attack
      concat(Buffer.of(6), x1, y1, c3, c2),
      concat(Buffer.of(2), x1, c3, c2),
      concat(Buffer.alloc(64), c3, c2),
      skf(x1, y1, flip(c3), c2),
      skf(x1, y1, c3, c2, c2.length - 1),
      concat(Buffer.alloc(32, 1), x1, pad, y1, c3, scalar(19).subarray(28), c2),
    ];
    for (const bytes of wrong) expect(await open(bytes)).toBe('refused');
  });

  it('SM2Cipher is read strictly', async () => {
    const parts = [uint(x1), uint(y1), tlv(0x04, c3), tlv(0x04, c2)] as const;
    const body = concat(...parts);
    const wrong: readonly Bytes[] = [
      concat(official.sm2Cipher, Buffer.of(0)),
      official.sm2Cipher.subarray(0, official.sm2Cipher.length - 1),
      concat(of('30817c'), body),
      tlv(0x30, tlv(0x02, Buffer.of(0), x1), parts[1], parts[2], parts[3]), // padded x
      tlv(0x30, parts[0], tlv(0x02, y1), parts[2], parts[3]), // negative y
      tlv(0x30, parts[0], parts[1], tlv(0x03, c3), parts[3]),
      tlv(0x30, parts[0], parts[1], tlv(0x04, c3.subarray(1)), parts[3]), // C3 of 31 bytes
      tlv(0x30, parts[0], parts[1], parts[2], tlv(0x04)), // C2 empty
      tlv(0x30, body, Buffer.of(5, 0)),
      tlv(0x30, parts[0], parts[1], parts[2]),
    ];
    for (const bytes of wrong) expect(await open(bytes)).toBe('refused');
  });

  it('x or y shorter than 32 bytes in DER is padded', async () => {
    const short = shortPoint(own);
    expect(await open(short.der)).toBe('der: short');
    expect(await open(short.plain)).toBe('c1c3c2: short');
  });

  it('a ciphertext whose key stream is all zero is refused', async () => {
    const one = gm.sm2.importPrivate(Buffer.of(1));
    if (one === undefined) throw new Error('1 was refused');
    const { k, point } = zeroStream();
    const plaintext = Buffer.of(0x41);
    const hash = gm.sm3(point.subarray(1, 33), plaintext, point.subarray(33));
    expect(k).toBeGreaterThan(0);
    expect(await gm.sm2.decrypt(one, concat(point, hash, plaintext))).toEqual({ ok: false });
  });
});

describe('encryption', () => {
  it('takes another k when the key stream is all zero', async () => {
    const { k } = zeroStream();
    const queue = [scalar(k), scalar(k + 1)];
    const used: Bytes[] = [];
    const provider = createNodeNative(() => {
      const nonce = queue.shift() ?? scalar(7);
      used.push(nonce);
      return nonce;
    });
    const sealed = provider.encrypt(key1().publicKey, Buffer.of(0x41));
    expect(used.map(text)).toEqual([text(scalar(k)), text(scalar(k + 1))]);
    expect(text(sealed.point)).toBe(text(plain.sm2.importPrivate(scalar(k + 1))?.publicKey.point));
  });

  it('refuses an empty plaintext, which sm-crypto cannot tell from a failure', async () => {
    await expect(plain.sm2.encrypt(key1().publicKey, Buffer.alloc(0))).rejects.toThrow(/1 byte/);
  });

  it('gives a different ciphertext each time', async () => {
    const once = await plain.sm2.encrypt(key1().publicKey, utf8('x'));
    expect(text(await plain.sm2.encrypt(key1().publicKey, utf8('x')))).not.toBe(text(once));
  });
});

const plain = createGm();

function key1(): Sm2PrivateKey {
  const key = plain.sm2.importPrivate(Buffer.of(1));
  if (key === undefined) throw new Error('1 was refused');
  return key;
}

/** The first k whose one-byte key stream is zero under the private key 1, where the shared point is C1 itself. */
function zeroStream(): { readonly k: number; readonly point: Bytes } {
  for (let k = 1; ; k += 1) {
    const point = plain.sm2.importPrivate(scalar(k))?.publicKey.point;
    if (point !== undefined && plain.sm3(point.subarray(1), scalar(1).subarray(28))[0] === 0) return { k, point };
  }
}

/** A ciphertext to `own` whose C1 has a leading zero byte in x or y. */
function shortPoint(own: Sm2PrivateKey): { readonly der: Bytes; readonly plain: Bytes } {
  for (let k = 1; ; k += 1) {
    const point = plain.sm2.importPrivate(scalar(k))?.publicKey.point;
    if (point === undefined || (point[1] !== 0 && point[33] !== 0)) continue;
    const sealed = createNodeNative(() => scalar(k)).encrypt(own.publicKey, utf8('short'));
    const x = uint(sealed.point.subarray(1, 33));
    const y = uint(sealed.point.subarray(33));
    return {
      der: tlv(0x30, x, y, tlv(0x04, sealed.c3), tlv(0x04, sealed.c2)),
      plain: concat(sealed.point.subarray(1), sealed.c3, sealed.c2),
    };
  }
}

describe('the second provider', () => {
  it('retries an all-zero key stream too, so that OpenSSL opens what it made', () => {
    const provider = createSmCrypto();
    for (let i = 0; i < 40; i += 1) {
      const sealed = provider.encrypt(key1().publicKey, Buffer.of(i));
      expect(sealed.c2[0]).not.toBe(i);
    }
  });
});
