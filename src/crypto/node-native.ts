import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign,
  createVerify,
  hkdfSync,
  type KeyObject,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto';
import { type Bytes, base64, concat } from '#kernel/bytes.ts';
import { curve, isScalar, leftPad } from './curve.ts';
import { tlv, uint } from './der.ts';
import type { Sm2PublicKey } from './gm.ts';
import { mask } from './kdf.ts';
import type { PrivateMaterial, Provider } from './primitives.ts';
import { readSignature, writeSignature, writeSpki } from './wire.ts';

const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const PRIME_FIELD = Buffer.from('06072a8648ce3d0101', 'hex');
const SM2_CURVE = Buffer.from('06082a811ccf5501822d', 'hex');
const ONE = Buffer.of(1);

/**
 * The default provider: what node:crypto really does with SM2 (measured, not documented).
 *
 * - `createSign/createVerify('sm3')` on an imported SM2 key signs SM3(what it was fed), so feeding Z first gives the standard signature. The one-shot
 *   `crypto.sign/verify` and `X509Certificate.verify` use an empty id instead and must never be used with these keys.
 * - A key import with explicit domain parameters whose generator is P derives the "public key" k·P: a constant-time scalar multiplication.
 *   (`ECDH.computeSecret` would give x only, and throws from Node 24.)
 * - A symmetric key goes in as a KeyObject: with plain bytes Node 24 asks twice by a thrown and caught exception whether they are one, which costs
 *   three times the HMAC of a short text.
 * - Never `export({type:'sec1'})` (aborts the process on Node 20) and no `dsaEncoding` (silently ignored).
 *
 * `nonce` is where k of an encryption comes from; only the known-answer test passes its own.
 */
export function createNodeNative(nonce: () => Bytes = freshScalar): Provider {
  const publicKeys = new WeakMap<Sm2PublicKey, KeyObject>();
  const privateKeys = new WeakMap<PrivateMaterial, KeyObject>();

  const publicObject = (key: Sm2PublicKey): KeyObject => {
    const known = publicKeys.get(key);
    if (known !== undefined) return known;
    const made = createPublicKey({ key: Buffer.from(writeSpki(key.point)), format: 'der', type: 'spki' });
    publicKeys.set(key, made);
    return made;
  };
  const privateObject = (key: PrivateMaterial): KeyObject => {
    const known = privateKeys.get(key);
    if (known !== undefined) return known;
    const made = createPrivateKey({ key: Buffer.from(pkcs8(key)), format: 'der', type: 'pkcs8' });
    privateKeys.set(key, made);
    return made;
  };

  return {
    name: 'node',
    sm3,
    sm3Stream() {
      const hash = createHash('sm3');
      return {
        update(part) {
          hash.update(part);
          return this;
        },
        digest: () => hash.digest(),
      };
    },
    hmacSm3(key, parts) {
      const mac = createHmac('sm3', createSecretKey(key));
      for (const part of parts) mac.update(part);
      return mac.digest();
    },
    hkdfSm3: (ikm, salt, info, length) => Buffer.from(hkdfSync('sm3', ikm, salt, info, length)),
    pbkdf2Sm3: (password, salt, iterations, length) => pbkdf2Sync(password, salt, iterations, length, 'sm3'),
    sm4Encrypt(mode, key, iv, plaintext, padding) {
      const cipher = createCipheriv(`sm4-${mode}`, createSecretKey(key), iv).setAutoPadding(padding);
      return joined(cipher.update(plaintext), cipher.final());
    },
    sm4Decrypt(mode, key, iv, ciphertext, padding) {
      const decipher = createDecipheriv(`sm4-${mode}`, createSecretKey(key), iv).setAutoPadding(padding);
      const head = decipher.update(ciphertext);
      try {
        return joined(head, decipher.final());
      } catch {
        return undefined; // wrong padding
      }
    },
    sm4Stream: (direction, mode, key, iv) =>
      direction === 'encrypt'
        ? createCipheriv(`sm4-${mode}`, createSecretKey(key), iv)
        : createDecipheriv(`sm4-${mode}`, createSecretKey(key), iv),
    generate() {
      const pair = createECDH('SM2');
      pair.generateKeys();
      return leftPad(pair.getPrivateKey(), 32) ?? Buffer.alloc(32); // Node strips leading zero bytes
    },
    publicOf,
    sign(key, z, message) {
      const signer = createSign('sm3');
      if (z !== null) signer.update(z);
      for (const part of message) signer.update(part);
      const raw = readSignature(signer.sign(privateObject(key)));
      if (raw === undefined) throw new Error('node:crypto made an SM2 signature that is not strict DER');
      return raw;
    },
    verify(key, z, message, raw) {
      const verifier = createVerify('sm3');
      if (z !== null) verifier.update(z);
      for (const part of message) verifier.update(part);
      return verifier.verify(publicObject(key), writeSignature(raw));
    },
    encrypt(key, plaintext) {
      for (;;) {
        const k = nonce();
        const masked = mask(sm3, multiply(k, key.point), plaintext);
        if (masked !== undefined) return { point: publicOf(k), ...masked };
      }
    },
    shared: multiply,
  };
}

/** A counter mode ends with nothing: then the one part is the whole, and 64 KiB are not copied. */
const joined = (head: Bytes, tail: Bytes): Bytes => (tail.length === 0 ? head : concat(head, tail));

function sm3(parts: readonly Bytes[]): Bytes {
  const hash = createHash('sm3');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function freshScalar(): Bytes {
  for (;;) {
    const k = randomBytes(32);
    if (isScalar(k)) return k;
  }
}

function publicOf(d: Bytes): Bytes {
  const pair = createECDH('SM2');
  pair.setPrivateKey(d);
  return pair.getPublicKey();
}

/**
 * x‖y of k·P. Both have passed the gates: 1 <= k <= n-1 and P on the curve.
 * As PEM, because its label says EC: DER without a label is decoded once as an EC key and once more as an SM2 key, a multiplication each.
 */
function multiply(k: Bytes, point: Bytes): Bytes {
  const parameters = tlv(
    0x30,
    uint(ONE),
    tlv(0x30, PRIME_FIELD, uint(curve.p)),
    tlv(0x30, tlv(0x04, curve.a), tlv(0x04, curve.b)),
    tlv(0x04, point),
    uint(curve.n),
    uint(ONE),
  );
  const sec1 = tlv(0x30, uint(ONE), tlv(0x04, k), tlv(0xa0, parameters));
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${base64(sec1).replace(/.{64}/g, '$&\n')}\n-----END EC PRIVATE KEY-----\n`;
  const product = createPublicKey(createPrivateKey({ key: pem, format: 'pem' }));
  const spki = product.export({ format: 'der', type: 'spki' });
  return spki.subarray(spki.length - 64);
}

function pkcs8({ d, publicKey }: PrivateMaterial): Bytes {
  const point = tlv(0x03, Buffer.of(0), publicKey.point);
  const key = tlv(0x30, uint(ONE), tlv(0x04, d), tlv(0xa1, point));
  return tlv(0x30, uint(Buffer.of(0)), tlv(0x30, EC_PUBLIC_KEY, SM2_CURVE), tlv(0x04, key));
}
