import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type ChunkKeys, chunkKeys, openChunk } from './chunks.ts';
import { type ContentHash, contentHash } from './content-hash.ts';
import { CapsuleFault } from './fault.ts';
import { type CapsuleHead, CHUNK, TAG } from './head.ts';
import { exactly } from './pieces.ts';
import { type Preface, readPreface, SIGNATURE_ROOM } from './preface.ts';

interface Opening {
  readonly gm: Gm;
  readonly head: CapsuleHead;
  readonly body: AsyncIterable<Bytes> | Iterable<Bytes>;
  readonly dek: Bytes;
  readonly contentHash?: ContentHash;
  /** Called once, after the last chunk; throws when the signature does not hold. */
  ended(preface: Preface, contentSm3: Bytes, signature: Bytes): Promise<void>;
}

/** The inside of a capsule, laid out again: preface, content, signature, zeros. */
export async function openStream(
  opening: Opening,
): Promise<{ preface: Preface; content: AsyncGenerator<Buffer, void, undefined> }> {
  const keys = chunkKeys(opening.gm, opening.dek, opening.head.headerSm3);
  const chunks = openChunks(opening, keys);
  const first = await chunks.next();
  const read = first.done === true ? undefined : readPreface(first.value);
  if (read === undefined || first.done === true) throw new CapsuleFault('content', 'no preface');
  const { preface, contentAt } = read;
  if (contentAt + preface.size + SIGNATURE_ROOM > opening.head.header.padded) {
    throw new CapsuleFault('content', 'more content announced than there is room for');
  }
  return { preface, content: contentOf(opening, preface, first.value.subarray(contentAt), chunks) };
}

async function* contentOf(
  { gm, contentHash: given, ended }: Opening,
  preface: Preface,
  first: Bytes,
  chunks: AsyncGenerator<Bytes>,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = given ?? contentHash(gm, preface.size);
  let left = preface.size;
  const tail: Bytes[] = [];
  let tailBytes = 0;
  try {
    for (let chunk: Bytes | undefined = first; chunk !== undefined; chunk = await nextOf(chunks)) {
      const content = chunk.subarray(0, Math.min(left, chunk.length));
      const rest = chunk.subarray(content.length);
      left -= content.length;
      if (content.length > 0) {
        await hash.update(content);
        yield Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      }
      // Behind the signature are zeros only; what is kept of them is just enough to read it.
      const kept = Math.min(rest.length, SIGNATURE_ROOM - tailBytes);
      if (kept > 0) tail.push(Buffer.from(rest.subarray(0, kept))); // a copy: a view would keep its whole chunk in memory
      tailBytes += kept;
      if (!isZero(rest.subarray(kept))) throw new CapsuleFault('content', 'the padding is not zero');
    }
    const end = Buffer.concat(tail);
    const length = end[0] ?? 0;
    const signature = end.subarray(1, 1 + length);
    if (left > 0 || length === 0 || length >= SIGNATURE_ROOM || !isZero(end.subarray(1 + length))) {
      throw new CapsuleFault('content', 'no signature behind the content');
    }
    await ended(preface, await hash.digest(), signature);
  } finally {
    hash.close();
    await chunks.return(undefined);
  }
}

const nextOf = async (chunks: AsyncGenerator<Bytes>): Promise<Bytes | undefined> => {
  const next = await chunks.next();
  return next.done === true ? undefined : next.value;
};

/** Chunk by chunk, each decrypted only after its tag has held. The header says how many there are: nothing may be missing and nothing left over. */
async function* openChunks({ gm, head, body }: Opening, keys: ChunkKeys): AsyncGenerator<Bytes> {
  const { padded } = head.header;
  const count = Math.ceil(padded / CHUNK);
  const lengths = function* (): Generator<number> {
    for (let index = 0; index < count; index += 1) yield Math.min(CHUNK, padded - index * CHUNK) + TAG;
  };
  let index = 0;
  try {
    for await (const chunk of exactly(body, lengths())) {
      const at = { index, last: index === count - 1 };
      const plain = openChunk(gm, keys, head.headerSm3, at, chunk);
      if (plain === undefined) throw new CapsuleFault('chunk', `chunk ${index} does not hold`);
      index += 1;
      yield plain;
    }
  } finally {
    keys.wipe();
  }
}

function isZero(bytes: Bytes): boolean {
  let or = 0;
  for (const byte of bytes) or |= byte;
  return or === 0;
}
