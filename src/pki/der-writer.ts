import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { contextConstructed, contextPrimitive, tags } from './der.ts';

/** Writing DER: each function returns one whole TLV, parts are TLVs already. */

export function tlv(tag: number, ...content: readonly Bytes[]): Bytes {
  const body = content.length === 1 ? (content[0] ?? new Uint8Array(0)) : concat(...content);
  return concat(header(tag, body.length), body);
}

function header(tag: number, length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | digits.length, ...digits);
}

export const sequence = (...items: readonly Bytes[]): Bytes => tlv(tags.sequence, ...items);
/** The same for lists of any length. */
export const sequenceOf = (items: readonly Bytes[]): Bytes => tlv(tags.sequence, Buffer.concat(items));
export const set = (...items: readonly Bytes[]): Bytes => tlv(tags.set, ...[...items].sort(Buffer.compare));
export const explicit = (n: number, ...content: readonly Bytes[]): Bytes => tlv(contextConstructed(n), ...content);
export const implicit = (n: number, content: Bytes): Bytes => tlv(contextPrimitive(n), content);

/** Unsigned big-endian bytes of any length, or a small non-negative number. */
export function integer(value: Bytes | number): Bytes {
  const bytes = typeof value === 'number' ? header(0, value).subarray(value < 0x80 ? 1 : 2) : value;
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
  const trimmed = bytes.subarray(from);
  const padded = trimmed.length === 0 || (trimmed[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), trimmed) : trimmed;
  return tlv(tags.integer, padded);
}

export const boolean = (value: boolean): Bytes => tlv(tags.boolean, Uint8Array.of(value ? 0xff : 0));
export const derNull = (): Bytes => tlv(tags.null);
export const octetString = (content: Bytes): Bytes => tlv(tags.octetString, content);
export const bitString = (content: Bytes, unused = 0): Bytes => tlv(tags.bitString, Uint8Array.of(unused), content);
export const enumerated = (value: number): Bytes => tlv(tags.enumerated, Uint8Array.of(value));
export const utf8String = (text: string): Bytes => tlv(tags.utf8String, utf8(text));
export const printableString = (text: string): Bytes => tlv(tags.printableString, utf8(text));

export function bmpString(text: string): Bytes {
  return tlv(tags.bmpString, Buffer.from(text, 'utf16le').swap16());
}

/** Dotted decimal with arcs below 2^53. */
export function oid(text: string): Bytes {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tlv(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(arc)));
}

function arc(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128));
  return digits;
}

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5); milliseconds are cut off. */
export function time(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? tlv(tags.utcTime, utf8(`${digits.slice(2)}Z`))
    : tlv(tags.generalizedTime, utf8(`${digits}Z`));
}
