import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type ChunkKeys, sealChunk } from './chunks.ts';
import { CapsuleFault } from './fault.ts';
import { type CapsuleHead, CHUNK } from './head.ts';

/** SM3 of the content as it passes; may be done elsewhere. Pieces are whole and must not be changed by the receiver. */
export interface ContentHash {
  update(piece: Bytes): unknown;
  digest(): Bytes | Promise<Bytes>;
}

interface Sealing {
  readonly gm: Gm;
  readonly head: CapsuleHead;
  readonly keys: ChunkKeys;
  readonly preface: Bytes;
  readonly content: AsyncIterable<Bytes> | Iterable<Bytes>;
  readonly size: number;
  readonly signOver: (contentSm3: Bytes) => Promise<Bytes>;
  readonly wipe?: boolean;
  readonly contentHash?: ContentHash;
}

/** The head, then one chunk with its tag after the other. The plaintext lies in one buffer of a chunk, which is wiped at the end. */
export async function* sealStream(sealing: Sealing): AsyncGenerator<Buffer, void, undefined> {
  const { gm, head, keys } = sealing;
  const { padded } = head.header;
  const buffer = Buffer.alloc(Math.min(CHUNK, padded));
  let filled = 0;
  let sealed = 0;
  let index = 0;
  const seal = (): Buffer => {
    const last = sealed + filled === padded;
    const chunk = sealChunk(gm, keys, head.headerSm3, { index, last }, buffer.subarray(0, filled));
    index += 1;
    sealed += filled;
    filled = 0;
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  };
  try {
    yield Buffer.from(head.bytes);
    for await (const piece of insideOf(sealing)) {
      for (let at = 0; at < piece.length; ) {
        const taken = Math.min(piece.length - at, buffer.length - filled);
        buffer.set(piece.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === buffer.length) yield seal();
      }
    }
    for (let left = padded - sealed - filled; left > 0; left = padded - sealed - filled) {
      const zeros = Math.min(left, buffer.length - filled);
      buffer.fill(0, filled, filled + zeros);
      filled += zeros;
      if (filled === buffer.length) yield seal();
    }
    if (filled > 0) yield seal();
  } finally {
    buffer.fill(0);
    keys.wipe();
  }
}

/** Preface, content, signature. */
async function* insideOf({ gm, preface, content, size, signOver, wipe, contentHash }: Sealing): AsyncGenerator<Bytes> {
  const hash: ContentHash = contentHash ?? gm.sm3Stream();
  yield preface;
  let seen = 0;
  for await (const piece of content) {
    seen += piece.length;
    if (seen > size) throw new CapsuleFault('size', 'the content is longer than announced');
    await hash.update(piece);
    yield piece;
    if (wipe === true) piece.fill(0);
  }
  if (seen !== size) throw new CapsuleFault('size', 'the content is shorter than announced');
  const signature = await signOver(await hash.digest());
  yield Buffer.of(signature.length);
  yield signature;
}
