import type { Random } from '#kernel/random.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` letters and figures, uniform: bytes beyond the largest multiple of 62 are thrown away. */
function printable(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** A unit's signing secret: 43 letters and figures, 256 bits. The key of HMAC-SM3 is its UTF-8. */
export const newSecret = (random: Random): string => printable(random, 43);

/** The 16 printable characters that are the SM4 key of `attFile` (readings L36). */
export const newFileKey = (random: Random): string => printable(random, 16);
