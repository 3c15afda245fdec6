import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { CapsuleFault } from './fault.ts';
import { bodyLength, type CapsuleHead, HEAD_PREFIX, headLength, readHead } from './head.ts';

/** A capsule being taken in: its head is read and right, its body has not been seen yet. */
export interface Intake {
  readonly head: CapsuleHead;
  /** Bytes that must follow the head. */
  readonly bodyBytes: number;
  /**
   * The body as it arrives, to be read once. Throws CapsuleFault `length` when it ends too early or goes on too long. Without keys nothing more can be said of it;
   * each byte is fixed by `sm3`.
   */
  readonly body: AsyncGenerator<Bytes, void, undefined>;
  /** SM3 of the whole capsule, hex: its fingerprint on the receipt. Once `body` has ended. */
  sm3(): string;
}

/** Reads the head of an arriving capsule. Throws CapsuleFault `format` or `length`; never holds more than the head in memory. */
export async function beginIntake(gm: Gm, source: AsyncIterable<Bytes> | Iterable<Bytes>): Promise<Intake> {
  const pieces = piecesOf(source);
  const { head, rest } = await takeHead(gm, pieces);
  const bodyBytes = bodyLength(head.header);
  const hash = gm.sm3Stream().update(head.bytes);
  let sm3: string | undefined;
  async function* body(): AsyncGenerator<Bytes, void, undefined> {
    let seen = 0;
    const pass = (piece: Bytes): Bytes => {
      seen += piece.length;
      if (seen > bodyBytes) throw new CapsuleFault('length', 'goes on behind its end');
      hash.update(piece);
      return piece;
    };
    if (rest.length > 0) yield pass(rest);
    for await (const piece of pieces) yield pass(piece);
    if (seen !== bodyBytes) throw new CapsuleFault('length', 'ends too early');
    sm3 = hex(hash.digest());
  }
  return {
    head,
    bodyBytes,
    body: body(),
    sm3() {
      if (sm3 === undefined) throw new CapsuleFault('length', 'not at its end yet');
      return sm3;
    },
  };
}

/** Head and body of a capsule that is to be opened: its bytes are proved by their tags, so no fingerprint is worked out. Throws CapsuleFault `format`. */
export async function splitCapsule(
  gm: Gm,
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
): Promise<{ readonly head: CapsuleHead; readonly body: AsyncGenerator<Bytes, void, undefined> }> {
  const pieces = piecesOf(source);
  const { head, rest } = await takeHead(gm, pieces);
  async function* body(): AsyncGenerator<Bytes, void, undefined> {
    if (rest.length > 0) yield rest;
    yield* pieces;
  }
  return { head, body: body() };
}

export interface Structure {
  readonly head: CapsuleHead;
  /** Bytes of the whole capsule. */
  readonly bytes: number;
  /** SM3 of the whole capsule, hex. */
  readonly sm3: string;
}

/** A whole capsule checked without keys: head, key model, wraps and length. Throws CapsuleFault. */
export async function checkStructure(gm: Gm, source: AsyncIterable<Bytes> | Iterable<Bytes>): Promise<Structure> {
  const intake = await beginIntake(gm, source);
  for await (const _ of intake.body);
  return { head: intake.head, bytes: intake.head.bytes.length + intake.bodyBytes, sm3: intake.sm3() };
}

async function* piecesOf(source: AsyncIterable<Bytes> | Iterable<Bytes>): AsyncGenerator<Bytes> {
  yield* source;
}

async function takeHead(gm: Gm, pieces: AsyncGenerator<Bytes>): Promise<{ head: CapsuleHead; rest: Bytes }> {
  let start: Bytes = Buffer.alloc(0);
  for (;;) {
    const length = start.length < HEAD_PREFIX ? HEAD_PREFIX : headLength(start);
    if (length === undefined) throw new CapsuleFault('format', 'not a capsule');
    if (start.length >= HEAD_PREFIX && start.length >= length) {
      const head = readHead(gm, start);
      if (head === undefined) throw new CapsuleFault('format', 'head');
      return { head, rest: start.subarray(length) };
    }
    const next = await pieces.next();
    if (next.done === true) throw new CapsuleFault('format', 'ends within its head');
    start = Buffer.concat([start, next.value]);
  }
}
