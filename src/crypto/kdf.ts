import { type Bytes, concat, equalBytes } from '#kernel/bytes.ts';
import type { SplitCiphertext } from './wire.ts';

type Sm3 = (parts: readonly Bytes[]) => Bytes;
type Masked = Pick<SplitCiphertext, 'c3' | 'c2'>;

/** x2 and y2 as an implementation wrote them: 32 bytes each, but for old clients that left leading zero bytes out. */
type Written = readonly [x: Bytes, y: Bytes];

const padded = (shared: Bytes): Written => [shared.subarray(0, 32), shared.subarray(32)];

/** Key stream of GB/T 32918.4 5.4.3: SM3(x2 ‖ y2 ‖ counter) from counter 1. Undefined when all of it is zero (then the data would stand in the open). */
function keyStream(sm3: Sm3, shared: Written, length: number): Bytes | undefined {
  const blocks: Bytes[] = [];
  for (let counter = 1; (counter - 1) * 32 < length; counter += 1) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    blocks.push(sm3([...shared, suffix]));
  }
  const stream = concat(...blocks).subarray(0, length);
  return stream.every((byte) => byte === 0) ? undefined : stream;
}

function xor(data: Bytes, stream: Bytes): Bytes {
  const out = Buffer.alloc(data.length);
  for (let i = 0; i < data.length; i += 1) out[i] = (data[i] ?? 0) ^ (stream[i] ?? 0);
  return out;
}

const check = (sm3: Sm3, [x, y]: Written, plaintext: Bytes): Bytes => sm3([x, plaintext, y]);

/** C3 and C2 under the shared point x2‖y2; undefined: take another k. */
export function mask(sm3: Sm3, shared: Bytes, plaintext: Bytes): { c3: Bytes; c2: Bytes } | undefined {
  const stream = keyStream(sm3, padded(shared), plaintext.length);
  return stream && { c3: check(sm3, padded(shared), plaintext), c2: xor(plaintext, stream) };
}

/** The plaintext, when C3 (compared in constant time) confirms it and the key stream was not all zero. */
export const unmask = (sm3: Sm3, shared: Bytes, ciphertext: Masked): Bytes | undefined =>
  unmaskAs(sm3, padded(shared), ciphertext);

/**
 * The same by the rule of old clients (sm-crypto for JavaScript up to 0.1.4): a number's leading zero bytes are neither in the key stream nor in C3.
 * Undefined also where neither x2 nor y2 begins with a zero byte, one shared point in 128 does: there is nothing that they did otherwise.
 */
export function unmaskUnpadded(sm3: Sm3, shared: Bytes, ciphertext: Masked): Bytes | undefined {
  const [x, y] = padded(shared);
  const stripped: Written = [withoutZeros(x), withoutZeros(y)];
  return stripped[0].length + stripped[1].length === 64 ? undefined : unmaskAs(sm3, stripped, ciphertext);
}

const withoutZeros = (bytes: Bytes): Bytes => bytes.subarray(bytes.findIndex((byte) => byte !== 0));

function unmaskAs(sm3: Sm3, shared: Written, { c3, c2 }: Masked): Bytes | undefined {
  const stream = keyStream(sm3, shared, c2.length);
  const plaintext = xor(c2, stream ?? Buffer.alloc(c2.length));
  const genuine = equalBytes(check(sm3, shared, plaintext), c3);
  return genuine && stream !== undefined ? plaintext : undefined;
}
