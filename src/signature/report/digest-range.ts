import { createHash } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { PdfSource } from '../pdf/source.ts';

const CHUNK = 1024 * 1024;

export interface RangeDigests {
  readonly sm3: Bytes;
  readonly sha256: Bytes;
  readonly sha384: Bytes;
  readonly sha512: Bytes;
}

/** Digests of the bytes in the ranges [offset, length], read once and a megabyte at a time. */
export async function digestRanges(
  gm: Gm,
  source: PdfSource,
  ranges: readonly (readonly [offset: number, length: number])[],
): Promise<RangeDigests> {
  const sm3 = gm.sm3Stream();
  const others = { sha256: createHash('sha256'), sha384: createHash('sha384'), sha512: createHash('sha512') };
  for await (const part of partsOf(source, ranges)) {
    sm3.update(part);
    for (const hash of Object.values(others)) hash.update(part);
  }
  return {
    sm3: sm3.digest(),
    sha256: others.sha256.digest(),
    sha384: others.sha384.digest(),
    sha512: others.sha512.digest(),
  };
}

async function* partsOf(
  source: PdfSource,
  ranges: readonly (readonly [number, number])[],
): AsyncGenerator<Bytes, void, undefined> {
  for (const [offset, length] of ranges) {
    for (let done = 0; done < length; ) {
      const part = await source.read(offset + done, Math.min(CHUNK, length - done));
      if (part.length === 0) return;
      yield part;
      done += part.length;
    }
  }
}
