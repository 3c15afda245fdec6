import type { Gm } from '#crypto/gm.ts';
import { equalBytes } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import {
  commonFault,
  issuerFault,
  nameFault,
  type PathFaultCode,
  type Purpose,
  purposeFault,
  timeFault,
} from './path-rules.ts';
import { checkSignature } from './signature.ts';

export interface PathRequest {
  readonly certificate: Certificate;
  /** Trusted for nothing; only material to build a path from. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  /** UTC milliseconds at which every certificate of the path must be valid. */
  readonly at: number;
  /** `sign`, `encrypt`: a person's certificate for that use. `ca`: an intermediate or root, for the trust list. `ocsp`, `timestamp`: that service's own. */
  readonly purpose: Purpose;
  /** RSA (2048 bits and more) and NIST curves with SHA-2 as well. Default: SM2 only. */
  readonly allowNonGm?: boolean;
  /** Remembers link signatures that were good, so that an issuer's own certificate is verified once. */
  readonly cache?: LinkCache;
}

export interface PathFault {
  readonly code: PathFaultCode;
  /** The certificate at fault: 0 is the end entity, 1 its issuer, … */
  readonly link: number;
  /** For `expired`: the end entity's path as it held at its last valid second, else null. It is no proof of anything now. */
  readonly then: VerifiedCertificate | null;
}

export type PathResult =
  | { readonly ok: true; readonly verified: VerifiedCertificate }
  | { readonly ok: false; readonly fault: PathFault };

export interface LinkCache {
  has(key: string): boolean;
  add(key: string): void;
}

/** A certificate whose path has held. Only this file makes one; `isVerified` tells it from anything shaped alike. */
class Verified {
  readonly certificate: Certificate;
  /** From the certificate to the anchor, both included. */
  readonly chain: readonly Certificate[];
  /** The moment it was judged for, UTC milliseconds. */
  readonly at: number;
  readonly purpose: Purpose;
  readonly #genuine = true;

  constructor(chain: readonly [Certificate, ...Certificate[]], at: number, purpose: Purpose) {
    this.certificate = chain[0];
    this.chain = Object.freeze([...chain]);
    this.at = at;
    this.purpose = purpose;
    Object.freeze(this);
  }

  static is(value: unknown): value is Verified {
    return typeof value === 'object' && value !== null && #genuine in value && value.#genuine;
  }
}

export type VerifiedCertificate = Verified;
export const isVerified = (value: unknown): value is VerifiedCertificate => Verified.is(value);

const MAX_CHAIN = 8;
/** Signatures one request may cost, whatever intermediates it brings. */
const MAX_CHECKS = 32;

type Chain = readonly [Certificate, ...Certificate[]];

/**
 * Builds a path from the certificate to an anchor and judges it (RFC 5280 section 6, without policies). Issuers are found by key identifier where
 * both sides have one, else by key; the issuer's name must equal byte for byte, and the signature over the raw TBS bytes decides.
 * The fault of the path that came furthest is reported; time comes last: `expired` means that everything else holds.
 */
export function validatePath(gm: Gm, request: PathRequest): PathResult {
  const search = new Search(gm, request);
  for (const chain of search.chains([request.certificate])) {
    const broken = structureFault(chain, request);
    if (broken !== undefined) {
      search.note(2, broken);
      continue;
    }
    const late = lateFault(chain, request);
    if (late === undefined) return { ok: true, verified: new Verified(chain, request.at, request.purpose) };
    search.note(3, late);
  }
  return { ok: false, fault: search.fault };
}

/** Walks from issuer to issuer; keeps the fault that came furthest. */
class Search {
  fault: PathFault = faultAt('unknown-issuer', 0);
  readonly #gm: Gm;
  readonly #request: PathRequest;
  readonly #anchors: ReadonlySet<string>;
  readonly #candidates: readonly Certificate[];
  #rank = -1;
  #checks = 0;

  constructor(gm: Gm, request: PathRequest) {
    this.#gm = gm;
    this.#request = request;
    this.#anchors = new Set(request.anchors.map((anchor) => anchor.fingerprint));
    this.#candidates = [...request.anchors, ...request.intermediates];
  }

  note(rank: number, fault: PathFault): void {
    if (rank <= this.#rank) return;
    this.#rank = rank;
    this.fault = fault;
  }

  *chains(chain: Chain): Generator<Chain> {
    const current = chain.at(-1) ?? chain[0];
    if (this.#anchors.has(current.fingerprint)) {
      if (chain.length > 1 || this.#request.purpose === 'ca') yield chain;
      return;
    }
    const link = chain.length - 1;
    if (chain.length === MAX_CHAIN) return this.note(1, faultAt('path-too-long', link));
    const issuers = this.#candidates.filter((candidate) => mayHaveIssued(candidate, current));
    if (issuers.length === 0) this.note(0, faultAt('unknown-issuer', link));
    for (const issuer of issuers) {
      if (chain.some((member) => sameEntity(member, issuer))) {
        this.note(0, faultAt(sameEntity(current, issuer) ? 'unknown-issuer' : 'loop', link));
        continue;
      }
      const signature = this.#check(current, issuer);
      if (signature !== undefined) this.note(1, faultAt(signature, link));
      else yield* this.chains([...chain, issuer]);
    }
  }

  #check(child: Certificate, issuer: Certificate): 'bad-signature' | 'algorithm-not-allowed' | undefined {
    const { cache, allowNonGm = false } = this.#request;
    const key = `${allowNonGm ? 'any' : 'gm'} ${child.fingerprint} ${issuer.fingerprint}`;
    if (cache?.has(key)) return undefined;
    this.#checks += 1;
    if (this.#checks > MAX_CHECKS) return 'bad-signature';
    switch (checkSignature(this.#gm, child, issuer, allowNonGm)) {
      case 'good':
        cache?.add(key);
        return undefined;
      case 'bad':
        return 'bad-signature';
      case 'algorithm-not-allowed':
        return 'algorithm-not-allowed';
    }
  }
}

const faultAt = (code: PathFaultCode, link: number, then: VerifiedCertificate | null = null): PathFault => ({
  code,
  link,
  then,
});

/** Names as bytes; key identifiers where both have one. The signature decides afterwards. */
function mayHaveIssued(candidate: Certificate, child: Certificate): boolean {
  if (!equalBytes(candidate.subject.der, child.issuer.der)) return false;
  if (child.authorityKeyId === null || candidate.subjectKeyId === null) return true;
  return equalBytes(child.authorityKeyId, candidate.subjectKeyId);
}

const sameEntity = (a: Certificate, b: Certificate): boolean =>
  equalBytes(a.spki, b.spki) && equalBytes(a.subject.der, b.subject.der);

const isSelfIssued = (certificate: Certificate): boolean => equalBytes(certificate.issuer.der, certificate.subject.der);

function structureFault(chain: Chain, request: PathRequest): PathFault | undefined {
  const purpose = purposeFault(chain[0], request.purpose);
  if (purpose !== undefined) return faultAt(purpose, 0);
  let below = 0;
  for (const [link, certificate] of chain.entries()) {
    const code =
      commonFault(certificate, request.allowNonGm ?? false) ??
      (link > 0 ? issuerFault(certificate, below) : undefined) ??
      nameFault(certificate, chain.slice(0, link));
    if (code !== undefined) return faultAt(code, link);
    if (link > 0 && !isSelfIssued(certificate)) below += 1;
  }
  return undefined;
}

/** Validity of every certificate of the path; the end entity's own end is told apart from its issuers'. */
function lateFault(chain: Chain, request: PathRequest): PathFault | undefined {
  const own = timeFault(chain[0], request.at);
  if (own === 'expired') {
    const end = chain[0].notAfter;
    const held = chain.every((certificate) => timeFault(certificate, end) === undefined);
    return faultAt('expired', 0, held ? new Verified(chain, end, request.purpose) : null);
  }
  if (own !== undefined) return faultAt(own, 0);
  const link = chain.findIndex((certificate) => timeFault(certificate, request.at) !== undefined);
  return link < 0 ? undefined : faultAt('issuer-out-of-date', link);
}

/** Keeps the newest `limit` good links. A link is named by the SM3 of both whole certificates, so it can never mean another one. */
export function createLinkCache(limit = 10_000): LinkCache {
  const links = new Set<string>();
  return {
    has: (key) => links.has(key),
    add: (key) => {
      links.add(key);
      for (const oldest of links) {
        if (links.size <= limit) break;
        links.delete(oldest);
      }
    },
  };
}
