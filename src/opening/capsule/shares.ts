import { combine, split } from 'shamir-secret-sharing';
import type { Bytes } from '#kernel/bytes.ts';

/** The most custodians one secret is dealt to; the arithmetic allows 255. */
export const MOST_SHARES = 32;

/**
 * `secret` as `shares` shares of which any `threshold` give it back (Shamir over GF(2^8), polynomial 0x11b, one polynomial a byte). A share is one byte longer than the
 * secret: the y of each byte, then x (1 to 255, never twice). 2 <= threshold <= shares <= 32; a single custodian would be no split at all.
 * Randomness is the operating system's, by the library. Throws RangeError on other figures.
 */
export async function splitSecret(secret: Bytes, shares: number, threshold: number): Promise<Bytes[]> {
  if (
    !Number.isInteger(shares) ||
    !Number.isInteger(threshold) ||
    threshold < 2 ||
    threshold > shares ||
    shares > MOST_SHARES
  ) {
    throw new RangeError('2 <= threshold <= shares <= 32');
  }
  const plain = Uint8Array.from(secret); // the library takes nothing but a plain Uint8Array
  try {
    return await split(plain, shares, threshold);
  } finally {
    plain.fill(0);
  }
}

/**
 * The secret of these shares; undefined when they cannot be shares of one secret (lengths, an x of zero, an x twice). Fewer than the threshold give a wrong
 * secret and nobody can tell from the shares alone: check it against its commitment or public key.
 */
export async function joinShares(shares: readonly Bytes[]): Promise<Bytes | undefined> {
  const length = shares[0]?.length ?? 0;
  const xs = new Set(shares.map((share) => share[share.length - 1]));
  if (shares.length < 2 || shares.length > MOST_SHARES || length < 2 || xs.size !== shares.length || xs.has(0))
    return undefined;
  if (shares.some((share) => share.length !== length)) return undefined;
  const plain = shares.map((share) => Uint8Array.from(share));
  try {
    return await combine(plain);
  } finally {
    for (const share of plain) share.fill(0);
  }
}
