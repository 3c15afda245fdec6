import type { Bytes } from '#kernel/bytes.ts';
import { type DerNode, tags } from './der.ts';

/** Typed reading of one node: the value, or undefined when the node is of another type. */

export const childrenOf = (node: DerNode | undefined, tag: number): DerNode[] | undefined =>
  node?.tag === tag ? node.children() : undefined;

/** Two's complement bytes as upper-case hex without leading zero bytes; `-` for negative numbers is not needed: they are undefined. */
export function readUnsignedHex(node: DerNode | undefined): string | undefined {
  if (node?.tag !== tags.integer) return undefined;
  const content = node.content;
  if ((content[0] ?? 0) >= 0x80) return undefined;
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('hex').toUpperCase();
  return text.length > 2 && text.startsWith('00') ? text.slice(2) : text;
}

/** 0 to 2^31-1. */
export function readSmallInteger(node: DerNode | undefined): number | undefined {
  if (node?.tag !== tags.integer && node?.tag !== tags.enumerated) return undefined;
  const content = node.content;
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) return undefined;
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

export function readBoolean(node: DerNode | undefined): boolean | undefined {
  return node?.tag === tags.boolean ? node.content[0] === 0xff : undefined;
}

export function readOctets(node: DerNode | undefined): Bytes | undefined {
  return node?.tag === tags.octetString ? node.content : undefined;
}

/** The bytes of a BIT STRING without its count of unused bits. `whole`: refuse unused bits. */
export function readBits(node: DerNode | undefined, whole = true): Bytes | undefined {
  if (node?.tag !== tags.bitString) return undefined;
  const content = node.content;
  return whole && content[0] !== 0 ? undefined : content.subarray(1);
}

/** Dotted decimal. Arcs of any size. */
export function readOid(node: DerNode | undefined): string | undefined {
  return node?.tag === tags.oid ? dotted(node.content) : undefined;
}

function dotted(content: Bytes): string {
  let text = '';
  let arc = 0;
  let big: bigint | undefined;
  for (const byte of content) {
    if (big !== undefined) big = (big << 7n) | BigInt(byte & 0x7f);
    else if (arc < 2 ** 45) arc = arc * 128 + (byte & 0x7f);
    else big = (BigInt(arc) << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    if (text !== '') text += `.${big ?? arc}`;
    else if (big !== undefined) text = `2.${big - 80n}`;
    else text = arc < 80 ? `${Math.trunc(arc / 40)}.${arc % 40}` : `2.${arc - 80}`;
    arc = 0;
    big = undefined;
  }
  return text;
}

/**
 * UTCTime `YYMMDDHHMMSSZ` (50-99 = 19xx) or GeneralizedTime `YYYYMMDDHHMMSSZ`, exactly as RFC 5280 4.1.2.5 prints them: UTC milliseconds.
 * Other zones, fractions, missing seconds and dates that do not exist are undefined.
 */
export function readTime(node: DerNode | undefined): number | undefined {
  const general = node?.tag === tags.generalizedTime;
  if (node === undefined || (!general && node.tag !== tags.utcTime)) return undefined;
  const { source, body, end } = node;
  const length = general ? 15 : 13;
  if (end - body !== length || source[end - 1] !== 0x5a) return undefined;
  for (let at = body; at < end - 1; at += 1) {
    const byte = source[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) return undefined;
  }
  const two = (at: number): number => ((source[at] ?? 0) - 0x30) * 10 + ((source[at + 1] ?? 0) - 0x30);
  const year = general ? two(body) * 100 + two(body + 2) : two(body) + (two(body) < 50 ? 2000 : 1900);
  const rest = end - 11;
  return utc(year, two(rest), two(rest + 2), two(rest + 4), two(rest + 6), two(rest + 8));
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function utc(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  const days = (DAYS[month - 1] ?? 0) + leap;
  if (year < 1900 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
