import { createHash } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { DigestName } from '#pki/digest.ts';
import type { PdfSource } from '../pdf/source.ts';

const CHUNK = 1024 * 1024;

export type Digests = Partial<Record<DigestName, Bytes>>;
export type Ranges = readonly (readonly [offset: number, length: number])[];

interface Hash {
  update(part: Bytes): unknown;
  digest(): Bytes;
}

/** Digests of the bytes in these ranges, each byte read once, a megabyte at a time. */
export async function digestRanges(
  gm: Gm,
  source: PdfSource,
  ranges: Ranges,
  names: readonly DigestName[],
): Promise<Digests> {
  const hashes: Partial<Record<DigestName, Hash>> = {};
  for (const name of names) hashes[name] = name === 'sm3' ? gm.sm3Stream() : createHash(name);
  for (const [offset, length] of ranges) {
    for (let done = 0; done < length; ) {
      const part = await source.read(offset + done, Math.min(CHUNK, length - done));
      if (part.length === 0) break;
      for (const hash of Object.values(hashes)) hash.update(part);
      done += part.length;
    }
  }
  const digests: Digests = {};
  for (const name of names) {
    const digest = hashes[name]?.digest();
    if (digest !== undefined) digests[name] = digest;
  }
  return digests;
}

/** SM3 alone. */
export async function sm3Of(gm: Gm, source: PdfSource, ranges: Ranges): Promise<Bytes> {
  const { sm3 } = await digestRanges(gm, source, ranges, ['sm3']);
  return sm3 ?? new Uint8Array();
}
