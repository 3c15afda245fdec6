import type { Transform } from 'node:stream';
import type { Bytes } from '#kernel/bytes.ts';
import type { Sm2PublicKey, Sm3Stream, Sm4Mode } from './gm.ts';
import type { SplitCiphertext } from './wire.ts';

/** What can be moved from one provider to the other by itself. */
export type Primitive =
  | 'sm3'
  | 'hmac-sm3'
  | 'hkdf-sm3'
  | 'pbkdf2-sm3'
  | 'sm4'
  | 'sm2-sign'
  | 'sm2-verify'
  | 'sm2-encrypt'
  | 'sm2-decrypt'
  | 'sm2-keygen';

export type ProviderName = 'node' | 'sm-crypto';

/** A private key behind the gates. `publicKey` is computed from `d`, never taken from outside. */
export interface PrivateMaterial {
  readonly d: Bytes;
  readonly publicKey: Sm2PublicKey;
}

/**
 * What a provider offers, in canonical forms only: the gates of `sm2.ts` and `symmetric.ts` stand in front of it, so a provider may trust lengths,
 * ranges and points. It may throw; then the primitive is at fault, not the data.
 */
export interface Provider {
  readonly name: ProviderName;
  sm3(parts: readonly Bytes[]): Bytes;
  sm3Stream(): Sm3Stream;
  hmacSm3(key: Bytes, parts: readonly Bytes[]): Bytes;
  hkdfSm3(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Bytes;
  pbkdf2Sm3(password: Bytes, salt: Bytes, iterations: number, length: number): Bytes;
  sm4Encrypt(mode: Sm4Mode, key: Bytes, iv: Bytes | null, plaintext: Bytes, padding: boolean): Bytes;
  sm4Decrypt(mode: Sm4Mode, key: Bytes, iv: Bytes | null, ciphertext: Bytes, padding: boolean): Bytes | undefined;
  sm4Stream(direction: 'encrypt' | 'decrypt', mode: Sm4Mode, key: Bytes, iv: Bytes | null): Transform;
  /** A fresh d; the gates check its range. */
  generate(): Bytes;
  /** d·G as a 65-byte point. */
  publicOf(d: Bytes): Bytes;
  /** r‖s over SM3(z ‖ message); without z over SM3(message). */
  sign(key: PrivateMaterial, z: Bytes | null, message: readonly Bytes[]): Bytes;
  verify(key: Sm2PublicKey, z: Bytes | null, message: readonly Bytes[], raw: Bytes): boolean;
  encrypt(key: Sm2PublicKey, plaintext: Bytes): SplitCiphertext;
  /** x2‖y2 of d·P, 64 bytes: the shared point of a decryption. The gates make key stream, plaintext and C3 of it. */
  shared(d: Bytes, point: Bytes): Bytes;
}
