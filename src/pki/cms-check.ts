import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { isData, refNames } from './cms.ts';
import { attributesName, claimedTime, looksLikeAttributes } from './cms-attributes.ts';
import type { SignatureForm } from './cms-profile.ts';
import { checkSigner, encapsulated } from './cms-signature.ts';
import type { SignedData, SignerInfo } from './cms-signed.ts';
import { type DigestName, digest } from './digest.ts';

/** One signer of a message, asked about alone: content at hand, or known by its digests. */
export interface SignerCheck {
  readonly signed: SignedData;
  readonly info: SignerInfo;
  /** The content, where it travels apart; beside an attached one it must be the same. */
  readonly content: Bytes | Partial<Record<DigestName, Bytes>> | null;
  /** Known otherwise; those that came along are tried as well. */
  readonly certificate: Certificate | null;
  readonly forms: readonly SignatureForm[];
}

export type SignerFault =
  | 'no-content'
  | 'another-content'
  | 'attributes'
  | 'digest-missing'
  | 'no-certificate'
  | 'ambiguous-content'
  | 'form-not-allowed'
  | 'algorithm-not-allowed'
  | 'bad-signature';

export type SignerResult =
  | { readonly ok: true; readonly certificate: Certificate; readonly claimedTime: number | null }
  | { readonly ok: false; readonly fault: SignerFault; readonly certificate: Certificate | undefined };

/** Did this signer's key sign this content? Its path is the caller's to judge. `digest-missing`: the signer used another hash than the one at hand. */
export function checkOneSigner(gm: Gm, check: SignerCheck): SignerResult {
  const { signed, info, forms } = check;
  const certificate = certificateOf(gm, check);
  const no = (fault: SignerFault): SignerResult => ({ ok: false, fault, certificate });
  const content = contentOf(gm, check);
  if (typeof content === 'string') return no(content);
  if (info.digest === 'sha1') return no('algorithm-not-allowed');
  if (info.attributes === null) {
    if (!(content instanceof Uint8Array) || !isData(signed.contentType)) return no('form-not-allowed');
    if (looksLikeAttributes(content)) return no('ambiguous-content');
  } else {
    const hashed = content instanceof Uint8Array ? digest(gm, info.digest, content) : content[info.digest];
    if (hashed === undefined) return no('digest-missing');
    if (!attributesName(info.attributes, signed.contentType, hashed)) return no('attributes');
  }
  if (certificate === undefined) return no('no-certificate');
  const bytes = content instanceof Uint8Array ? content : new Uint8Array(0);
  const message = { content: bytes, contentInfo: encapsulated(signed.contentType, bytes) };
  const held = checkSigner(gm, { info, certificate, message, forms, allowNonGm: true });
  if (typeof held === 'string') return no(held);
  return { ok: true, certificate, claimedTime: info.attributes === null ? null : claimedTime(info.attributes) };
}

const certificateOf = (gm: Gm, { signed, info, certificate }: SignerCheck): Certificate | undefined =>
  [...(certificate === null ? [] : [certificate]), ...signed.certificates].find((one) => refNames(gm, info.ref, one));

function contentOf(gm: Gm, { signed, info, content }: SignerCheck) {
  if (signed.content === null) return content ?? ('no-content' as const);
  if (content === null) return signed.content;
  if (content instanceof Uint8Array)
    return equalBytes(content, signed.content) ? content : ('another-content' as const);
  const given = content[info.digest];
  if (given === undefined) return 'digest-missing' as const;
  return equalBytes(given, digest(gm, info.digest, signed.content)) ? signed.content : ('another-content' as const);
}
