import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { readAlgorithm } from './algorithm.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { REASONS } from './crl-entries.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readOctets, readOid, readSmallInteger, readTime } from './der-values.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { readName } from './name.ts';
import { type CertId, readCertId } from './ocsp-cert-id.ts';
import { oids } from './oids.ts';
import type { Signed } from './signature.ts';

export type OcspStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: string }
  | { readonly kind: 'unknown' };

export interface OcspSingle {
  readonly certId: CertId;
  readonly status: OcspStatus;
  /** UTC milliseconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

/** A basic response as read: it says nothing until `verifyOcsp` holds. */
export interface OcspBasic extends Signed {
  readonly responder:
    | { readonly kind: 'name'; readonly name: Bytes }
    | { readonly kind: 'key'; readonly keyHash: Bytes };
  readonly producedAt: number;
  readonly singles: readonly OcspSingle[];
  readonly nonce: Bytes | null;
  readonly certificates: readonly Certificate[];
}

const REFUSALS = {
  1: 'malformed-request',
  2: 'internal-error',
  3: 'try-later',
  5: 'signature-required',
  6: 'unauthorized',
} as const;
export type OcspRefusal = (typeof REFUSALS)[keyof typeof REFUSALS];
export type OcspResponse =
  | { readonly kind: 'answer'; readonly basic: OcspBasic }
  | { readonly kind: 'refused'; readonly reason: OcspRefusal };

const MAX_BYTES = 128 * 1024;
const MAX_SINGLES = 64;
const MAX_CERTIFICATES = 8;

/** Strict DER, RFC 6960 4.2.1. Another shape, or a critical extension nobody here knows: undefined. */
export function parseOcspResponse(gm: Gm, der: Bytes): OcspResponse | undefined {
  if (der.length > MAX_BYTES) return undefined;
  const [statusNode, wrapped, extra] = childrenOf(readDer(new Uint8Array(der)), tags.sequence) ?? [];
  const status = statusNode?.tag === tags.enumerated ? readSmallInteger(statusNode) : undefined;
  if (status === undefined || extra !== undefined) return undefined;
  if (status !== 0) {
    const reason = REFUSALS[status as keyof typeof REFUSALS];
    return reason === undefined || wrapped !== undefined ? undefined : { kind: 'refused', reason };
  }
  const [bytesNode, second] = childrenOf(wrapped, contextConstructed(0)) ?? [];
  const [type, response, third] = childrenOf(bytesNode, tags.sequence) ?? [];
  const octets = readOid(type) === oids.ocspBasic ? readOctets(response) : undefined;
  if (octets === undefined || second !== undefined || third !== undefined) return undefined;
  const basic = readBasic(gm, readDer(octets));
  return basic && { kind: 'answer', basic };
}

function readBasic(gm: Gm, node: DerNode | undefined): OcspBasic | undefined {
  const [dataNode, algorithmNode, signatureNode, certificatesNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const data = readData(dataNode);
  const signatureAlgorithm = readAlgorithm(algorithmNode);
  const signature = readBits(signatureNode);
  const certificates = certificatesNode === undefined ? [] : readCertificates(gm, certificatesNode);
  if (dataNode === undefined || data === undefined || signatureAlgorithm === undefined || extra !== undefined)
    return undefined;
  if (signature === undefined || certificates === undefined) return undefined;
  return { ...data, tbs: dataNode.der, signatureAlgorithm, signature, certificates };
}

function readCertificates(gm: Gm, node: DerNode): Certificate[] | undefined {
  const [list, extra] = childrenOf(node, contextConstructed(0)) ?? [];
  const items = childrenOf(list, tags.sequence);
  if (items === undefined || items.length > MAX_CERTIFICATES || extra !== undefined) return undefined;
  const certificates = items.map((item) => parseCertificate(gm, item.der));
  return certificates.every((certificate) => certificate !== undefined) ? certificates : undefined;
}

function readData(node: DerNode | undefined) {
  const parts = childrenOf(node, tags.sequence) ?? [];
  if (parts[0]?.tag === contextConstructed(0)) {
    const [version, extra] = parts.shift()?.children() ?? [];
    if (readSmallInteger(version) !== 0 || extra !== undefined) return undefined;
  }
  const [responderNode, producedNode, listNode, tail, extra] = parts;
  const responder = readResponder(responderNode);
  const producedAt = readGeneral(producedNode);
  const items = childrenOf(listNode, tags.sequence);
  const extensions = readTail(tail);
  if (responder === undefined || producedAt === undefined || extensions === undefined || extra) return undefined;
  if (items === undefined || items.length === 0 || items.length > MAX_SINGLES) return undefined;
  const singles = items.map(readSingle);
  if (!singles.every((single) => single !== undefined)) return undefined;
  const nonceExtension = extensions.get(oids.ocspNonce);
  const nonce = nonceExtension === undefined ? null : nonceOf(nonceExtension.value);
  return { responder, producedAt, singles, nonce };
}

/** Most responders wrap the nonce in an OCTET STRING, some put it into the extension bare. */
const nonceOf = (value: Bytes): Bytes => readOctets(readDer(value)) ?? value;

function readResponder(node: DerNode | undefined): OcspBasic['responder'] | undefined {
  const [inner, extra] = node?.children() ?? [];
  if (node === undefined || inner === undefined || extra !== undefined) return undefined;
  if (node.tag === contextConstructed(1)) {
    const name = readName(inner);
    return name && { kind: 'name', name: name.der };
  }
  const keyHash = node.tag === contextConstructed(2) ? readOctets(inner) : undefined;
  return keyHash && { kind: 'key', keyHash };
}

function readSingle(node: DerNode): OcspSingle | undefined {
  const [idNode, statusNode, thisNode, ...rest] = childrenOf(node, tags.sequence) ?? [];
  const certId = readCertId(idNode);
  const status = readStatus(statusNode);
  const thisUpdate = readGeneral(thisNode);
  const next = rest[0]?.tag === contextConstructed(0) ? rest.shift()?.children() : undefined;
  const nextUpdate = next === undefined ? null : next.length === 1 ? readGeneral(next[0]) : undefined;
  const extensions = readTail(rest.shift());
  if (certId === undefined || status === undefined || thisUpdate === undefined || rest.length > 0) return undefined;
  if (nextUpdate === undefined || extensions === undefined) return undefined;
  return { certId, status, thisUpdate, nextUpdate };
}

function readStatus(node: DerNode | undefined): OcspStatus | undefined {
  if (node === undefined) return undefined;
  if (node.tag === contextPrimitive(0)) return node.content.length === 0 ? { kind: 'good' } : undefined;
  if (node.tag === contextPrimitive(2)) return node.content.length === 0 ? { kind: 'unknown' } : undefined;
  const [time, reasonNode, extra] = childrenOf(node, contextConstructed(1)) ?? [];
  const at = readGeneral(time);
  if (at === undefined || extra !== undefined) return undefined;
  if (reasonNode === undefined) return { kind: 'revoked', at, reason: 'unspecified' };
  const reason = readSmallInteger(childrenOf(reasonNode, contextConstructed(0))?.[0]);
  return reason === undefined ? undefined : { kind: 'revoked', at, reason: REASONS[reason] ?? 'unspecified' };
}

const readGeneral = (node: DerNode | undefined): number | undefined =>
  node?.tag === tags.generalizedTime ? readTime(node) : undefined;

/** `[1] EXPLICIT Extensions`, none of them critical but the nonce. */
function readTail(node: DerNode | undefined): Extensions | undefined {
  if (node === undefined) return new Map();
  const [list, extra] = childrenOf(node, contextConstructed(1)) ?? [];
  const extensions = extra === undefined ? readExtensions(list) : undefined;
  for (const { oid, critical } of extensions?.values() ?? []) if (critical && oid !== oids.ocspNonce) return undefined;
  return extensions;
}
