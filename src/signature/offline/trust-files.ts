import type { Gm } from '#crypto/gm.ts';
import type { Authority } from '#drivers/authority.ts';
import type { Judgement } from '#drivers/trust.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type Crl, verifyCrl } from '#pki/crl.ts';
import { type PathFault, validatePath } from '#pki/path.ts';
import { judgeRevocation } from '#pki/revocation.ts';
import { verifyTimestamp } from '#pki/timestamp.ts';
import { standingAmong } from '#subscriber/seals/makers.ts';
import type { Judges } from '../report/judge-contents.ts';

/** What somebody without a hub goes by: certificates and revocation lists in files. */
export interface TrustFiles {
  readonly gm: Gm;
  /** Self-signed ones are anchors, the others help to build paths. */
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Roots of seal makers, or makers' own certificates: nobody else's seal is believed, whoever certified him. */
  readonly sealMakers: readonly Certificate[];
  /** UTC ms. */
  readonly now: number;
}

/** A list that is a week over still answers, and the report says of which time it is; nobody offline can fetch a newer one. */
const GRACE_MS = 7 * 24 * 3_600_000;

/** Judges without database and network. What no list answers for stays undecided: never valid for want of information. */
export function judgesOfFiles({ gm, certificates, crls, sealMakers, now }: TrustFiles): Judges {
  const anchors = certificates.filter(isSelfSigned);
  const intermediates = certificates.filter((one) => !isSelfSigned(one));
  return {
    async certificate(certificate, proven) {
      const at = proven ?? now;
      const path = validatePath(gm, { certificate, intermediates, anchors, at, purpose: 'sign', allowNonGm: true });
      if (!path.ok) return ofFault(certificate, path.fault, nameOf(certificate));
      const { verified } = path;
      const authority = nameOf(verified.chain.at(-1) ?? certificate);
      const status = await judgeRevocation({
        ...{ verified, at: now, graceMs: GRACE_MS },
        crls: async ({ issuer }) => crls.find((crl) => verifyCrl(gm, crl, issuer)),
      });
      switch (status.status) {
        case 'good':
          return { verdict: 'valid', authority, verified };
        case 'revoked':
          return status.at > at
            ? { verdict: 'valid', authority, verified }
            : { verdict: 'revoked', authority, verified, at: status.at };
        case 'unavailable':
          return { verdict: 'status-unavailable', authority, detail: status.detail };
      }
    },
    maker: standingAmong(gm, sealMakers),
    timestamp: (token, data) =>
      verifyTimestamp(gm, {
        ...{ token, data, nonce: null, allowNonGm: true, signingCertificate: 'if-present', at: now },
        judge: (certificate, carried, at) =>
          validatePath(gm, {
            ...{ certificate, anchors, at, purpose: 'timestamp', allowNonGm: true },
            intermediates: [...intermediates, ...carried],
          }),
      }),
  };
}

export const isSelfSigned = ({ issuer, subject }: Certificate): boolean => Buffer.from(issuer.der).equals(subject.der);

function ofFault(certificate: Certificate, { code, then }: PathFault, authority: Authority): Judgement {
  switch (code) {
    case 'expired':
      return then === null
        ? { verdict: 'invalid', fault: 'issuer-out-of-date' }
        : {
            verdict: 'expired',
            authority: nameOf(then.chain.at(-1) ?? certificate),
            verified: then,
            at: certificate.notAfter,
          };
    case 'not-yet-valid':
      return { verdict: 'not-yet-valid', authority, at: certificate.notBefore };
    case 'unknown-issuer':
      return { verdict: 'unknown-issuer' };
    default:
      return { verdict: 'invalid', fault: code };
  }
}

/** Offline an authority is its root's name; a report asks for nothing else, and nothing else of a registered one is known. */
const nameOf = (certificate: Certificate): Authority =>
  ({ name: certificate.subject.get('O') ?? certificate.subject.get('CN') ?? '' }) as Authority;
