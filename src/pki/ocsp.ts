import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { digest } from './digest.ts';
import { keyBitsOf, namesCertificate } from './ocsp-cert-id.ts';
import type { OcspBasic, OcspSingle, OcspStatus } from './ocsp-response.ts';
import { oids } from './oids.ts';
import { type VerifiedCertificate, validatePath } from './path.ts';
import { checkSignature } from './signature.ts';

export interface OcspCheck {
  readonly basic: OcspBasic;
  readonly certificate: Certificate;
  /** The issuer on the certificate's verified path; its key decides who may answer. */
  readonly issuer: Certificate;
  /** UTC milliseconds. */
  readonly at: number;
  /** The nonce that was asked with, or null. */
  readonly nonce: Bytes | null;
  /** `required`: an answer without our nonce is refused. `optional`: one without any nonce counts; a wrong one never does. */
  readonly noncePolicy: 'required' | 'optional';
  readonly allowNonGm: boolean;
}

export type OcspFault =
  | 'another-certificate'
  | 'nonce'
  | 'unknown-responder'
  | 'responder-not-authorised'
  | 'bad-signature'
  | 'algorithm-not-allowed'
  | 'from-the-future'
  | 'out-of-date';

export type OcspResult =
  | { readonly ok: true; readonly answer: OcspAnswer }
  | { readonly ok: false; readonly fault: OcspFault };

/** Two clocks may differ by this much. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** How long an answer counts that does not say when the next one comes (RFC 6960 4.2.2.1: newer is to be had at any time). */
const UNDATED_LIFE_MS = 10 * 60_000;

/** A responder's word on one certificate that has been verified. Only this file makes one. */
class Answer {
  readonly status: OcspStatus;
  readonly producedAt: number;
  readonly thisUpdate: number;
  /** nextUpdate, or ten minutes after thisUpdate where the responder names none. UTC milliseconds. */
  readonly goodUntil: number;
  /** The delegated responder's certificate with its path to the issuer; null: the issuer signed itself. */
  readonly responder: VerifiedCertificate | null;
  readonly #certificate: string;
  readonly #issuer: string;

  constructor(
    { certificate, issuer }: OcspCheck,
    { status, thisUpdate, nextUpdate }: OcspSingle,
    producedAt: number,
    responder: VerifiedCertificate | null,
  ) {
    this.status = status;
    this.producedAt = producedAt;
    this.thisUpdate = thisUpdate;
    this.goodUntil = nextUpdate ?? thisUpdate + UNDATED_LIFE_MS;
    this.responder = responder;
    this.#certificate = certificate.fingerprint;
    this.#issuer = issuer.fingerprint;
    Object.freeze(this);
  }

  static speaksOf(value: unknown, certificate: Certificate, issuer: Certificate): boolean {
    if (typeof value !== 'object' || value === null || !(#certificate in value)) return false;
    return value.#certificate === certificate.fingerprint && value.#issuer === issuer.fingerprint;
  }
}

export type OcspAnswer = Answer;
/** Is this a verified answer, and about this certificate of this issuer? */
export const speaksOf = (answer: OcspAnswer, certificate: Certificate, issuer: Certificate): boolean =>
  Answer.speaksOf(answer, certificate, issuer);

/**
 * Does this answer hold, now, for this certificate? Signed by the issuer itself or by a responder that the issuer has certified for OCSP (RFC 6960
 * 4.2.2.2), about this very certificate, in reply to our nonce, and of now. `unknown` is a verified answer too: what it means is the caller's policy.
 */
export function verifyOcsp(gm: Gm, check: OcspCheck): OcspResult {
  const { basic } = check;
  const signer = findSigner(gm, check);
  if ('fault' in signer) return { ok: false, fault: signer.fault };
  const about = basic.singles.filter(({ certId }) => namesCertificate(gm, certId, check.certificate, check.issuer));
  const [single] = about;
  if (single === undefined || about.length > 1) return { ok: false, fault: 'another-certificate' };
  if (!isReply(check)) return { ok: false, fault: 'nonce' };
  const late = freshnessFault(basic.producedAt, single, check.at);
  if (late !== undefined) return { ok: false, fault: late };
  return { ok: true, answer: new Answer(check, single, basic.producedAt, signer.responder) };
}

/** The responder whose own status must be looked up. None when its certificate says nocheck, nor when it names no list (RFC 6960 4.2.2.2.1). */
export function responderToCheck({ responder }: OcspAnswer): VerifiedCertificate | undefined {
  if (responder === null || responder.certificate.extensions.has(oids.ocspNoCheck)) return undefined;
  return responder.certificate.crlUrls.length > 0 ? responder : undefined;
}

type Signer = { readonly responder: VerifiedCertificate | null } | { readonly fault: OcspFault };

function findSigner(gm: Gm, { basic, issuer, at, allowNonGm }: OcspCheck): Signer {
  if (isResponder(gm, basic, issuer)) return signedBy(gm, basic, issuer, allowNonGm, null);
  let fault: OcspFault = 'unknown-responder';
  for (const certificate of basic.certificates) {
    if (!isResponder(gm, basic, certificate)) continue;
    const path = validatePath(gm, {
      certificate,
      intermediates: [],
      anchors: [issuer],
      at,
      purpose: 'ocsp',
      allowNonGm,
    });
    if (!path.ok) fault = 'responder-not-authorised';
    else return signedBy(gm, basic, certificate, allowNonGm, path.verified);
  }
  return { fault };
}

function signedBy(
  gm: Gm,
  basic: OcspBasic,
  by: Certificate,
  allowNonGm: boolean,
  responder: VerifiedCertificate | null,
): Signer {
  switch (checkSignature(gm, basic, by, allowNonGm)) {
    case 'good':
      return { responder };
    case 'bad':
      return { fault: 'bad-signature' };
    case 'algorithm-not-allowed':
      return { fault: 'algorithm-not-allowed' };
  }
}

/** By name bytes, or by the hash of the key: SHA-1 in the RFC, SM3 with some GM responders. The signature decides afterwards. */
function isResponder(gm: Gm, { responder }: OcspBasic, certificate: Certificate): boolean {
  if (responder.kind === 'name') return equalBytes(responder.name, certificate.subject.der);
  const bits = keyBitsOf(certificate);
  return (['sha1', 'sm3'] as const).some((hash) => equalBytes(responder.keyHash, digest(gm, hash, bits)));
}

function isReply({ basic, nonce, noncePolicy }: OcspCheck): boolean {
  if (basic.nonce === null) return nonce === null || noncePolicy === 'optional';
  return nonce === null ? noncePolicy === 'optional' : equalBytes(basic.nonce, nonce);
}

function freshnessFault(producedAt: number, { thisUpdate, nextUpdate }: OcspSingle, at: number): OcspFault | undefined {
  if (thisUpdate > at + CLOCK_SKEW_MS || producedAt > at + CLOCK_SKEW_MS) return 'from-the-future';
  if (nextUpdate !== null && nextUpdate < thisUpdate) return 'out-of-date';
  return at > (nextUpdate ?? thisUpdate + UNDATED_LIFE_MS) ? 'out-of-date' : undefined;
}
