import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import { type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readOctets, readOid, readTime } from './der-values.ts';
import { octetString, oid, sequence, set, time } from './der-writer.ts';
import { oids } from './oids.ts';

/** Values by attribute type. An attribute that stands twice has the values of both, and is refused where one value is due. */
export type Attributes = ReadonlyMap<string, readonly DerNode[]>;

const MAX_ATTRIBUTES = 64;

export function readAttributes(items: readonly DerNode[]): Attributes | undefined {
  if (items.length > MAX_ATTRIBUTES) return undefined;
  const attributes = new Map<string, readonly DerNode[]>();
  for (const item of items) {
    const [typeNode, valuesNode, extra] = childrenOf(item, tags.sequence) ?? [];
    const type = readOid(typeNode);
    const values = childrenOf(valuesNode, tags.set);
    if (type === undefined || values === undefined || values.length === 0 || extra !== undefined) return undefined;
    attributes.set(type, [...(attributes.get(type) ?? []), ...values]);
  }
  return attributes;
}

export const attribute = (type: string, value: Bytes): Bytes => sequence(oid(type), set(value));

/** The one value, or undefined. */
export function single(attributes: Attributes, type: string): DerNode | undefined {
  const values = attributes.get(type) ?? [];
  return values.length === 1 ? values[0] : undefined;
}

/** SET OF in DER order, as it is signed (RFC 5652 5.4). `signingTime` UTC milliseconds, or null for none. */
export function signedAttributes(
  type: string,
  messageDigest: Bytes,
  signingTime: number | null,
  more: readonly Bytes[],
): Bytes {
  return set(
    attribute(oids.contentType, oid(type)),
    attribute(oids.messageDigest, octetString(messageDigest)),
    ...(signingTime === null ? [] : [attribute(oids.signingTime, time(signingTime))]),
    ...more,
  );
}

/** Do the attributes speak of this content, once each (RFC 5652 11.1, 11.2)? Makers mix the two families' names of plain data in one message. */
export function attributesName(attributes: Attributes, type: string, messageDigest: Bytes): boolean {
  const digest = readOctets(single(attributes, oids.messageDigest));
  const named = readOid(single(attributes, oids.contentType));
  const same = named === type || (DATA.includes(named) && DATA.includes(type));
  return same && digest !== undefined && equalBytes(digest, messageDigest);
}

const DATA: readonly (string | undefined)[] = [oids.data, oids.gmData];

/** What the signer's clock said, by the signer's word: UTC milliseconds or null. */
export const claimedTime = (attributes: Attributes): number | null =>
  readTime(single(attributes, oids.signingTime)) ?? null;

/**
 * Could these bytes be taken for signed attributes? A signature over such content, made without attributes, could be shown as one over another
 * message whose attributes they are, and the other way round. Neither is made nor believed here.
 */
export function looksLikeAttributes(content: Bytes): boolean {
  if (content[0] !== tags.set) return false;
  const items = childrenOf(readDer(content), tags.set);
  const attributes = items === undefined ? undefined : readAttributes(items);
  return attributes?.has(oids.messageDigest) ?? false;
}
