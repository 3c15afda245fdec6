import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { isData, refNames } from './cms.ts';
import { attributesName, claimedTime, looksLikeAttributes } from './cms-attributes.ts';
import type { SignatureForm } from './cms-profile.ts';
import { checkSigner, encapsulated } from './cms-signature.ts';
import type { SignedData, SignerInfo } from './cms-signed.ts';
import { digest } from './digest.ts';
import { isVerified, type PathResult, type VerifiedCertificate } from './path.ts';
import type { PathFaultCode } from './path-rules.ts';

export interface SignedDataCheck {
  readonly signed: SignedData;
  /** The content, where it travels apart. Beside an attached one it must be the same. */
  readonly content?: Bytes;
  /** Certificates known otherwise; those that came along are tried as well. */
  readonly certificates?: readonly Certificate[];
  /** Judges a signer's certificate: path, purpose, moment. `carried`: what came along, trusted for nothing. */
  readonly judge: (certificate: Certificate, carried: readonly Certificate[]) => PathResult;
  /** Which forms this vendor signs in: `standardForms`, or its profile. */
  readonly forms: readonly SignatureForm[];
  /** RSA and ECDSA with SHA-2 besides SM2. */
  readonly allowNonGm: boolean;
  /** Content type demanded; default: data of either family. */
  readonly contentType?: string;
}

export type SignedDataFault =
  | 'no-content'
  | 'another-content'
  | 'content-type'
  | 'no-certificate'
  | 'attributes'
  | 'form-not-allowed'
  | 'ambiguous-content'
  | 'algorithm-not-allowed'
  | 'bad-signature'
  | { readonly path: PathFaultCode };

export interface VerifiedSigner {
  readonly certificate: VerifiedCertificate;
  /** null where RSA or ECDSA signed. */
  readonly form: SignatureForm | null;
  /** The signer's own word on when, UTC milliseconds. */
  readonly claimedTime: number | null;
  readonly info: SignerInfo;
}

export type SignedDataResult =
  | { readonly ok: true; readonly verified: VerifiedSignedData }
  | { readonly ok: false; readonly fault: SignedDataFault; readonly signer: number };

/** Content whose every signature has held. Only this file makes one. */
class Verified {
  readonly content: Bytes;
  readonly contentType: string;
  readonly signers: readonly [VerifiedSigner, ...VerifiedSigner[]];
  readonly #genuine = true;

  constructor(content: Bytes, contentType: string, signers: readonly [VerifiedSigner, ...VerifiedSigner[]]) {
    this.content = content;
    this.contentType = contentType;
    this.signers = Object.freeze([...signers] as const);
    Object.freeze(this);
  }

  static is(value: unknown): value is Verified {
    return typeof value === 'object' && value !== null && #genuine in value && value.#genuine;
  }
}

export type VerifiedSignedData = Verified;
export const isVerifiedSignedData = (value: unknown): value is VerifiedSignedData => Verified.is(value);

/** Holds when every signer's signature holds over the content and every signer's certificate passes `judge`. The first fault is told, with its signer. */
export function verifySignedData(gm: Gm, check: SignedDataCheck): SignedDataResult {
  const { signed } = check;
  const content = signed.content ?? check.content;
  if (content === undefined) return fault('no-content');
  if (check.content !== undefined && !equalBytes(content, check.content)) return fault('another-content');
  const { contentType } = signed;
  if (check.contentType === undefined ? !isData(contentType) : contentType !== check.contentType)
    return fault('content-type');
  const verified: VerifiedSigner[] = [];
  for (const [number, info] of signed.signers.entries()) {
    const signer = verifySigner(gm, check, content, info);
    if (typeof signer === 'string' || 'path' in signer) return fault(signer, number);
    verified.push(signer);
  }
  const [first, ...others] = verified;
  if (first === undefined) return fault('bad-signature');
  return { ok: true, verified: new Verified(content, contentType, [first, ...others]) };
}

const fault = (code: SignedDataFault, signer = 0): SignedDataResult => ({ ok: false, fault: code, signer });

function verifySigner(
  gm: Gm,
  check: SignedDataCheck,
  content: Bytes,
  info: SignerInfo,
): VerifiedSigner | SignedDataFault {
  const { signed, certificates = [] } = check;
  const broken = contentFault(gm, signed, content, info);
  if (broken !== undefined) return broken;
  const candidates = [...certificates, ...signed.certificates].filter((one) => refNames(gm, info.ref, one));
  let worst: SignedDataFault = 'no-certificate';
  for (const certificate of candidates) {
    const message = { content, contentInfo: encapsulated(signed.contentType, content) };
    const held = checkSigner(gm, { ...check, info, certificate, message });
    if (typeof held === 'string') {
      worst = held;
      continue;
    }
    const path = check.judge(certificate, signed.certificates);
    if (!path.ok) return { path: path.fault.code };
    if (!isVerified(path.verified) || path.verified.certificate.fingerprint !== certificate.fingerprint)
      return { path: 'unknown-issuer' };
    const time = info.attributes === null ? null : claimedTime(info.attributes);
    return { certificate: path.verified, form: held.form, claimedTime: time, info };
  }
  return worst;
}

/** Attributes must name the content; without attributes it must be plain data that cannot be mistaken for attributes (RFC 5652 5.3). */
function contentFault(gm: Gm, signed: SignedData, content: Bytes, info: SignerInfo): SignedDataFault | undefined {
  if (info.attributes === null) {
    if (!isData(signed.contentType)) return 'attributes';
    return looksLikeAttributes(content) ? 'ambiguous-content' : undefined;
  }
  if (info.digest === 'sha1') return 'algorithm-not-allowed';
  const named = attributesName(info.attributes, signed.contentType, digest(gm, info.digest, content));
  return named ? undefined : 'attributes';
}
