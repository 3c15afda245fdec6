import type { Bytes } from '#kernel/bytes.ts';

/** sm2p256v1 of GB/T 32918.5. All figures big-endian, 32 bytes each. */
const of = (text: string): Bytes => Buffer.from(text, 'hex');

export const curve = {
  p: of('fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'),
  a: of('fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'),
  b: of('28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'),
  n: of('fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'),
  gx: of('32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'),
  gy: of('bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'),
} as const;

const toBigInt = (bytes: Bytes): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);

const p = toBigInt(curve.p);
const a = toBigInt(curve.a);
const b = toBigInt(curve.b);

/** x and y (64 bytes) are field elements and satisfy the curve's equation. Infinity has no such form. */
export function onCurve(xy: Bytes): boolean {
  if (xy.length !== 64) return false;
  const x = toBigInt(xy.subarray(0, 32));
  const y = toBigInt(xy.subarray(32));
  if (x >= p || y >= p) return false;
  return (y * y - (x * x * x + a * x + b)) % p === 0n;
}

/** `04 ‖ x ‖ y` of a point on the curve, and nothing else: no compressed, hybrid or infinite point. */
export const isPoint = (point: Bytes): boolean => point.length === 65 && point[0] === 4 && onCurve(point.subarray(1));

const isZero = (bytes: Bytes): boolean => bytes.every((byte) => byte === 0);

/** 1 <= value <= n-1 for 32 big-endian bytes. */
export const isScalar = (value: Bytes): boolean =>
  value.length === 32 && !isZero(value) && Buffer.compare(value, curve.n) < 0;

const nMinus1 = Buffer.from(curve.n);
nMinus1[31] = (curve.n[31] ?? 0) - 1;

/** 1 <= d <= n-2: with d = n-1 the signing equation has no inverse, and OpenSSL and sm-crypto loop for ever. */
export const isPrivateScalar = (d: Bytes): boolean => isScalar(d) && Buffer.compare(d, nMinus1) !== 0;

const n = toBigInt(curve.n);

/** r + s = 0 mod n: t would be 0 and the public key would drop out of the check. */
export const sumsToOrder = (r: Bytes, s: Bytes): boolean => (toBigInt(r) + toBigInt(s)) % n === 0n;

/** Right-aligned in `length` bytes; undefined when it does not fit. */
export function leftPad(bytes: Bytes, length: number): Bytes | undefined {
  if (bytes.length > length) return undefined;
  const padded = Buffer.alloc(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}
