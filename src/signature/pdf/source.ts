import type { FileHandle } from 'node:fs/promises';
import type { Bytes } from '#kernel/bytes.ts';
import { type Allowance, Lexer, MOST_HELD, NeedMore } from './lexer.ts';
import { PdfFault } from './objects.ts';

/** Random access to a document: a file handle for the large ones, so that 200 MB never stand in memory. */
export interface PdfSource {
  readonly size: number;
  /** Up to `length` bytes; fewer only at the end. */
  read(offset: number, length: number): Promise<Bytes>;
}

export const bytesSource = (bytes: Bytes): PdfSource => ({
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

export async function fileSource(handle: FileHandle): Promise<PdfSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.allocUnsafe(wanted);
      let done = 0;
      while (done < wanted) {
        const { bytesRead } = await handle.read(buffer, done, wanted - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
  };
}

/** A document with bytes behind it, as one. */
export const joined = (first: PdfSource, behind: Bytes): PdfSource => ({
  size: first.size + behind.length,
  async read(offset, length) {
    const head =
      offset < first.size ? await first.read(offset, Math.min(length, first.size - offset)) : new Uint8Array();
    const from = Math.max(0, offset - first.size);
    const wanted = length - head.length;
    const tail = wanted > 0 ? behind.subarray(from, from + wanted) : new Uint8Array();
    if (head.length === 0) return tail;
    return tail.length === 0 ? head : Buffer.concat([head, tail]);
  },
});

/** Only the first `size` bytes: a document as it was at an earlier revision. */
export const prefixOf = (source: PdfSource, size: number): PdfSource => ({
  size,
  read: (offset, length) => source.read(offset, Math.max(0, Math.min(length, size - offset))),
});

const FIRST_WINDOW = 4096;
/** A cross-reference table of half a million objects is 10 MB. */
const LARGEST_WINDOW = 32 * 1024 * 1024;

/** Parses at `offset` with a window that grows until the object fits. */
export async function parseAt<T>(
  source: PdfSource,
  offset: number,
  parse: (lexer: Lexer, allowance: Allowance) => T,
): Promise<T> {
  if (offset < 0 || offset >= source.size) throw new PdfFault('broken', `offset ${offset} outside the file`);
  for (let window = FIRST_WINDOW; ; window *= 4) {
    if (window > LARGEST_WINDOW) throw new PdfFault('too-large', `object at ${offset} does not end`);
    const bytes = await source.read(offset, window);
    try {
      const allowance = { left: MOST_HELD };
      return parse(new Lexer(bytes, offset, offset + bytes.length >= source.size, 0, allowance), allowance);
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
    }
  }
}
