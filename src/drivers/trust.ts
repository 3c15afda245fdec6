import type { Gm } from '#crypto/gm.ts';
import type { Egress } from '#delivery/egress.ts';
import { equalBytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import { type Random, systemRandom } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { createLinkCache, type PathFault, type PathResult, type VerifiedCertificate, validatePath } from '#pki/path.ts';
import type { Store } from '#store/store.ts';
import type { Authority } from './authority.ts';
import type { Authorities } from './repository.ts';
import type { AuthoritySnapshot } from './repository-snapshot.ts';
import { createStatusSource } from './status.ts';

/** The hub's own word on a certificate; no driver has a part in it. Times are UTC milliseconds. */
export type Judgement =
  | { readonly verdict: 'valid'; readonly authority: Authority; readonly verified: VerifiedCertificate }
  /** Chain good, end passed at `at`. `verified` holds for that last second and proves nothing now. */
  | {
      readonly verdict: 'expired';
      readonly authority: Authority;
      readonly verified: VerifiedCertificate;
      readonly at: number;
    }
  | {
      readonly verdict: 'revoked';
      readonly authority: Authority;
      readonly verified: VerifiedCertificate;
      readonly at: number;
    }
  | { readonly verdict: 'not-yet-valid'; readonly authority: Authority; readonly at: number }
  /** No registered vendor's key has signed it, whatever names it carries. */
  | { readonly verdict: 'unknown-issuer' }
  | { readonly verdict: 'invalid'; readonly authority?: Authority; readonly fault: string }
  /** Fail closed: no CRL or OCSP answer within nextUpdate + grace could be had. `detail` is for the operator. */
  | { readonly verdict: 'status-unavailable'; readonly authority: Authority; readonly detail: string }
  | { readonly verdict: 'suspended'; readonly authority: Authority };

export interface Trust {
  /**
   * Chain, usage, dates and revocation of a certificate as of now. `requireStatus: false` (storing a record, decrypting) takes a certificate
   * whose status cannot be had for valid; a known revocation is reported all the same. `at` (UTC ms; a proven time of the past, as a timestamp's): dates
   * are of then, and a revocation of later does not count. May wait for one CRL or OCSP fetch; never call it in a tx.
   */
  judge(
    certificate: Certificate,
    purpose: 'sign' | 'encrypt',
    options?: { requireStatus?: boolean; at?: number },
  ): Promise<Judgement>;
  /** The vendor whose key signed it; dates, usage and revocation play no part. */
  issuerOf(certificate: Certificate): Promise<Authority | undefined>;
  /** Waits for background refreshes. */
  stop(): Promise<void>;
}

interface Issued {
  readonly authority: Authority;
  readonly path: PathResult;
}

export function createTrust(deps: {
  store: Store;
  gm: Gm;
  authorities: Authorities;
  egress: Egress;
  clock: Clock;
  log: Logger;
  /** For OCSP nonces. */
  random?: Random;
}): Trust {
  const { gm, authorities, store, clock } = deps;
  const statuses = createStatusSource({ random: systemRandom, ...deps });
  /** Good signatures between certificates: true for ever, whoever trusts what. It makes a further login of the same key nearly free. */
  const cache = createLinkCache();

  /** Asks each vendor whose CA could have issued it; a name alone makes nobody the issuer, the key does (T26). */
  function issued(
    snapshot: AuthoritySnapshot,
    certificate: Certificate,
    purpose: 'sign' | 'encrypt',
    at: number,
  ): Issued | undefined {
    let best: Issued | undefined;
    for (const authority of snapshot.authorities) {
      const own = snapshot.certificatesOf(authority.id);
      if (!own.some((entry) => equalBytes(entry.certificate.subject.der, certificate.issuer.der))) continue;
      const path = validatePath(gm, {
        certificate,
        anchors: own.flatMap((entry) => (entry.role === 'root' ? [entry.certificate] : [])),
        intermediates: own.flatMap((entry) => (entry.role === 'intermediate' ? [entry.certificate] : [])),
        at,
        purpose,
        allowNonGm: authority.manifest.allowNonGm,
        cache,
      });
      if (path.ok) return { authority, path };
      if (isStrangers(path.fault, certificate)) continue;
      if (best === undefined || isOfTime(path.fault)) best = { authority, path };
    }
    return best;
  }

  async function withStatus(
    authority: Authority,
    verified: VerifiedCertificate,
    requireStatus: boolean,
    at: number,
  ): Promise<Judgement> {
    const status = await statuses.judge(authority, verified);
    switch (status.status) {
      case 'good':
        return { verdict: 'valid', authority, verified };
      case 'revoked':
        if (status.at > at) return { verdict: 'valid', authority, verified };
        return { verdict: 'revoked', authority, verified, at: status.at };
      case 'unavailable':
        if (!requireStatus) return { verdict: 'valid', authority, verified };
        return { verdict: 'status-unavailable', authority, detail: status.detail };
    }
  }

  return {
    async judge(certificate, purpose, { requireStatus = true, at = clock.now() } = {}) {
      const found = issued(await authorities.snapshot(store.read), certificate, purpose, at);
      if (found === undefined) return { verdict: 'unknown-issuer' };
      const { authority, path } = found;
      if (!path.ok && !isOfTime(path.fault)) return { verdict: 'invalid', authority, fault: path.fault.code };
      if (authority.status === 'suspended') return { verdict: 'suspended', authority };
      if (path.ok) return withStatus(authority, path.verified, requireStatus, at);
      if (path.fault.code === 'not-yet-valid')
        return { verdict: 'not-yet-valid', authority, at: certificate.notBefore };
      const { then } = path.fault;
      if (then === null) return { verdict: 'invalid', authority, fault: 'issuer-out-of-date' };
      return { verdict: 'expired', authority, verified: then, at: certificate.notAfter };
    },

    async issuerOf(certificate) {
      const found = issued(await authorities.snapshot(store.read), certificate, 'sign', clock.now());
      if (found === undefined || (!found.path.ok && isForgery(found.path.fault))) return undefined;
      return found.authority;
    },

    stop: () => statuses.settled(),
  };
}

const isOfTime = ({ code }: PathFault): boolean => code === 'expired' || code === 'not-yet-valid';

/** The certificate itself carries a signature that the vendor's key did not make. */
const isForgery = ({ code, link }: PathFault): boolean => code === 'bad-signature' && link === 0;

/** Neither this vendor's nor signed in its key's name: same words in the issuer's name, that is all. */
const isStrangers = (fault: PathFault, certificate: Certificate): boolean =>
  fault.link === 0 &&
  (fault.code === 'unknown-issuer' || (fault.code === 'bad-signature' && certificate.authorityKeyId === null));
