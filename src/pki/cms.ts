import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromHex, hex } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readOctets, readOid, readUnsignedHex } from './der-values.ts';
import { explicit, implicit, integer, oid, sequence } from './der-writer.ts';
import { digest } from './digest.ts';
import { type Name, readName } from './name.ts';
import { keyBitsOf } from './ocsp-cert-id.ts';
import { oids } from './oids.ts';

/** What signed and enveloped messages have in common. Strict DER: indefinite lengths and chunked strings are not read. */
export const MAX_CMS_BYTES = 32 * 1024 * 1024;
const MAX_CERTIFICATES = 32;

/** Which family of content types a message is written in: GB/T 35275 (GM/T 0010) or RFC 5652. Both are read. */
export type CmsFamily = 'gm' | 'rfc';
type ContentKind = 'data' | 'signedData' | 'envelopedData';

const TYPES: Readonly<Record<CmsFamily, Readonly<Record<ContentKind, string>>>> = {
  gm: { data: oids.gmData, signedData: oids.gmSignedData, envelopedData: oids.gmEnvelopedData },
  rfc: { data: oids.data, signedData: oids.signedData, envelopedData: oids.envelopedData },
};

export const typeOid = (family: CmsFamily, kind: ContentKind): string => TYPES[family][kind];
export const isData = (type: string): boolean => type === oids.data || type === oids.gmData;

export const contentInfo = (type: string, content: Bytes): Bytes => sequence(oid(type), explicit(0, content));

/** The content of a ContentInfo of this kind, in either family. */
export function readContentInfo(der: Bytes, kind: ContentKind): { family: CmsFamily; content: DerNode } | undefined {
  if (der.length > MAX_CMS_BYTES) return undefined;
  const [typeNode, wrapped, extra] = childrenOf(readDer(new Uint8Array(der)), tags.sequence) ?? [];
  const type = readOid(typeNode);
  const [content, second] = childrenOf(wrapped, contextConstructed(0)) ?? [];
  if (content === undefined || second !== undefined || extra !== undefined) return undefined;
  if (type === TYPES.gm[kind]) return { family: 'gm', content };
  return type === TYPES.rfc[kind] ? { family: 'rfc', content } : undefined;
}

/** How a message names a signer's or recipient's certificate. */
export type CertificateRef =
  | { readonly kind: 'issuer-serial'; readonly issuer: Bytes; readonly issuerName: Name; readonly serial: string }
  | { readonly kind: 'key-id'; readonly keyId: Bytes };

export function readRef(node: DerNode | undefined): CertificateRef | undefined {
  if (node?.tag === contextPrimitive(0)) return { kind: 'key-id', keyId: node.content };
  const [explicit, second] = childrenOf(node, contextConstructed(0)) ?? [];
  const keyId = readOctets(explicit);
  if (keyId !== undefined && second === undefined) return { kind: 'key-id', keyId };
  const [issuerNode, serialNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const issuer = readName(issuerNode);
  const serial = readUnsignedHex(serialNode) ?? unsignedAnyway(serialNode);
  if (issuer === undefined || serial === undefined || extra !== undefined) return undefined;
  return { kind: 'issuer-serial', issuer: issuer.der, issuerName: issuer, serial };
}

/** A serial whose first bit is set, written without the zero byte before it: negative by the letter, and not meant so. */
const unsignedAnyway = (node: DerNode | undefined): string | undefined =>
  node?.tag === tags.integer ? hex(node.content).toUpperCase() : undefined;

export function refDer(gm: Gm, kind: CertificateRef['kind'], certificate: Certificate): Bytes {
  if (kind === 'key-id') return implicit(0, keyIdOf(gm, certificate));
  return sequence(certificate.issuer.der, integer(fromHex(certificate.serial) ?? new Uint8Array(0)));
}

/**
 * The same with what vendors do to it: an issuer copied with other string types or spacing, a key identifier computed with SM3 although the certificate
 * carries another. Only for finding out which key to try; what opens is decided by opening.
 */
export function mayName(gm: Gm, ref: CertificateRef, certificate: Certificate): boolean {
  if (refNames(gm, ref, certificate)) return true;
  if (ref.kind === 'key-id') {
    const bits = keyBitsOf(certificate);
    return [digest(gm, 'sha1', bits), gm.sm3(bits), gm.sm3(bits).subarray(0, 20)].some((id) =>
      equalBytes(ref.keyId, id),
    );
  }
  return ref.serial === certificate.serial && folded(ref.issuerName) === folded(certificate.issuer);
}

const folded = (name: Name): string =>
  JSON.stringify(
    name.attributes.map(({ oid, value }) => [oid, value.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase()]),
  );

export function refNames(gm: Gm, ref: CertificateRef, certificate: Certificate): boolean {
  if (ref.kind === 'key-id') return equalBytes(ref.keyId, keyIdOf(gm, certificate));
  return ref.serial === certificate.serial && equalBytes(ref.issuer, certificate.issuer.der);
}

/** SubjectKeyIdentifier, or SHA-1 of the key bits where the certificate has none (RFC 5280 4.2.1.2). */
const keyIdOf = (gm: Gm, certificate: Certificate): Bytes =>
  certificate.subjectKeyId ?? digest(gm, 'sha1', keyBitsOf(certificate));

/** Certificates that came along. They are material, not proof: one that cannot be read is passed over. */
export function readCarried(gm: Gm, node: DerNode | undefined): readonly Certificate[] | undefined {
  const items = node?.children() ?? [];
  if (items.length > MAX_CERTIFICATES) return undefined;
  return items.flatMap((item) => parseCertificate(gm, item.der) ?? []);
}
