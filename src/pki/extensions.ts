import { type Bytes, fromUtf8 } from '#kernel/bytes.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readBoolean, readOctets, readOid, readSmallInteger } from './der-values.ts';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of the OCTET STRING: usually DER, not checked here. */
  readonly value: Bytes;
}

export type Extensions = ReadonlyMap<string, Extension>;

/** SEQUENCE OF Extension. The same extension twice (RFC 5280 4.2) or another shape: undefined. */
export function readExtensions(node: DerNode | undefined): Extensions | undefined {
  const items = childrenOf(node, tags.sequence);
  if (items === undefined) return undefined;
  const extensions = new Map<string, Extension>();
  for (const item of items) {
    const parts = childrenOf(item, tags.sequence);
    if (parts === undefined || parts.length < 2 || parts.length > 3) return undefined;
    const oid = readOid(parts[0]);
    const critical = parts.length === 3 ? readBoolean(parts[1]) : false;
    const value = readOctets(parts.at(-1));
    if (oid === undefined || critical === undefined || value === undefined || extensions.has(oid)) return undefined;
    extensions.set(oid, { oid, critical, value });
  }
  return extensions;
}

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof USAGES)[number];

/** Unused bits are not insisted on: several CAs write `03 02 00 C0`. */
export function readKeyUsage(value: Bytes): ReadonlySet<KeyUsage> | undefined {
  const bits = readBits(readDer(value), false);
  if (bits === undefined) return undefined;
  return new Set(USAGES.filter((_, i) => ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0));
}

export function readExtendedKeyUsage(value: Bytes): readonly string[] | undefined {
  const purposes = childrenOf(readDer(value), tags.sequence)?.map(readOid);
  return purposes?.every((purpose) => purpose !== undefined) ? purposes : undefined;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | null;
}

export function readBasicConstraints(value: Bytes): BasicConstraints | undefined {
  const parts = childrenOf(readDer(value), tags.sequence);
  if (parts === undefined || parts.length > 2) return undefined;
  const rest = [...parts];
  const ca = rest[0]?.tag === tags.boolean ? readBoolean(rest.shift()) : false;
  const pathLength = rest.length === 0 ? null : readSmallInteger(rest.shift());
  if (ca === undefined || pathLength === undefined || rest.length > 0) return undefined;
  if (pathLength !== null && !ca) return undefined; // RFC 5280 4.2.1.9
  return { ca, pathLength };
}

/**
 * The issuer's key identifier, or null where the extension has none. An issuer named by its own issuer and serial is not read: keys link, names do not.
 */
export function readAuthorityKeyId(value: Bytes): Bytes | null | undefined {
  const keyId = childrenOf(readDer(value), tags.sequence)?.find((part) => part.tag === contextPrimitive(0));
  if (keyId !== undefined) return keyId.end > keyId.body ? keyId.content : undefined;
  return readDer(value)?.tag === tags.sequence ? null : undefined;
}

/** URIs of the full names of all distribution points, in order; what is not a URI is passed over. */
export function readDistributionPoints(value: Bytes): readonly string[] {
  return (childrenOf(readDer(value), tags.sequence) ?? []).flatMap((point) =>
    uris(point.children().find((part) => part.tag === contextConstructed(0))),
  );
}

/** URIs inside DistributionPointName `fullName [0]`. */
export function uris(pointName: DerNode | undefined): string[] {
  const names = pointName?.children().find((choice) => choice.tag === contextConstructed(0));
  return (names?.children() ?? [])
    .filter((name) => name.tag === contextPrimitive(6))
    .map((name) => fromUtf8(name.content));
}
