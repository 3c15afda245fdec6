import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type ChunkKeys, sealChunk } from './chunks.ts';
import type { ContentHash } from './content-hash.ts';
import { CapsuleFault } from './fault.ts';
import { type CapsuleHead, CHUNK, TAG } from './head.ts';

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

/** Chunks handed on together: a write to a file or a socket costs about the same for one of them. */
const TOGETHER = 16;

/** The head, then the chunks, each with its tag behind. What waits of the plaintext lies in one buffer of a chunk, which is wiped at the end. */
export async function* sealStream(sealing: Sealing): AsyncGenerator<Buffer, void, undefined> {
  const { gm, head, keys } = sealing;
  const { padded } = head.header;
  const waiting = Buffer.alloc(Math.min(CHUNK, padded));
  let filled = 0;
  let sealed = 0;
  let index = 0;
  let batch = Buffer.alloc(0);
  let batched = 0;

  const seal = (plaintext: Bytes): void => {
    sealed += plaintext.length;
    const place = { index, last: sealed === padded };
    const { ciphertext, tag } = sealChunk(gm, keys, head.headerSm3, place, plaintext);
    if (batched === 0) batch = Buffer.allocUnsafe(batchBytes(padded - sealed + plaintext.length));
    batch.set(ciphertext, batched);
    batch.set(tag, batched + ciphertext.length);
    batched += ciphertext.length + TAG;
    index += 1;
  };
  const handOn = (): Buffer => {
    const bytes = batch.subarray(0, batched);
    batched = 0;
    return bytes;
  };

  try {
    yield Buffer.from(head.bytes);
    for await (const piece of insideOf(sealing)) {
      for (let at = 0; at < piece.length; ) {
        if (filled === 0 && piece.length - at >= waiting.length) {
          seal(piece.subarray(at, at + waiting.length));
          at += waiting.length;
        } else {
          const taken = Math.min(piece.length - at, waiting.length - filled);
          waiting.set(piece.subarray(at, at + taken), filled);
          filled += taken;
          at += taken;
          if (filled < waiting.length) break;
          seal(waiting);
          filled = 0;
        }
        if (batched === batch.length) yield handOn();
      }
    }
    while (sealed < padded) {
      const length = Math.min(waiting.length, padded - sealed);
      waiting.fill(0, filled);
      seal(waiting.subarray(0, length));
      filled = 0;
      if (batched === batch.length) yield handOn();
    }
  } finally {
    waiting.fill(0);
    keys.wipe();
    sealing.contentHash?.close();
  }
}

/** Room for the next chunks and their tags, `left` bytes of content and padding being unsealed. */
function batchBytes(left: number): number {
  const bytes = Math.min(left, TOGETHER * CHUNK);
  return bytes + Math.ceil(bytes / CHUNK) * TAG;
}

/** Preface, content, signature. */
async function* insideOf({ gm, preface, content, size, signOver, wipe, contentHash }: Sealing): AsyncGenerator<Bytes> {
  const hash = contentHash ?? gm.sm3Stream();
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
