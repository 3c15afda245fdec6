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

export function dotted(content: Bytes): string {
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
  const content = node.content;
  const yearDigits = general ? 4 : 2;
  if (content.length !== yearDigits + 11 || content[content.length - 1] !== 0x5a) return undefined;
  for (let i = 0; i < content.length - 1; i += 1) {
    const byte = content[i] ?? 0;
    if (byte < 0x30 || byte > 0x39) return undefined;
  }
  const two = (at: number): number => ((content[at] ?? 0) - 0x30) * 10 + ((content[at + 1] ?? 0) - 0x30);
  const year = general ? two(0) * 100 + two(2) : two(0) + (two(0) < 50 ? 2000 : 1900);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((offset) => two(yearDigits + offset));
  return utc(year, month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0);
}

function utc(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  if (year < 1900 || hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(ms);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? ms : undefined;
}
