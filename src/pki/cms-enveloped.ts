import type { Gm } from '#crypto/gm.ts';
import { type Bytes, concat } from '#kernel/bytes.ts';
import { type Algorithm, readAlgorithm } from './algorithm.ts';
import type { Certificate } from './certificate.ts';
import { type CertificateRef, type CmsFamily, MAX_CMS_BYTES, readContentInfo, readRef, refNames } from './cms.ts';
import { type ContentCipher, readContentCipher } from './cms-content-cipher.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readOctets, readOid, readSmallInteger } from './der-values.ts';
import { oids } from './oids.ts';

/** One wrapped copy of the content key. */
export interface Recipient {
  readonly ref: CertificateRef;
  readonly algorithm: Algorithm;
  readonly encryptedKey: Bytes;
}

/** An EnvelopedData as read. It proves nothing of where it comes from. */
export interface EnvelopedData {
  readonly family: CmsFamily;
  /** How it is written, for the operator: `gm+issuer-serial+1.2.156.10197.1.104.2`, with `bare` and `explicit` where it departs from the standard. */
  readonly dialect: string;
  readonly contentType: string;
  readonly cipher: ContentCipher;
  readonly ciphertext: Bytes;
  readonly recipients: readonly Recipient[];
}

const MAX_RECIPIENTS = 256;

/**
 * EnvelopedData of GB/T 35275 or RFC 5652, strict DER, key transport recipients, content under SM4. Recipients of another kind are passed over;
 * another content cipher or shape: undefined. Read are also: no ContentInfo around it, key identifier and content with an explicit tag, the
 * spellings of OIDs that vendors mix up (domain 1.4).
 */
export function parseEnvelopedData(der: Bytes): EnvelopedData | undefined {
  const wrapped = readContentInfo(der, 'envelopedData');
  const info = wrapped ?? readBare(der);
  const parts = childrenOf(info?.content, tags.sequence) ?? [];
  const version = readSmallInteger(parts.shift());
  if (parts[0]?.tag === contextConstructed(0)) parts.shift(); // originatorInfo: certificates nobody asked for
  const items = childrenOf(parts.shift(), tags.set);
  const encrypted = readEncrypted(parts.shift());
  if (parts[0]?.tag === contextConstructed(1)) parts.shift(); // unprotected attributes say nothing that could be believed
  if (info === undefined || version === undefined || version > 4 || parts.length > 0) return undefined;
  if (items === undefined || items.length === 0 || items.length > MAX_RECIPIENTS || encrypted === undefined)
    return undefined;
  const recipients = items.filter(({ tag }) => tag === tags.sequence).map(readRecipient);
  if (!recipients.every((recipient) => recipient !== undefined)) return undefined;
  const { cipherOid, departs, ...content } = encrypted;
  const refs = [...new Set(recipients.map(({ ref }) => ref.kind))].join(',');
  const signs = [info.family, ...(wrapped === undefined ? ['bare'] : []), refs, cipherOid, ...departs];
  return { family: info.family, dialect: signs.join('+'), ...content, recipients };
}

/** An EnvelopedData on its own; which family it is of, its content type says. */
function readBare(der: Bytes): { family: CmsFamily; content: DerNode } | undefined {
  if (der.length > MAX_CMS_BYTES) return undefined;
  const content = readDer(new Uint8Array(der));
  const parts = childrenOf(content, tags.sequence) ?? [];
  if (content === undefined || parts[0]?.tag !== tags.integer) return undefined;
  const gm = parts.some((part) => readOid(childrenOf(part, tags.sequence)?.[0]) === oids.gmData);
  return { family: gm ? 'gm' : 'rfc', content };
}

function readEncrypted(node: DerNode | undefined) {
  const [typeNode, algorithmNode, contentNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const contentType = readOid(typeNode);
  const algorithm = readAlgorithm(algorithmNode);
  const cipher = algorithm && readContentCipher(algorithm);
  if (contentType === undefined || algorithm === undefined || cipher === undefined || extra !== undefined)
    return undefined;
  const read = { contentType, cipher, cipherOid: algorithm.oid };
  if (contentNode?.tag === contextPrimitive(0)) return { ...read, ciphertext: contentNode.content, departs: [] };
  // [0] EXPLICIT, or cut into pieces, as a constructed string
  const pieces = childrenOf(contentNode, contextConstructed(0))?.map(readOctets);
  if (pieces === undefined || pieces.length === 0 || !pieces.every((piece) => piece !== undefined)) return undefined;
  return { ...read, ciphertext: concat(...pieces), departs: ['explicit'] };
}

/** KeyTransRecipientInfo: version 0 names issuer and serial, version 2 the key identifier; vendors mix the two up. */
function readRecipient(node: DerNode): Recipient | undefined {
  const [versionNode, refNode, algorithmNode, keyNode, extra] = childrenOf(node, tags.sequence) ?? [];
  const version = readSmallInteger(versionNode);
  const ref = readRef(refNode);
  const algorithm = readAlgorithm(algorithmNode);
  const encryptedKey = readOctets(keyNode);
  if ((version !== 0 && version !== 2) || ref === undefined || algorithm === undefined) return undefined;
  return encryptedKey === undefined || extra !== undefined ? undefined : { ref, algorithm, encryptedKey };
}

/** The copies that are for one of these certificates, in their order. A renewed certificate of the same key opens what was sealed to the old one. */
export const recipientsFor = (gm: Gm, envelope: EnvelopedData, certificates: readonly Certificate[]): Recipient[] =>
  envelope.recipients.filter(({ ref }) => certificates.some((certificate) => refNames(gm, ref, certificate)));
