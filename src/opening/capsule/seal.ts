import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { chunkKeys } from './chunks.ts';
import type { ContentHash } from './content-hash.ts';
import { CapsuleFault } from './fault.ts';
import { type CapsuleHead, makeHead } from './head.ts';
import type { CapsuleHeader, SealedBy } from './header.ts';
import { dealKeys } from './keys.ts';
import { paddedLength } from './padding.ts';
import { type Preface, SIGNATURE_ROOM, type SignerName, sealText, writePreface } from './preface.ts';
import { sealStream } from './seal-stream.ts';
import type { TrustedTicket } from './ticket.ts';

/** Who vouches for the content, and how: an SM2 signature, or for `unit` an HMAC-SM3 under the unit's secret. */
export interface CapsuleSigner {
  readonly name: SignerName;
  /** DER SM2Signature (default id) or 32-byte HMAC over `text`. */
  sign(text: Bytes): Promise<Bytes>;
}

export interface SealRequest {
  readonly gm: Gm;
  readonly random: Random;
  readonly ticket: TrustedTicket;
  readonly sealedBy: SealedBy;
  /** The trading system's own mark of this bid, 1 to 128 characters. */
  readonly task: string;
  readonly bidder: string;
  /** The bidder's encryption certificates; the header names the first. Further ones are further keys of the same bidder. */
  readonly recipients: readonly [Certificate, ...Certificate[]];
  readonly content: AsyncIterable<Bytes> | Iterable<Bytes>;
  /** Exactly how many bytes `content` gives. */
  readonly size: number;
  readonly kind: Preface['kind'];
  readonly name?: string | undefined;
  readonly signer: CapsuleSigner;
  /** Overwrite every piece of `content` when it has been sealed. */
  readonly wipe?: boolean;
  /** Where SM3(content) is worked out; in this thread when left out. Closed at the end. */
  readonly contentHash?: ContentHash;
}

export interface SealedCapsule {
  readonly head: CapsuleHead;
  /** Bytes of the whole capsule. */
  readonly bytes: number;
  /** The capsule, head first; to be read once. Throws CapsuleFault `size` when the content is not as long as announced. */
  stream(): AsyncGenerator<Buffer, void, undefined>;
}

/**
 * Seals content for one lot of an opening. The keys exist in this process only while the stream runs; nothing is kept.
 * Throws RangeError when a recipient's certificate has no SM2 key or the content is beyond `limits.capsuleContent`.
 */
export async function sealCapsule(request: SealRequest): Promise<SealedCapsule> {
  const { gm, ticket, signer } = request;
  const preface = writePreface({
    v: 1,
    kind: request.kind,
    size: request.size,
    name: request.name ?? null,
    signer: signer.name,
  });
  const padded = paddedLength(preface.length + request.size + SIGNATURE_ROOM);
  const keys = await dealKeys(request);
  const header: CapsuleHeader = {
    v: 1,
    hub: ticket.hub,
    opening: ticket.opening,
    lot: ticket.lot,
    task: request.task,
    bidder: request.bidder,
    certificateSm3: request.recipients[0].fingerprint,
    opensAt: ticket.opensAt,
    keyModel: ticket.keyModel,
    sealedBy: request.sealedBy,
    openingKey: ticket.openingKey === null ? null : hex(gm.sm3(ticket.openingKey.point)),
    padded,
    nonce: keys.nonce,
    commitments: keys.commitments,
  };
  const head = makeHead(gm, header, keys.wraps);
  const chunk = chunkKeys(gm, keys.dek, head.headerSm3);
  keys.dek.fill(0);
  const signOver = async (contentSm3: Bytes): Promise<Bytes> => {
    const signature = await signer.sign(sealText(hex(head.headerSm3), hex(contentSm3)));
    if (signature.length >= SIGNATURE_ROOM) throw new CapsuleFault('signature', 'longer than a signature is');
    return signature;
  };
  return {
    head,
    bytes: head.bytes.length + padded + Math.ceil(padded / (64 * 1024)) * 32,
    stream: () => sealStream({ ...request, head, keys: chunk, preface, signOver }),
  };
}
