const KIB = 1024;
const BUCKETS = [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB];

/**
 * The length that `length` bytes are padded to: 4, 16, 64, 256 KiB, 1 MiB, then Padmé (at most 12 % more), so that the length of a capsule says next
 * to nothing about the amount or the number of items inside (T32).
 */
export function paddedLength(length: number): number {
  const bucket = BUCKETS.find((size) => length <= size);
  return bucket ?? padme(length);
}

/** Padmé (Nikitin et al. 2019): the mantissa is as long as the exponent's own length, everything below is rounded up. */
function padme(length: number): number {
  const exponent = Math.floor(Math.log2(length));
  const free = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1));
  return Math.ceil(length / free) * free;
}

/** Could `length` have come out of `paddedLength`? */
export const isPaddedLength = (length: number): boolean =>
  Number.isSafeInteger(length) && length > 0 && paddedLength(length) === length;
