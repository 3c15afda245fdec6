import { type Bytes, concat } from '#kernel/bytes.ts';

/**
 * The four DER forms that SM2 values need, strictly: definite minimal lengths, minimal non-negative INTEGERs, nothing left over.
 * OpenSSL is lenient about SM2Cipher, so every structure passes here before anything else sees it. (X.509 has its own reader in pki.)
 */
export interface Tlv {
  readonly tag: number;
  readonly value: Bytes;
}

/** The element that starts at `from`, and where the next begins; undefined when it is not strict DER. */
function readOne(bytes: Bytes, from: number): { tlv: Tlv; next: number } | undefined {
  const tag = bytes[from];
  const first = bytes[from + 1];
  if (tag === undefined || first === undefined) return undefined;
  let length = first;
  let start = from + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) return undefined;
    length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + (bytes[start + i] ?? 0);
    if (length < 0x80 || length < 256 ** (count - 1)) return undefined;
    start += count;
  }
  const next = start + length;
  if (next > bytes.length) return undefined;
  return { tlv: { tag, value: bytes.subarray(start, next) }, next };
}

/** The elements that fill `bytes` exactly. */
function readAll(bytes: Bytes, atMost: number): readonly Tlv[] | undefined {
  const found: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    const one = readOne(bytes, at);
    if (one === undefined || found.length === atMost) return undefined;
    found.push(one.tlv);
    at = one.next;
  }
  return found;
}

/** The members of the one SEQUENCE that fills `bytes`. */
export function readSequence(bytes: Bytes, members: number): readonly Tlv[] | undefined {
  const outer = readAll(bytes, 1)?.[0];
  if (outer === undefined || outer.tag !== 0x30) return undefined;
  const inner = readAll(outer.value, members);
  return inner?.length === members ? inner : undefined;
}

/** A non-negative INTEGER of at most 256 bits as 32 bytes; undefined for padded, negative or longer ones. */
export function readUint256(tlv: Tlv | undefined): Bytes | undefined {
  if (tlv === undefined || tlv.tag !== 0x02) return undefined;
  const { value } = tlv;
  const first = value[0];
  const second = value[1];
  if (first === undefined || first >= 0x80) return undefined;
  if (first === 0 && second !== undefined && second < 0x80) return undefined;
  const digits = first === 0 ? value.subarray(1) : value;
  if (digits.length > 32) return undefined;
  const padded = Buffer.alloc(32);
  padded.set(digits, 32 - digits.length);
  return padded;
}

export function tlv(tag: number, ...parts: readonly Bytes[]): Bytes {
  const value = concat(...parts);
  if (value.length < 0x80) return concat(Buffer.of(tag, value.length), value);
  const digits: number[] = [];
  for (let rest = value.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return concat(Buffer.of(tag, 0x80 | digits.length, ...digits), value);
}

/** Big-endian bytes as a minimal non-negative INTEGER. */
export function uint(value: Bytes): Bytes {
  let from = 0;
  while (from < value.length - 1 && value[from] === 0) from += 1;
  const digits = value.subarray(from);
  return tlv(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0), digits);
}
