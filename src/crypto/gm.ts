import type { Transform } from 'node:stream';
import type { Bytes } from '#kernel/bytes.ts';

/**
 * The one seam to SM2, SM3 and SM4. Everything asks it; nobody else imports a cryptographic library.
 * Bytes in, bytes out. Data never makes it throw: a bad key, signature or ciphertext is `undefined`, `false` or `{ok:false}`.
 */
export interface Gm {
  /** GB/T 32905; 32 bytes. Parts are hashed as if concatenated. */
  sm3(...parts: readonly Bytes[]): Bytes;
  sm3Stream(): Sm3Stream;
  /** RFC 2104 over SM3; 32 bytes. */
  hmacSm3(key: Bytes, ...parts: readonly Bytes[]): Bytes;
  /** RFC 5869 over SM3. `length` <= 8160 bytes. */
  hkdfSm3(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Bytes;
  /** PKCS#5 / GM/T 0091 over HMAC-SM3, for keys made of a PIN. Synchronous: 100 000 iterations take about 0.2 s. `length` <= 8160 bytes. */
  pbkdf2Sm3(password: Bytes, salt: Bytes, iterations: number, length: number): Bytes;
  /** GB/T 32907. Key 16 bytes; iv 16 bytes for cbc/ctr, null for ecb. PKCS#7 padding for ecb/cbc unless `padding: false`. */
  sm4Encrypt(mode: Sm4Mode, key: Bytes, iv: Bytes | null, plaintext: Bytes, options?: { padding?: boolean }): Bytes;
  /** undefined: wrong length or padding. Never empty instead of an error. */
  sm4Decrypt(
    mode: Sm4Mode,
    key: Bytes,
    iv: Bytes | null,
    ciphertext: Bytes,
    options?: { padding?: boolean },
  ): Bytes | undefined;
  sm4Stream(direction: 'encrypt' | 'decrypt', mode: Sm4Mode, key: Bytes, iv: Bytes | null): Transform;
  readonly sm2: Sm2;
}

export type Sm4Mode = 'ecb' | 'cbc' | 'ctr';

export interface Sm3Stream {
  update(part: Bytes): this;
  digest(): Bytes;
}

/** The default signer id of GB/T 32918.2 practice: the 16 ASCII bytes `1234567812345678`. */
export type SignerId = Bytes | 'default' | 'no-z';

declare const publicKeyBrand: unique symbol;
declare const privateKeyBrand: unique symbol;
/** A point that has passed every gate: named curve sm2p256v1, uncompressed, on the curve, not infinity. */
export interface Sm2PublicKey {
  readonly [publicKeyBrand]: true;
  /** 65 bytes, `04 ‖ x ‖ y`. */
  readonly point: Bytes;
}
/** 1 <= d <= n-2, public part recomputed. Never prints. */
export interface Sm2PrivateKey {
  readonly [privateKeyBrand]: true;
  readonly publicKey: Sm2PublicKey;
}

/** How a ciphertext is written: the six layouts of domain 1.2. */
export type Sm2WireLayout = 'der' | 'c1c3c2-04' | 'c1c3c2' | 'c1c2c3-04' | 'c1c2c3' | 'skf';

/** Where a ciphertext came from. `…-unpadded`: an old client that left a leading zero byte of the shared point's x or y out of the key stream and C3. */
export type Sm2CiphertextLayout = Sm2WireLayout | `${Sm2WireLayout}-unpadded`;

export interface Sm2 {
  /** Fresh pair; the private scalar leaves only through `exportPrivate`. */
  generateKey(): Sm2PrivateKey;
  /** 65-byte point, 64-byte x‖y, or the exact 91-byte SPKI of an SM2 key; anything else: undefined. */
  importPublic(key: Bytes): Sm2PublicKey | undefined;
  /** 32 bytes big-endian (fewer are left-padded); out of range: undefined. */
  importPrivate(d: Bytes): Sm2PrivateKey | undefined;
  /** 32 bytes, left-padded. For key files and envelopes only. */
  exportPrivate(key: Sm2PrivateKey): Bytes;
  /** The 91-byte SubjectPublicKeyInfo. */
  spki(key: Sm2PublicKey): Bytes;
  /** Signature in any form of domain 1.1 (64 raw, 128 SKF, strict DER). Anything malformed is false. */
  verify(key: Sm2PublicKey, message: readonly Bytes[], signature: Bytes, id?: SignerId): boolean;
  /** The same for a caller that has e itself, SM3(Z ‖ message), 32 bytes. Slower: no platform takes e. */
  verifyDigest(key: Sm2PublicKey, e: Bytes, signature: Bytes): boolean;
  /** Strict DER SM2Signature over SM3(Z ‖ message). Async: the key may live in a module. */
  sign(key: Sm2PrivateKey, message: readonly Bytes[], id?: SignerId): Promise<Bytes>;
  /** GM/T 0009 DER SM2Cipher. `plaintext` 1 byte to 64 KiB. */
  encrypt(key: Sm2PublicKey, plaintext: Bytes): Promise<Bytes>;
  /** Any of the six layouts, padded or not; one uniform `{ok:false}` for every failure. */
  decrypt(
    key: Sm2PrivateKey,
    ciphertext: Bytes,
  ): Promise<{ ok: true; plaintext: Bytes; layout: Sm2CiphertextLayout } | { ok: false }>;
  /** Z of GB/T 32918.2 for tests and cards that want e. */
  z(key: Sm2PublicKey, id?: SignerId): Bytes;
}
