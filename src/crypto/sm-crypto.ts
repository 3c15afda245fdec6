import { randomBytes } from 'node:crypto';
import smCrypto from 'sm-crypto';
import utils from 'sm-crypto/src/sm2/utils.js';
import { type Bytes, concat, hex } from '#kernel/bytes.ts';
import type { Provider } from './primitives.ts';
import { Sm4Run, sm4Transform } from './sm-crypto-sm4.ts';

/**
 * The second provider, in JavaScript: the fallback where a platform's OpenSSL lacks an algorithm, and the oracle of the tests.
 *
 * - Its defaults changed between versions, so `hash` and `der` are always said. We hand it e = SM3(Z ‖ M) and say `hash: false`: its own Z takes
 *   text ids only.
 * - `doDecrypt` keeps the shared point to itself, which the trial for old clients' ciphertexts needs; of its parts we use the multiplication.
 */
export function createSmCrypto(): Provider {
  const { curve, n } = utils.generateEcparam();
  /** Its own big integers, of a library that it does not hand on. */
  const numberOf = (value: Bytes) => new n.constructor(hex(value), 16);
  return {
    name: 'sm-crypto',
    sm3,
    sm3Stream() {
      const parts: Bytes[] = [];
      return {
        update(part) {
          parts.push(Buffer.from(part));
          return this;
        },
        digest: () => sm3(parts),
      };
    },
    hmacSm3,
    hkdfSm3(ikm, salt, info, length) {
      const prk = hmacSm3(salt.length === 0 ? Buffer.alloc(32) : salt, [ikm]);
      const blocks: Bytes[] = [];
      let last: Bytes = Buffer.alloc(0);
      for (let counter = 1; (counter - 1) * 32 < length; counter += 1) {
        last = hmacSm3(prk, [last, info, Buffer.of(counter)]);
        blocks.push(last);
      }
      return concat(...blocks).subarray(0, length);
    },
    pbkdf2Sm3(password, salt, iterations, length) {
      const blocks: Bytes[] = [];
      for (let counter = 1; (counter - 1) * 32 < length; counter += 1) {
        let last = hmacSm3(password, [salt, Buffer.of(0, 0, counter >> 8, counter & 0xff)]);
        const sum = Buffer.from(last);
        for (let i = 1; i < iterations; i += 1) {
          last = hmacSm3(password, [last]);
          for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) ^ (last[at] ?? 0);
        }
        blocks.push(sum);
      }
      return concat(...blocks).subarray(0, length);
    },
    sm4Encrypt(mode, key, iv, plaintext, padding) {
      const run = new Sm4Run('encrypt', mode, key, iv, padding);
      return concat(run.update(plaintext), run.final() ?? Buffer.alloc(0));
    },
    sm4Decrypt(mode, key, iv, ciphertext, padding) {
      const run = new Sm4Run('decrypt', mode, key, iv, padding);
      const head = run.update(ciphertext);
      const rest = run.final();
      return rest === undefined ? undefined : concat(head, rest);
    },
    sm4Stream: (direction, mode, key, iv) => sm4Transform(new Sm4Run(direction, mode, key, iv, true)),
    // its own generator is RC4 over one seed; ours is the operating system's
    generate: () => bytes(smCrypto.sm2.generateKeyPairHex(hex(randomBytes(40)), 16).privateKey),
    publicOf: (d) => bytes(smCrypto.sm2.getPublicKeyFromPrivateKey(hex(d))),
    sign: (key, z, message) =>
      bytes(smCrypto.sm2.doSignature([...digest(z, message)], hex(key.d), { hash: false, der: false })),
    verify: (key, z, message, raw) => verifyDigest(key.point, digest(z, message), raw),
    encrypt(key, plaintext) {
      for (;;) {
        const made = bytes(smCrypto.sm2.doEncrypt([...plaintext], hex(key.point), 1));
        const c2 = made.subarray(96);
        if (Buffer.compare(c2, plaintext) !== 0) {
          return { point: concat(Buffer.of(4), made.subarray(0, 64)), c3: made.subarray(64, 96), c2 };
        }
      }
    },
    shared(d, point) {
      const product = curve.decodePointHex(hex(point)).multiply(numberOf(d));
      const [x, y] = [product.getX(), product.getY()].map((field) =>
        field.toBigInteger().toString(16).padStart(64, '0'),
      );
      return bytes(`${x}${y}`);
    },
  };
}

/** e, r‖s and a point that have passed the gates. Of the two libraries only this one takes e. */
export function verifyDigest(point: Bytes, e: Bytes, raw: Bytes): boolean {
  try {
    return smCrypto.sm2.doVerifySignature([...e], hex(raw), hex(point), { hash: false, der: false });
  } catch {
    return false; // sG + tP is infinity: it asks that point for its x. Whoever owns a key can make such a signature.
  }
}

const bytes = (text: string): Bytes => Buffer.from(text, 'hex');

const sm3 = (parts: readonly Bytes[]): Bytes => bytes(smCrypto.sm3(concat(...parts)));

const hmacSm3 = (key: Bytes, parts: readonly Bytes[]): Bytes =>
  bytes(smCrypto.sm3(concat(...parts), { mode: 'hmac', key: [...key] }));

const digest = (z: Bytes | null, message: readonly Bytes[]): Bytes => sm3(z === null ? message : [z, ...message]);
