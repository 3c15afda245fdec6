import type { Bytes } from '#kernel/bytes.ts';

/**
 * Strict DER (X.690 clause 10), read in two steps: one scan over all bytes that allocates nothing and decides whether the value is DER at all,
 * then nodes made on demand over the checked bytes. Data never makes it throw: anything else than DER is `undefined`.
 */
/** A timestamp inside a signature inside a seal reaches 20. */
export const MAX_DEPTH = 24;

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tags: `[n]` primitive and `[n]` constructed. */
export const contextPrimitive = (n: number): number => 0x80 | n;
export const contextConstructed = (n: number): number => 0xa0 | n;

/** One value inside bytes that have passed the scan. */
export class DerNode {
  readonly source: Bytes;
  readonly tag: number;
  /** Offsets into `source`: of the tag, of the content, behind the content. */
  readonly start: number;
  readonly body: number;
  readonly end: number;

  constructor(source: Bytes, start: number) {
    const first = source[start + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    let length = lengthBytes === 0 ? first : 0;
    for (let i = 0; i < lengthBytes; i += 1) length = length * 256 + (source[start + 2 + i] ?? 0);
    this.source = source;
    this.tag = source[start] ?? 0;
    this.start = start;
    this.body = start + 2 + lengthBytes;
    this.end = this.body + length;
  }

  /** The whole TLV. Shares memory with the source. */
  get der(): Bytes {
    return this.source.subarray(this.start, this.end);
  }

  /** The content octets. Shares memory with the source. */
  get content(): Bytes {
    return this.source.subarray(this.body, this.end);
  }

  /** Children of a constructed value; of a primitive one: none. */
  children(): DerNode[] {
    const children: DerNode[] = [];
    if ((this.tag & 0x20) === 0) return children;
    for (let at = this.body; at < this.end; ) {
      const child = new DerNode(this.source, at);
      children.push(child);
      at = child.end;
    }
    return children;
  }
}

/** Exactly one DER value, nothing behind it, at most 24 levels deep; otherwise undefined. The node shares memory with `bytes`. */
export function readDer(bytes: Bytes): DerNode | undefined {
  return scan(bytes, 0, bytes.length, 1) === bytes.length ? new DerNode(bytes, 0) : undefined;
}

/** The length of the one DER value that `bytes` begins with, or undefined. For readers of padded fields. */
export function leadingDerLength(bytes: Bytes): number | undefined {
  const end = scan(bytes, 0, bytes.length, 1);
  return end < 0 ? undefined : end;
}

/** Returns the offset behind the value, or -1. */
function scan(bytes: Bytes, start: number, limit: number, depth: number): number {
  if (depth > MAX_DEPTH || start + 2 > limit) return -1;
  const tag = bytes[start] ?? 0;
  if ((tag & 0x1f) === 0x1f || tag === 0) return -1; // no multi-byte tags, no end-of-contents
  let length = bytes[start + 1] ?? 0;
  let body = start + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || body + count > limit || bytes[body] === 0) return -1;
    length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + (bytes[body + i] ?? 0);
    if (length < 0x80) return -1;
    body += count;
  }
  const end = body + length;
  if (end > limit) return -1;
  const universal = (tag & 0xc0) === 0;
  if ((tag & 0x20) === 0) return universal && !isPrimitive(bytes, tag, body, end) ? -1 : end;
  if (universal && tag !== tags.sequence && tag !== tags.set) return -1; // constructed strings are BER
  for (let at = body; at < end; ) {
    at = scan(bytes, at, end, depth + 1);
    if (at < 0) return -1;
  }
  return end;
}

/** Content rules of the universal primitive types. */
function isPrimitive(bytes: Bytes, tag: number, body: number, end: number): boolean {
  const length = end - body;
  const first = bytes[body] ?? 0;
  switch (tag) {
    case 0x10:
    case 0x11:
      return false; // SEQUENCE and SET are constructed
    case tags.boolean:
      return length === 1 && (first === 0 || first === 0xff);
    case tags.integer:
    case tags.enumerated:
      if (length === 0) return false;
      return length === 1 || !((first === 0 && !high(bytes, body + 1)) || (first === 0xff && high(bytes, body + 1)));
    case tags.null:
      return length === 0;
    case tags.bitString:
      if (length === 0 || first > 7) return false;
      return length === 1 ? first === 0 : ((bytes[end - 1] ?? 0) & ((1 << first) - 1)) === 0;
    case tags.oid:
      return isOid(bytes, body, end);
    default:
      return true;
  }
}

const high = (bytes: Bytes, at: number): boolean => (bytes[at] ?? 0) >= 0x80;

function isOid(bytes: Bytes, body: number, end: number): boolean {
  if (end === body || high(bytes, end - 1)) return false;
  for (let at = body; at < end; at += 1) {
    if (bytes[at] === 0x80 && (at === body || !high(bytes, at - 1))) return false; // padded arc
  }
  return true;
}
