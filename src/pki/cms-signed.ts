import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type Algorithm, readAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { type CertificateRef, type CmsFamily, readCarried, readContentInfo, readRef } from './cms.ts';
import { type Attributes, readAttributes } from './cms-attributes.ts';
import { contextConstructed, type DerNode, tags } from './der.ts';
import { childrenOf, readOctets, readOid, readSmallInteger } from './der-values.ts';
import { tlv } from './der-writer.ts';
import { type DigestName, digestName } from './digest.ts';

/** One signature as read; nothing of it is believed yet. */
export interface SignerInfo {
  readonly ref: CertificateRef;
  readonly digest: DigestName;
  /** null: signed without attributes. */
  readonly attributes: Attributes | null;
  /** The attributes as a SET, the bytes under the signature. */
  readonly attributesDer: Bytes | null;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Bytes;
  readonly unsignedAttributes: Attributes;
}

/** A SignedData as read: it says nothing until `verifySignedData` holds. */
export interface SignedData {
  readonly family: CmsFamily;
  /** OID of what is signed. */
  readonly contentType: string;
  /** null: the content travels apart. */
  readonly content: Bytes | null;
  readonly certificates: readonly Certificate[];
  readonly signers: readonly [SignerInfo, ...SignerInfo[]];
}

const MAX_SIGNERS = 16;

/** SignedData of GB/T 35275 or RFC 5652, strict DER, one to sixteen signers, content an OCTET STRING or apart. Anything else: undefined. */
export function parseSignedData(gm: Gm, der: Bytes): SignedData | undefined {
  const info = readContentInfo(der, 'signedData');
  const parts = childrenOf(info?.content, tags.sequence) ?? [];
  const version = readSmallInteger(parts.shift());
  const digests = childrenOf(parts.shift(), tags.set);
  const content = readEncapsulated(parts.shift());
  const certificates = readCarried(gm, parts[0]?.tag === contextConstructed(0) ? parts.shift() : undefined);
  if (parts[0]?.tag === contextConstructed(1)) parts.shift(); // lists that came along: ours are our own
  const signers = childrenOf(parts.shift(), tags.set);
  if (info === undefined || version === undefined || version < 1 || version > 5 || parts.length > 0) return undefined;
  if (digests === undefined || content === undefined || certificates === undefined) return undefined;
  if (signers === undefined || signers.length > MAX_SIGNERS) return undefined;
  const read = signers.map(readSigner);
  const [first, ...others] = read.filter((signer) => signer !== undefined);
  if (first === undefined || others.length + 1 < read.length) return undefined;
  return { family: info.family, ...content, certificates, signers: [first, ...others] };
}

function readEncapsulated(node: DerNode | undefined): { contentType: string; content: Bytes | null } | undefined {
  const [typeNode, wrapped, extra] = childrenOf(node, tags.sequence) ?? [];
  const contentType = readOid(typeNode);
  if (contentType === undefined || extra !== undefined) return undefined;
  if (wrapped === undefined) return { contentType, content: null };
  const [inner, second] = childrenOf(wrapped, contextConstructed(0)) ?? [];
  const content = readOctets(inner);
  return content === undefined || second !== undefined ? undefined : { contentType, content };
}

function readSigner(node: DerNode): SignerInfo | undefined {
  const parts = childrenOf(node, tags.sequence) ?? [];
  const version = readSmallInteger(parts.shift());
  const ref = readRef(parts.shift());
  const digest = readDigest(parts.shift());
  const attributesNode = parts[0]?.tag === contextConstructed(0) ? parts.shift() : undefined;
  const signatureAlgorithm = readAlgorithm(parts.shift());
  const signature = readOctets(parts.shift());
  const unsigned = parts[0]?.tag === contextConstructed(1) ? parts.shift() : undefined;
  const attributes = attributesNode === undefined ? null : readAttributes(attributesNode.children());
  const unsignedAttributes = readAttributes(unsigned?.children() ?? []);
  if ((version !== 1 && version !== 3) || ref === undefined || digest === undefined || parts.length > 0)
    return undefined;
  if (signatureAlgorithm === undefined || signature === undefined) return undefined;
  if (attributes === undefined || unsignedAttributes === undefined) return undefined;
  const attributesDer = attributesNode === undefined ? null : tlv(tags.set, attributesNode.content);
  return { ref, digest, attributes, attributesDer, signatureAlgorithm, signature, unsignedAttributes };
}

function readDigest(node: DerNode | undefined): DigestName | undefined {
  const algorithm = readAlgorithm(node);
  return algorithm === undefined || algorithm.parameters !== null ? undefined : digestName(algorithm.oid);
}
