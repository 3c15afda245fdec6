import { type Bytes, concat } from '#kernel/bytes.ts';
import { isPoint, isScalar, onCurve, sumsToOrder } from './curve.ts';
import { readSequence, readUint256, tlv, uint } from './der.ts';
import type { Sm2WireLayout } from './gm.ts';

/**
 * Every wire form of SM2 (domain 1.1, 1.2, 1.4), read and written here and nowhere else. Inside the room a signature is 64 bytes r‖s,
 * a point 65 bytes, a ciphertext `{point, c3, c2}`.
 */

/** SEQUENCE { SEQUENCE { id-ecPublicKey, sm2p256v1 }, BIT STRING (66 bytes, 0 unused) } up to the point. */
const SPKI_HEADER = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200', 'hex');

/** The point of a 65-byte point, 64-byte x‖y or exact 91-byte SPKI; a foreign curve, explicit parameters or an off-curve point: undefined. */
export function readPublicKey(key: Bytes): Bytes | undefined {
  const point = pointOf(key);
  return point !== undefined && isPoint(point) ? Buffer.from(point) : undefined;
}

function pointOf(key: Bytes): Bytes | undefined {
  if (key.length === 65) return key;
  if (key.length === 64) return concat(Buffer.of(4), key);
  if (key.length !== SPKI_HEADER.length + 65) return undefined;
  return SPKI_HEADER.equals(key.subarray(0, SPKI_HEADER.length)) ? key.subarray(SPKI_HEADER.length) : undefined;
}

export const writeSpki = (point: Bytes): Bytes => concat(SPKI_HEADER, point);

/**
 * r‖s of a signature in any of its three forms. Total length decides, since a raw signature may well begin with 30.
 * Undefined also for r or s outside [1, n-1] and for r + s = n.
 */
export function readSignature(signature: Bytes): Bytes | undefined {
  const raw = rawOf(signature);
  if (raw === undefined) return undefined;
  const r = raw.subarray(0, 32);
  const s = raw.subarray(32);
  return isScalar(r) && isScalar(s) && !sumsToOrder(r, s) ? raw : undefined;
}

function rawOf(signature: Bytes): Bytes | undefined {
  if (signature.length === 64) return signature;
  if (signature.length === 128) return halves(signature);
  const members = readSequence(signature, 2);
  const r = readUint256(members?.[0]);
  const s = readUint256(members?.[1]);
  return r === undefined || s === undefined ? undefined : concat(r, s);
}

/** ECCSIGNATUREBLOB and the point of ECCCIPHERBLOB: two figures right-aligned in 64 bytes each. */
function halves(blob: Bytes): Bytes | undefined {
  const zeros = [blob.subarray(0, 32), blob.subarray(64, 96)];
  if (zeros.some((part) => part.some((byte) => byte !== 0))) return undefined;
  return concat(blob.subarray(32, 64), blob.subarray(96, 128));
}

/** GM/T 0009 SM2Signature. */
export const writeSignature = (raw: Bytes): Bytes => tlv(0x30, uint(raw.subarray(0, 32)), uint(raw.subarray(32)));

export interface SplitCiphertext {
  /** 65 bytes, on the curve. */
  readonly point: Bytes;
  /** SM3(x2 ‖ M ‖ y2). */
  readonly c3: Bytes;
  /** At least one byte. */
  readonly c2: Bytes;
}

export type Candidate = SplitCiphertext & { readonly layout: Sm2WireLayout };

/** The most an SM2 ciphertext may be here: 64 KiB of plaintext and the largest frame. */
const MAX_CIPHERTEXT = 64 * 1024 + 256;

/**
 * What these bytes may be, likeliest first; C3 decides among them. A leading 04 counts as a prefix only when the point behind it is on
 * the curve: x of the official vector begins with 04 itself, and so does one ciphertext in 256.
 */
export function ciphertextCandidates(bytes: Bytes): readonly Candidate[] {
  if (bytes.length > MAX_CIPHERTEXT) return [];
  return [...derCipher(bytes), ...skfCipher(bytes), ...plainCipher(bytes, 1), ...plainCipher(bytes, 0)];
}

function derCipher(bytes: Bytes): readonly Candidate[] {
  const members = readSequence(bytes, 4);
  const x = readUint256(members?.[0]);
  const y = readUint256(members?.[1]);
  const c3 = members?.[2];
  const c2 = members?.[3];
  if (x === undefined || y === undefined || c3?.tag !== 0x04 || c2?.tag !== 0x04) return [];
  return candidate(concat(x, y), c3.value, c2.value, 'der');
}

/** ECCCIPHERBLOB { X[64], Y[64], HASH[32], ULONG little-endian length, Cipher[] }. */
function skfCipher(bytes: Bytes): readonly Candidate[] {
  if (bytes.length < 165) return [];
  const xy = halves(bytes.subarray(0, 128));
  const length = Buffer.from(bytes.subarray(160, 164)).readUInt32LE(0);
  if (xy === undefined || length !== bytes.length - 164) return [];
  return candidate(xy, bytes.subarray(128, 160), bytes.subarray(164), 'skf');
}

function plainCipher(bytes: Bytes, prefix: 0 | 1): readonly Candidate[] {
  if (bytes.length < prefix + 97 || (prefix === 1 && bytes[0] !== 4)) return [];
  const xy = bytes.subarray(prefix, prefix + 64);
  const rest = bytes.subarray(prefix + 64);
  const end = rest.length - 32;
  return [
    ...candidate(xy, rest.subarray(0, 32), rest.subarray(32), prefix === 1 ? 'c1c3c2-04' : 'c1c3c2'),
    ...candidate(xy, rest.subarray(end), rest.subarray(0, end), prefix === 1 ? 'c1c2c3-04' : 'c1c2c3'),
  ];
}

function candidate(xy: Bytes, c3: Bytes, c2: Bytes, layout: Sm2WireLayout): readonly Candidate[] {
  if (c3.length !== 32 || c2.length === 0 || !onCurve(xy)) return [];
  return [{ point: concat(Buffer.of(4), xy), c3, c2, layout }];
}

/** GM/T 0009 SM2Cipher. */
export const writeCiphertext = ({ point, c3, c2 }: SplitCiphertext): Bytes =>
  tlv(0x30, uint(point.subarray(1, 33)), uint(point.subarray(33)), tlv(0x04, c3), tlv(0x04, c2));
