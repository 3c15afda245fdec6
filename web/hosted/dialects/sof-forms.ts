import type { Sm2CiphertextLayout } from '#crypto/gm.ts';

/** One reading of a wrapped key, written as GM/T 0009 DER: the one form that every service takes. */
export interface Reading {
  readonly layout: Sm2CiphertextLayout;
  readonly der: Uint8Array;
}

const POINT = 64;
const C3 = 32;

/**
 * What a wrapped key can be (domain 1.2), the likelier first. Where bytes alone do not say in which order C2 and C3 stand, both readings are given: the C3 check of
 * the key decides. Empty: no SM2 ciphertext.
 */
export function readingsOf(wrapped: Uint8Array): readonly Reading[] {
  const whole = element(wrapped, 0);
  if (wrapped[0] === 0x30 && whole?.end === wrapped.length) return [{ layout: 'der', der: wrapped }];
  const skf = ofSkf(wrapped);
  if (skf !== null) return [skf];
  const found: Reading[] = [];
  if (wrapped[0] === 4) found.push(...bothOrders(wrapped.subarray(1), '-04'));
  return [...found, ...bothOrders(wrapped, '')];
}

function bothOrders(bytes: Uint8Array, mark: '' | '-04'): readonly Reading[] {
  if (bytes.length <= POINT + C3) return [];
  const [x, y, rest] = [bytes.subarray(0, 32), bytes.subarray(32, POINT), bytes.subarray(POINT)];
  const end = rest.length - C3;
  return [
    { layout: `c1c3c2${mark}`, der: cipher(x, y, rest.subarray(0, C3), rest.subarray(C3)) },
    { layout: `c1c2c3${mark}`, der: cipher(x, y, rest.subarray(end), rest.subarray(0, end)) },
  ];
}

/** ECCCIPHERBLOB: x[64] y[64] HASH[32] ULONG length (little-endian) C2, the coordinates right-aligned. */
function ofSkf(bytes: Uint8Array): Reading | null {
  if (bytes.length <= 164 || [...bytes.subarray(0, 32), ...bytes.subarray(64, 96)].some((byte) => byte !== 0))
    return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(160, true);
  if (bytes.length !== 164 + length) return null;
  const [x, y] = [bytes.subarray(32, 64), bytes.subarray(96, 128)];
  return { layout: 'skf', der: cipher(x, y, bytes.subarray(128, 160), bytes.subarray(164)) };
}

/** A signature as DER, whether the service wrote it so, as r‖s, or as ECCSIGNATUREBLOB (r[64] s[64]); an RSA block as it is. null: none of them. */
export function signatureIn(bytes: Uint8Array): Uint8Array | null {
  if (bytes[0] === 0x30 && element(bytes, 0)?.end === bytes.length) return bytes;
  if (bytes.length === 64) return sequence(integer(bytes.subarray(0, 32)), integer(bytes.subarray(32)));
  if (bytes.length === 128 && [...bytes.subarray(0, 32), ...bytes.subarray(64, 96)].every((byte) => byte === 0))
    return sequence(integer(bytes.subarray(32, 64)), integer(bytes.subarray(96)));
  return bytes.length >= 128 && bytes.length <= 512 ? bytes : null;
}

/** Whether these bytes are one DER structure and more than a digest: signed attributes (SET OF) or a seal's TBS_Sign (SEQUENCE). */
export const standsForDocument = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x31 || bytes[0] === 0x30) && bytes.length > 64 && element(bytes, 0)?.end === bytes.length;

/** Where the content of the element that begins at `at` begins and ends; DER's one way to write a length. null: not an element. */
function element(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } | null {
  const first = bytes[at + 1];
  if (first === undefined) return null;
  if (first < 0x80) return { start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 3) return null;
  const start = at + 2 + count;
  const length = bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return length < 0x80 || bytes[at + 2] === 0 ? null : { start, end: start + length };
}

const cipher = (x: Uint8Array, y: Uint8Array, c3: Uint8Array, c2: Uint8Array): Uint8Array =>
  sequence(integer(x), integer(y), tagged(0x04, c3), tagged(0x04, c2));

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tagged(0x30, joined(...parts));

function integer(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  const short = first < 0 ? value.subarray(value.length - 1) : value.subarray(first);
  return tagged(0x02, (short[0] ?? 0) >= 0x80 ? joined(Uint8Array.of(0), short) : short);
}

function tagged(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return joined(Uint8Array.of(tag, ...head), content);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
