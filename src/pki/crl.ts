import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Algorithm, readAlgorithm, sameAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { CrlEntries, type RevokedEntry } from './crl-entries.ts';
import { type CrlScope, readScope } from './crl-scope.ts';
import { contextConstructed, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readSmallInteger, readTime, readUnsignedHex } from './der-values.ts';
import { type Extensions, readAuthorityKeyId, readExtensions } from './extensions.ts';
import { type Name, readName } from './name.ts';
import { oids } from './oids.ts';
import { checkSignature } from './signature.ts';

/** A certificate revocation list as read; it says nothing until `verifyCrl` holds for the issuer it is used for. */
export interface Crl {
  readonly der: Bytes;
  readonly tbs: Bytes;
  readonly issuer: Name;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Bytes;
  readonly authorityKeyId: Bytes | null;
  /** Upper hex; null where the CA does not number its lists. */
  readonly number: string | null;
  readonly size: number;
  readonly scope: CrlScope;
  /** `verifyCrl`, remembered for this issuer. */
  isIssuedBy(issuer: Certificate): boolean;
  /** The entry of a canonical serial. removeFromCRL reads as no entry. */
  entry(serial: string): RevokedEntry | undefined;
}

/** Strict DER, version 2 (or 1 without extensions). What cannot be read, or must not be used because a critical part is unknown: undefined. */
export function parseCrl(gm: Gm, der: Bytes): Crl | undefined {
  if (der.length > limits.crlBytes) return undefined;
  const root = readDer(new Uint8Array(der));
  const [tbsNode, algorithmNode, signatureNode, extra] = childrenOf(root, tags.sequence) ?? [];
  const tbs = tbsNode === undefined ? undefined : readTbs(tbsNode);
  const outer = readAlgorithm(algorithmNode);
  const signature = readBits(signatureNode);
  if (root === undefined || tbs === undefined || outer === undefined || signature === undefined || extra)
    return undefined;
  if (!sameAlgorithm(outer, tbs.algorithm)) return undefined;
  const { entries, node, algorithm: _, ...head } = tbs;
  const signed = { tbs: node.der, signatureAlgorithm: outer, signature };
  const judged = new WeakMap<Certificate, boolean>();
  const crl: Crl = {
    ...signed,
    ...head,
    der: root.der,
    size: entries.size,
    entry: (serial) => entries.find(serial),
    isIssuedBy(issuer) {
      const known = judged.get(issuer) ?? verifyCrl(gm, crl, issuer);
      judged.set(issuer, known);
      return known;
    },
  };
  return crl;
}

/**
 * Did this CA issue this list: same name bytes, same key identifier, cRLSign where the CA has a keyUsage, signature over the raw bytes?
 * Freshness and scope are judged where the list is used.
 */
export function verifyCrl(gm: Gm, crl: Crl, issuer: Certificate): boolean {
  if (!equalBytes(crl.issuer.der, issuer.subject.der)) return false;
  if (crl.authorityKeyId !== null && issuer.subjectKeyId !== null) {
    if (!equalBytes(crl.authorityKeyId, issuer.subjectKeyId)) return false;
  }
  if (issuer.keyUsage !== null && !issuer.keyUsage.has('cRLSign')) return false;
  return checkSignature(gm, crl, issuer, issuer.key.kind !== 'sm2') === 'good';
}

function readTbs(node: DerNode) {
  const parts = childrenOf(node, tags.sequence) ?? [];
  const version = parts[0]?.tag === tags.integer ? readSmallInteger(parts.shift()) : 0;
  const algorithm = readAlgorithm(parts.shift());
  const issuer = readName(parts.shift());
  const thisUpdate = readTime(parts.shift());
  const nextUpdate = isTime(parts[0]) ? readTime(parts.shift()) : null;
  const entries = CrlEntries.read(parts[0]?.tag === tags.sequence ? parts.shift() : undefined);
  const tail = parts.shift();
  if (parts.length > 0 || (version !== 0 && version !== 1)) return undefined;
  if (algorithm === undefined || issuer === undefined || thisUpdate === undefined) return undefined;
  if (nextUpdate === undefined || entries === undefined) return undefined;
  const extensions = readTail(tail, version);
  const known = extensions === undefined ? undefined : readKnown(extensions);
  return known === undefined ? undefined : { node, algorithm, issuer, thisUpdate, nextUpdate, entries, ...known };
}

const isTime = (node: DerNode | undefined): boolean => node?.tag === tags.utcTime || node?.tag === tags.generalizedTime;

function readTail(tail: DerNode | undefined, version: number): Extensions | undefined {
  if (tail === undefined) return new Map();
  const wrapped = tail.children();
  if (tail.tag !== contextConstructed(0) || version !== 1 || wrapped.length !== 1) return undefined;
  return readExtensions(wrapped[0]);
}

const UNDERSTOOD: readonly string[] = [oids.authorityKeyIdentifier, oids.crlNumber, oids.issuingDistributionPoint];

function readKnown(extensions: Extensions) {
  for (const { oid, critical } of extensions.values()) {
    if (critical && !UNDERSTOOD.includes(oid)) return undefined; // RFC 5280 5.2: must not be used; a delta list is one of these
  }
  if (extensions.has(oids.deltaCrlIndicator)) return undefined;
  const keyId = extensions.get(oids.authorityKeyIdentifier);
  const number = extensions.get(oids.crlNumber);
  const authorityKeyId = keyId === undefined ? null : readAuthorityKeyId(keyId.value);
  const scope = readScope(extensions.get(oids.issuingDistributionPoint)?.value);
  if (authorityKeyId === undefined || scope === undefined) return undefined;
  return { authorityKeyId, scope, number: readUnsignedHex(number && readDer(number.value)) ?? null };
}
