import type { Gm } from '#crypto/gm.ts';
import { type Bytes, fromUtf8 } from '#kernel/bytes.ts';
import type { Certificate } from './certificate.ts';
import { contextPrimitive, readDer, tags } from './der.ts';
import { childrenOf, readOid } from './der-values.ts';
import { explicit, octetString, oid, sequence } from './der-writer.ts';
import type { DigestName } from './digest.ts';
import { certIdDer } from './ocsp-cert-id.ts';
import { oids } from './oids.ts';

export interface OcspQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** How the certificate is named; responders of GM CAs take SM3, older ones SHA-1. */
  readonly hash: DigestName;
  /** 1 to 32 bytes (RFC 8954), or null for none. */
  readonly nonce: Bytes | null;
}

/** An unsigned request about one certificate, DER (RFC 6960 4.1). */
export function makeOcspRequest(gm: Gm, { certificate, issuer, hash, nonce }: OcspQuestion): Bytes {
  const list = sequence(sequence(certIdDer(gm, hash, certificate, issuer)));
  if (nonce === null) return sequence(sequence(list));
  const extension = sequence(oid(oids.ocspNonce), octetString(octetString(nonce)));
  return sequence(sequence(list, explicit(2, sequence(extension))));
}

/** Where the certificate says that its status is to be asked: the http(s) addresses of authorityInfoAccess, in order. */
export function ocspUrlsOf(certificate: Certificate): readonly string[] {
  const extension = certificate.extensions.get(oids.authorityInfoAccess);
  const places = extension === undefined ? undefined : childrenOf(readDer(extension.value), tags.sequence);
  return (places ?? []).flatMap((place) => {
    const [method, location] = childrenOf(place, tags.sequence) ?? [];
    if (readOid(method) !== oids.ocsp || location?.tag !== contextPrimitive(6)) return [];
    const url = fromUtf8(location.content);
    return /^https?:\/\//i.test(url) ? [url] : [];
  });
}
