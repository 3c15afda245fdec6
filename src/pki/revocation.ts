import type { Certificate } from './certificate.ts';
import { tailOf } from './certificate.ts';
import type { Crl } from './crl.ts';
import type { RevokedEntry } from './crl-entries.ts';
import { covers } from './crl-scope.ts';
import { type OcspAnswer, speaksOf } from './ocsp.ts';
import { isVerified, type VerifiedCertificate } from './path.ts';

/** One link of a verified path: whose status is asked, and whose list answers. */
export interface ChainLink {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** 0 is the end entity. */
  readonly depth: number;
}

export interface RevocationRequest {
  readonly verified: VerifiedCertificate;
  /** Brings the newest list of the link's issuer, unverified is fine; undefined: none to be had. */
  readonly crls: (link: ChainLink) => Promise<Crl | undefined>;
  /** Brings a responder's verified answer; `{unavailable}`: one was needed and could not be had; undefined or left out: the list decides. */
  readonly answers?: (link: ChainLink) => Promise<OcspAnswer | { readonly unavailable: string } | undefined>;
  /** UTC milliseconds. */
  readonly at: number;
  /** How long after nextUpdate a list or an answer still counts, milliseconds. */
  readonly graceMs: number;
}

export type RevocationStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly at: number; readonly reason: string; readonly serialTail: string }
  | { readonly status: 'unavailable'; readonly detail: string };

/** Two clocks may differ by this much before a list counts as coming from the future. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Asks the list of every issuer on the path, anchor's own status excepted. Revoked anywhere is revoked; otherwise one missing, stale, foreign or
 * partial list makes the whole answer `unavailable`: what that means (refuse, warn) is the caller's policy. Good is said only when every link is.
 */
export async function judgeRevocation(request: RevocationRequest): Promise<RevocationStatus> {
  if (!isVerified(request.verified)) return { status: 'unavailable', detail: 'the path was not verified' };
  let missing: RevocationStatus | undefined;
  for (const link of linksOf(request.verified)) {
    const answer = await request.answers?.(link);
    const status =
      answer === undefined ? judgeLink(link, await request.crls(link), request) : judgeAnswer(link, answer, request);
    if (status.status === 'revoked') return status;
    if (status.status === 'unavailable') missing ??= status;
  }
  return missing ?? { status: 'good' };
}

/** From the end entity upwards; the anchor answers for itself by being configured. */
function linksOf(verified: VerifiedCertificate): readonly ChainLink[] {
  return verified.chain.slice(0, -1).flatMap((certificate, depth) => {
    const issuer = verified.chain[depth + 1];
    return issuer === undefined ? [] : [{ certificate, issuer, depth }];
  });
}

function judgeLink(link: ChainLink, crl: Crl | undefined, request: RevocationRequest): RevocationStatus {
  const fault = listFault(link, crl, request);
  if (fault !== undefined || crl === undefined) {
    return { status: 'unavailable', detail: `link ${link.depth}: ${fault}` };
  }
  const entry = crl.entry(link.certificate.serial);
  if (entry === undefined || entry.at > request.at) return { status: 'good' };
  return revoked(entry, link.certificate);
}

function judgeAnswer(
  link: ChainLink,
  answer: OcspAnswer | { readonly unavailable: string },
  { at, graceMs }: RevocationRequest,
): RevocationStatus {
  const unavailable = (detail: string): RevocationStatus => ({
    status: 'unavailable',
    detail: `link ${link.depth}: ${detail}`,
  });
  if ('unavailable' in answer) return unavailable(answer.unavailable);
  if (!speaksOf(answer, link.certificate, link.issuer)) return unavailable('the answer is about another certificate');
  switch (answer.status.kind) {
    case 'revoked':
      if (answer.status.at <= at) return revoked(answer.status, link.certificate);
      break;
    case 'unknown':
      return unavailable('the responder does not know the certificate');
    case 'good':
      break;
  }
  return at > answer.goodUntil + graceMs ? unavailable('the answer is out of date') : { status: 'good' };
}

const revoked = (entry: RevokedEntry, certificate: Certificate): RevocationStatus => ({
  status: 'revoked',
  at: entry.at,
  reason: entry.reason,
  serialTail: tailOf(certificate),
});

/** Why this list does not answer for this link, or undefined when it does. */
function listFault(link: ChainLink, crl: Crl | undefined, request: RevocationRequest): string | undefined {
  if (crl === undefined) return 'no revocation list';
  if (!crl.isIssuedBy(link.issuer)) return 'the revocation list is not of this issuer';
  if (!covers(crl.scope, link.certificate)) return 'the revocation list does not cover this certificate';
  if (crl.thisUpdate > request.at + CLOCK_SKEW_MS) return 'the revocation list is from the future';
  if (crl.nextUpdate === null) return 'the revocation list does not say when it ends';
  return request.at > crl.nextUpdate + request.graceMs ? 'the revocation list is out of date' : undefined;
}
