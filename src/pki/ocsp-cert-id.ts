import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromHex } from '#kernel/bytes.ts';
import { readAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readOctets, readUnsignedHex } from './der-values.ts';
import { derNull, integer, octetString, oid, sequence } from './der-writer.ts';
import { type DigestName, digest, digestName } from './digest.ts';
import { oids } from './oids.ts';

/** RFC 6960 4.1.1: a certificate named by hashes of its issuer's name and key, and its serial. */
export interface CertId {
  readonly hash: DigestName;
  readonly issuerNameHash: Bytes;
  readonly issuerKeyHash: Bytes;
  readonly serial: string;
}

/** The key bits alone, without tag, length and count of unused bits. */
export const keyBitsOf = (certificate: Certificate): Bytes =>
  readBits(readDer(certificate.spki)?.children()[1]) ?? new Uint8Array(0);

export function certIdDer(gm: Gm, hash: DigestName, certificate: Certificate, issuer: Certificate): Bytes {
  return sequence(
    sequence(oid(oids[hash]), ...(hash === 'sm3' ? [] : [derNull()])),
    octetString(digest(gm, hash, issuer.subject.der)),
    octetString(digest(gm, hash, keyBitsOf(issuer))),
    integer(fromHex(certificate.serial) ?? new Uint8Array(0)),
  );
}

export function readCertId(node: DerNode | undefined): CertId | undefined {
  const [algorithmNode, nameNode, keyNode, serialNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const algorithm = readAlgorithm(algorithmNode);
  const hash = algorithm === undefined || algorithm.parameters !== null ? undefined : digestName(algorithm.oid);
  const issuerNameHash = readOctets(nameNode);
  const issuerKeyHash = readOctets(keyNode);
  const serial = readUnsignedHex(serialNode);
  if (hash === undefined || issuerNameHash === undefined || issuerKeyHash === undefined) return undefined;
  if (serial === undefined || extra !== undefined) return undefined;
  return { hash, issuerNameHash, issuerKeyHash, serial };
}

/** Whatever hash the responder chose, all three must be this certificate's. */
export function namesCertificate(gm: Gm, id: CertId, certificate: Certificate, issuer: Certificate): boolean {
  return (
    id.serial === certificate.serial &&
    equalBytes(id.issuerNameHash, digest(gm, id.hash, issuer.subject.der)) &&
    equalBytes(id.issuerKeyHash, digest(gm, id.hash, keyBitsOf(issuer)))
  );
}
