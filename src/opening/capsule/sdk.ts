import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { type Bytes, base64, hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { contentHash } from './content-hash.ts';
import { CapsuleFault } from './fault.ts';
import type { CapsuleHeader } from './header.ts';
import { type ReceiptCheck, receiptMismatches, verifyReceipt } from './receipt.ts';
import { type CapsuleSigner, sealCapsule } from './seal.ts';
import { checkStructure } from './structure.ts';
import { readTicket } from './ticket.ts';

/**
 * Sealing at the client: what a trading system's own program, or a bidder's, imports from `ca-interop-hub/sdk`. The hub receives ciphertext only.
 * Nothing here asks the network; keys are made, used and forgotten inside one call.
 */
export { CapsuleFault, type CapsuleHeader, type CapsuleSigner, type ReceiptCheck };

export interface ClientSealRequest {
  /** The sealing ticket as the hub answered it: the object, or its JSON text. */
  readonly ticket: unknown;
  /** Public points of the hub's signing keys (130 hex) that are trusted; got once, on another road than the ticket. */
  readonly hubKeys: readonly string[];
  /** The bidder's encryption certificates: PEM, base64 or hex. The first is the one named in the capsule. */
  readonly certificates: readonly [string, ...string[]];
  /** The trading system's own mark of this bid, 1 to 128 characters. */
  readonly task: string;
  /** The bidder's unified credit code. */
  readonly bidder: string;
  readonly content: SealContent;
  readonly signer: CapsuleSigner;
}

/** A text, bytes, a file by its path, or a stream whose length is known. */
export type SealContent =
  | { readonly text: string }
  | { readonly bytes: Bytes; readonly name?: string }
  | { readonly file: string; readonly name?: string }
  | { readonly stream: AsyncIterable<Bytes>; readonly size: number; readonly name?: string };

export interface ClientCapsule {
  readonly header: CapsuleHeader;
  /** Bytes of the whole capsule. */
  readonly bytes: number;
  /** The capsule, to be read once: into a file, or straight into the upload. */
  stream(): AsyncGenerator<Buffer, void, undefined>;
}

/** Seals for one lot of an opening. Throws TypeError when the ticket is not the hub's or a certificate cannot be used; CapsuleFault while streaming. */
export async function sealForOpening(request: ClientSealRequest): Promise<ClientCapsule> {
  const gm = seam();
  const value: unknown = typeof request.ticket === 'string' ? JSON.parse(request.ticket) : request.ticket;
  const ticket = readTicket(gm, value, request.hubKeys);
  if (ticket === undefined) throw new TypeError('the sealing ticket is not signed by one of the given hub keys');
  const [first, ...others] = request.certificates.map((text) => readRecipient(gm, text));
  if (first === undefined) throw new TypeError('no certificate given');
  const content = await readContent(request.content);
  const sealed = await sealCapsule({
    gm,
    random: systemRandom,
    ticket,
    sealedBy: 'client',
    task: request.task,
    bidder: request.bidder,
    recipients: [first, ...others],
    signer: request.signer,
    ...content,
    contentHash: contentHash(gm, content.size),
  });
  return { header: sealed.head.header, bytes: sealed.bytes, stream: () => sealed.stream() };
}

/** The trading system vouches for the content with its unit secret. */
export function unitSigner(unit: string, secret: string): CapsuleSigner {
  return {
    name: { by: 'unit', unit },
    sign: async (text) => seam().hmacSm3(utf8(secret), text),
  };
}

/** The bidder (or the system, with a certificate of its own) vouches with an SM2 key: `sign` answers a DER SM2Signature with the default id over `text`. */
export function certificateSigner(
  by: 'bidder' | 'system',
  certificate: string,
  sign: (text: Bytes) => Promise<Bytes>,
): CapsuleSigner {
  return { name: { by, certificate: base64(readRecipient(seam(), certificate).der) }, sign };
}

/** Checks the hub's receipt without database or network; with `capsule` also that it is the receipt of exactly these bytes. */
export async function checkReceipt(
  receipt: unknown,
  hubKeys: readonly string[],
  capsule?: AsyncIterable<Bytes>,
): Promise<ReceiptCheck & { readonly mismatches: readonly string[] }> {
  const gm = seam();
  const check = verifyReceipt(gm, receipt, hubKeys);
  if (!check.ok || capsule === undefined) return { ...check, mismatches: [] };
  return { ...check, mismatches: receiptMismatches(check.receipt, await checkStructure(gm, capsule)) };
}

/** SM3 of a capsule as it streams by: for the upload's X-Ca-Content-Sm3. */
export async function sm3Of(source: AsyncIterable<Bytes>): Promise<string> {
  const hash = seam().sm3Stream();
  for await (const piece of source) hash.update(piece);
  return hex(hash.digest());
}

let made: Gm | undefined;
function seam(): Gm {
  made ??= createGm();
  return made;
}

function readRecipient(gm: Gm, text: string): Certificate {
  const certificate = readCertificateText(gm, text);
  if (certificate?.key.kind !== 'sm2') throw new TypeError('not a certificate with an SM2 key');
  return certificate;
}

async function readContent(content: SealContent): Promise<{
  content: AsyncIterable<Bytes> | Iterable<Bytes>;
  size: number;
  kind: 'text' | 'file';
  name?: string;
}> {
  if ('text' in content) {
    const bytes = utf8(content.text);
    return { content: [bytes], size: bytes.length, kind: 'text' };
  }
  const named = content.name === undefined ? {} : { name: content.name };
  if ('bytes' in content) return { content: [content.bytes], size: content.bytes.length, kind: 'file', ...named };
  if ('stream' in content) return { content: content.stream, size: content.size, kind: 'file', ...named };
  const { size } = await stat(content.file);
  return { content: createReadStream(content.file, { highWaterMark: 1024 * 1024 }), size, kind: 'file', ...named };
}
