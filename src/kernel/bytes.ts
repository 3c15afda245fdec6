import { timingSafeEqual } from 'node:crypto';

export type Bytes = Uint8Array;

export const utf8 = (text: string): Bytes => Buffer.from(text, 'utf8');
export const fromUtf8 = (bytes: Bytes): string => Buffer.from(bytes).toString('utf8');

/** UTF-8 decoding that says no instead of writing U+FFFD. */
export function fromUtf8Strict(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex');
export const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');
export const base64url = (bytes: Bytes): string => Buffer.from(bytes).toString('base64url');

/** Hex of either case, even length, nothing else; otherwise undefined. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Buffer.from(text, 'hex');
}

/** Base64 (line breaks tolerated, padding required by length) that decodes and re-encodes to itself; otherwise undefined. */
export function fromBase64(text: string): Bytes | undefined {
  const compact = text.replace(/[\r\n\t ]+/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  const bytes = Buffer.from(compact, 'base64');
  return bytes.toString('base64') === compact ? bytes : undefined;
}

/** Unpadded base64url in its one canonical spelling; otherwise undefined. */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

export const concat = (...parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

/** Equality in time that depends on the lengths only. */
export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
