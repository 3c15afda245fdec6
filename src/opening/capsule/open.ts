import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { commits, labels } from './commitment.ts';
import type { ContentHash } from './content-hash.ts';
import { CapsuleFault } from './fault.ts';
import type { CapsuleHead } from './head.ts';
import { openStream } from './open-stream.ts';
import { type Preface, type SignerName, sealText } from './preface.ts';

/** Does this signer's signature hold over these bytes, and is he one who may vouch for this capsule? */
export type SignatureJudge = (signer: SignerName, text: Bytes, signature: Bytes) => boolean | Promise<boolean>;

export interface OpenRequest {
  readonly gm: Gm;
  readonly head: CapsuleHead;
  /** Everything behind the head. */
  readonly body: AsyncIterable<Bytes> | Iterable<Bytes>;
  /** Checked against the header's commitment, so that one capsule has one content. Not wiped. */
  readonly dek: Bytes;
  readonly judge: SignatureJudge;
  /** Where SM3(content) is worked out; a second thread for large contents when left out. Closed at the end. */
  readonly contentHash?: ContentHash;
}

export interface OpenedCapsule {
  readonly preface: Preface;
  /**
   * The content, to be read once. Every piece has passed its tag; that it is whole, ends where it should and was signed is known only when the
   * iteration has ended without throwing CapsuleFault: use nothing before.
   */
  readonly content: AsyncGenerator<Buffer, void, undefined>;
  /** SM3 of the content, hex; once `content` has ended. */
  contentSm3(): string;
}

/** Opens a capsule. Throws CapsuleFault: here for a wrong key or a first chunk that does not hold, from `content` for all that follows. */
export async function openCapsule(request: OpenRequest): Promise<OpenedCapsule> {
  const { gm, head, dek, judge } = request;
  const { header, headerSm3 } = head;
  if (!commits(gm, header.commitments.dek, labels.dek, dek, Buffer.from(header.nonce, 'hex'))) {
    throw new CapsuleFault('key', 'not the key that the header commits to');
  }
  let sm3: Bytes | undefined;
  const stream = await openStream({
    ...request,
    async ended(preface, contentSm3, signature) {
      const text = sealText(hex(headerSm3), hex(contentSm3));
      if (!(await judge(preface.signer, text, signature))) throw new CapsuleFault('signature', 'does not hold');
      sm3 = contentSm3;
    },
  });
  return {
    ...stream,
    contentSm3() {
      if (sm3 === undefined) throw new CapsuleFault('content', 'asked for before the end');
      return hex(sm3);
    },
  };
}
