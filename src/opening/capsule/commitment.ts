import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromHex, hex, utf8 } from '#kernel/bytes.ts';

/** What a value is committed as; two labels never fit one commitment. */
export const labels = {
  dek: 'caihub/commit/1/dek',
  kb: 'caihub/commit/1/kb',
  ko: 'caihub/commit/1/ko',
  /** A recovery custodian's share of one capsule's K_b. */
  recoveryShare: (custodian: string): string => `caihub/commit/1/recovery-share/${custodian}`,
  /** An opening custodian's share of the opening's private key. */
  openingShare: (opening: string, custodian: string): string => `caihub/commit/1/opening-share/${opening}/${custodian}`,
};

/**
 * SM3(label ‖ value ‖ nonce), lower hex. Values are random keys and shares of at least 128 bits, so nothing can be guessed from a commitment whose nonce
 * is public; the 16-byte nonce keeps two capsules' commitments apart.
 */
export const commit = (gm: Gm, label: string, value: Bytes, nonce: Bytes): string =>
  hex(gm.sm3(utf8(label), value, nonce));

/** Is `value` what `commitment` (hex) was made of? */
export function commits(gm: Gm, commitment: string, label: string, value: Bytes, nonce: Bytes): boolean {
  const known = fromHex(commitment);
  return known !== undefined && equalBytes(known, gm.sm3(utf8(label), value, nonce));
}
