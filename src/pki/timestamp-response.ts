import type { Bytes } from '#kernel/bytes.ts';
import { readDer, tags } from './der.ts';
import { childrenOf, readBits, readSmallInteger } from './der-values.ts';

export type TimestampResponse =
  | { readonly kind: 'granted'; readonly token: Bytes }
  /** `failure`: bit of PKIFailureInfo, or null where none is set. */
  | { readonly kind: 'refused'; readonly status: number; readonly failure: number | null };

const MAX_BYTES = 256 * 1024;

/** TimeStampResp (RFC 3161 2.4.2). Granted with modifications is granted: what was modified is judged in the token. */
export function parseTimestampResponse(der: Bytes): TimestampResponse | undefined {
  if (der.length > MAX_BYTES) return undefined;
  const [statusNode, tokenNode, extra] = childrenOf(readDer(new Uint8Array(der)), tags.sequence) ?? [];
  const [numberNode, ...rest] = childrenOf(statusNode, tags.sequence) ?? [];
  const status = readSmallInteger(numberNode);
  if (status === undefined || status > 5 || extra !== undefined) return undefined;
  if (status <= 1) return tokenNode === undefined ? undefined : { kind: 'granted', token: tokenNode.der };
  const bits = readBits(
    rest.find(({ tag }) => tag === tags.bitString),
    false,
  );
  return { kind: 'refused', status, failure: bits === undefined ? null : firstBit(bits) };
}

function firstBit(bits: Bytes): number | null {
  const byte = bits.findIndex((one) => one !== 0);
  return byte < 0 ? null : byte * 8 + Math.clz32(bits[byte] ?? 0) - 24;
}
