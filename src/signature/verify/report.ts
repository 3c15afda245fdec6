import type { Authority } from '#drivers/authority.ts';
import type { Judgement } from '#drivers/trust.ts';
import { isoUtc } from '#kernel/clock.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { extractIdentity } from '#pki/identity.ts';
import { maskId, maskName } from '#subscriber/mask.ts';
import { type Check, type SealFacts, type SignatureVerdict, sentences, verdictOf } from '../report/report.ts';

/** How the signature was written. */
export type SignatureForm = 'sm2-der' | 'sm2-raw' | 'sm2-key' | 'ecdsa' | 'rsa' | 'cms' | 'seal' | 'unknown';

/** What is said of one signature: one result, why, and what it rests on. Never the content, never a whole number of a person. */
export interface VerifyReport {
  readonly v: 1;
  readonly result: SignatureVerdict;
  /** 签名有效 / 签名无效 / 无法判定 */
  readonly sentence: string;
  /** The first thing that is against it; '' when nothing is. */
  readonly reason: string;
  readonly form: SignatureForm;
  /** At least one for every message that could be read. */
  readonly signers: readonly SignerReport[];
  /** ISO Z. */
  readonly checkedAt: string;
}

export interface SignerReport {
  readonly result: SignatureVerdict;
  readonly reason: string;
  /** `SM2-SM3`, `RSA-SHA256`, `ECDSA-SHA384` …; null: not known. */
  readonly algorithm: string | null;
  readonly certificate: CertificateFacts | null;
  /** From the certificate to the root it was verified to; empty where there is no path. */
  readonly chain: readonly ChainLink[];
  /** `timestamp`: proven. `claimed`: the signer's own word. null: the signature says nothing. */
  readonly time: { readonly source: 'timestamp' | 'claimed'; readonly at: string } | null;
  readonly seal: SealFacts | null;
  readonly checks: readonly Check[];
}

export interface CertificateFacts {
  /** Masked, as the numbers are: who must know them has the certificate. */
  readonly holder: string;
  readonly kind: 'organisation' | 'person';
  readonly unitCode: string | null;
  readonly idNumber: string | null;
  /** Name of the recognised authority; null: none. */
  readonly authority: string | null;
  /** Last four of the serial. */
  readonly tail: string;
  /** SM3 of the DER, lower hex: says exactly which certificate it is. */
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** false: outside the national algorithms. */
  readonly gm: boolean;
}

export interface ChainLink {
  readonly subject: string;
  readonly tail: string;
  readonly fingerprint: string;
  readonly notAfter: string;
}

export interface SignerFindings {
  readonly checks: readonly Check[];
  readonly algorithm: string | null;
  readonly certificate: Certificate | undefined;
  readonly judged: Judgement | undefined;
  /** UTC ms. */
  readonly time: { readonly source: 'timestamp' | 'claimed'; readonly at: number } | null;
  readonly seal: SealFacts | null;
}

export function signerReport({ checks, certificate, judged, time, ...rest }: SignerFindings): SignerReport {
  const result = verdictOf(checks);
  const authority = judged !== undefined && 'authority' in judged ? judged.authority : undefined;
  const path = judged !== undefined && 'verified' in judged ? judged.verified.chain : [];
  return {
    ...rest,
    result,
    reason: reasonOf(checks),
    certificate: certificate === undefined ? null : certificateFacts(certificate, authority),
    // The end entity stands in `certificate`, masked; the links are public bodies.
    chain: path.slice(1).map((link) => ({
      subject: link.subject.get('CN') ?? link.subject.get('O') ?? '',
      tail: tailOf(link),
      fingerprint: link.fingerprint,
      notAfter: isoUtc(link.notAfter),
    })),
    time: time === null ? null : { source: time.source, at: isoUtc(time.at) },
    checks,
  };
}

export function certificateFacts(certificate: Certificate, authority: Authority | undefined): CertificateFacts {
  const identity = extractIdentity(certificate, authority?.manifest.identity);
  const named = identity.kind === 'organisation' ? identity.unitName : identity.personName;
  const masked = (value: string | undefined): string | null => (value === undefined ? null : maskId(value));
  return {
    holder: maskName(named ?? certificate.subject.get('CN') ?? ''),
    kind: identity.kind,
    unitCode: masked(identity.unitCode),
    idNumber: masked(identity.idNumber),
    authority: authority?.name ?? null,
    tail: tailOf(certificate),
    fingerprint: certificate.fingerprint,
    notBefore: isoUtc(certificate.notBefore),
    notAfter: isoUtc(certificate.notAfter),
    gm: certificate.key.kind === 'sm2',
  };
}

/** Of several signers the worst speaks for all: a message is never called valid by majority. */
export function verifyReport(form: SignatureForm, signers: readonly SignerReport[], now: number): VerifyReport {
  const worst =
    signers.find((one) => one.result === 'invalid') ?? signers.find((one) => one.result === 'indeterminate');
  const result = worst?.result ?? 'valid';
  return {
    v: 1,
    result,
    sentence: sentences[result],
    reason: worst?.reason ?? '',
    form,
    signers,
    checkedAt: isoUtc(now),
  };
}

const reasonOf = (checks: readonly Check[]): string =>
  (checks.find(({ result }) => result === 'failed') ?? checks.find(({ result }) => result === 'unknown'))?.detail ?? '';
