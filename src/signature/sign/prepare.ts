import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Certificate } from '#pki/certificate.ts';
import { attributesToSign, type DetachedProfile, digestFor } from '#pki/cms-detached.ts';
import type { Picture } from '#pki/picture.ts';
import type { ESeal } from '#pki/ses.ts';
import { sealTbs } from '#pki/ses-signature.ts';
import { openPdf } from '../pdf/document.ts';
import type { Placement } from '../pdf/placement.ts';
import { type PreparedRevision, prepareSignature } from '../pdf/prepare.ts';
import { joined, type PdfSource } from '../pdf/source.ts';
import { digestRanges } from '../report/digest-range.ts';

/** How the container is written: a CMS message in one of two families, or the signature of an electronic seal (GB/T 38540). */
export type ContainerForm =
  | { readonly form: 'cms'; readonly profile: DetachedProfile }
  | { readonly form: 'seal'; readonly seal: ESeal };

export interface SigningWish {
  readonly certificate: Certificate;
  readonly signer: string;
  readonly reason?: string;
  /** UTC ms: the signer's own word in the document. */
  readonly at: number;
  readonly container: ContainerForm;
  readonly picture: Picture | null;
  readonly placements: readonly Placement[];
  /** A timestamp will be embedded: more room is kept. */
  readonly timestamped: boolean;
}

/** A signing between the page that asked for it and the token that answers. Everything in it can be stored. */
export interface PendingSigning {
  readonly revision: PreparedRevision;
  /** Of the document with the revision, its container left out. */
  readonly digest: Bytes;
  /** What the token signs: signed attributes, or TBS_Sign of the seal. Never a bare digest. */
  readonly toSign: Bytes;
}

/** Certificates, chain and a timestamp with its own; an electronic seal brings its picture along. */
const CONTAINER_ROOM = 16 * 1024;
const TIMESTAMP_ROOM = 12 * 1024;

/**
 * Everything up to the token: the revision behind `source`, the digest over the bytes that it will cover, the text to sign. Reads the document once,
 * a megabyte at a time. Throws PdfFault where the document cannot be signed.
 */
export async function prepareSigning(gm: Gm, source: PdfSource, wish: SigningWish): Promise<PendingSigning> {
  const { container } = wish;
  const sealRoom = container.form === 'seal' ? container.seal.der.length : 0;
  const revision = await prepareSignature(await openPdf(source), {
    signer: wish.signer,
    ...(wish.reason !== undefined && { reason: wish.reason }),
    at: wish.at,
    ...(container.form === 'seal'
      ? { filter: 'Gomain.GMPkiLite' as const, subFilter: 'GM.sm2seal' as const }
      : { subFilter: 'adbe.pkcs7.detached' as const }),
    room: CONTAINER_ROOM + sealRoom + (wish.timestamped ? TIMESTAMP_ROOM : 0),
    placements: wish.placements,
    picture: wish.picture,
  });
  const [, start, end, rest] = revision.byteRange;
  const ranges = [
    [0, start],
    [end, rest],
  ] as const;
  const name = container.form === 'seal' ? 'sm3' : digestFor(wish.certificate);
  const digests = await digestRanges(gm, joined(source, revision.bytes), ranges, [name]);
  const digest = digests[name] ?? new Uint8Array();
  return { revision, digest, toSign: textFor(gm, wish, digest, revision.fieldName) };
}

function textFor(gm: Gm, { container, certificate, at }: SigningWish, digest: Bytes, fieldName: string): Bytes {
  switch (container.form) {
    case 'cms':
      return attributesToSign(gm, { certificate, digest, signingTime: at, profile: container.profile });
    case 'seal':
      return sealTbs({ seal: container.seal, documentHash: digest, at, property: fieldName });
  }
}
