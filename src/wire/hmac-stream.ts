import type { Gm, Sm3Stream } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';

const BLOCK = 64;

/** HMAC-SM3 (RFC 2104) over what comes piece by piece. */
export function hmacSm3Stream(gm: Gm, key: Bytes): Sm3Stream {
  const block = Buffer.alloc(BLOCK);
  block.set(key.length > BLOCK ? gm.sm3(key) : key);
  const pad = (byte: number): Bytes => block.map((value) => value ^ byte);
  const inner = gm.sm3Stream().update(pad(0x36));
  return {
    update(part) {
      inner.update(part);
      return this;
    },
    digest: () => gm.sm3(pad(0x5c), inner.digest()),
  };
}
