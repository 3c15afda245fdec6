import type { Bytes } from '#kernel/bytes.ts';
import { readAlgorithm } from './algorithm.ts';
import { contextConstructed, contextPrimitive, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readOctets, readSmallInteger, readTime, readUnsignedHex } from './der-values.ts';
import {
  type Extensions,
  readAuthorityKeyId,
  readBasicConstraints,
  readDistributionPoints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
} from './extensions.ts';
import { readName } from './name.ts';
import { oids } from './oids.ts';

export type Tbs = NonNullable<ReturnType<typeof readTbs>>;

/** TBSCertificate, RFC 5280 4.1.2. */
export function readTbs(node: DerNode) {
  const parts = childrenOf(node, tags.sequence) ?? [];
  const version = parts[0]?.tag === contextConstructed(0) ? readSmallInteger(parts.shift()?.children()[0]) : 0;
  const [serialNode, algorithmNode, issuerNode, validityNode, subjectNode, spkiNode, ...rest] = parts;
  const serial = readUnsignedHex(serialNode);
  const algorithm = readAlgorithm(algorithmNode);
  const issuer = readName(issuerNode);
  const subject = readName(subjectNode);
  const [from, to, surplus] = childrenOf(validityNode, tags.sequence) ?? [];
  const notBefore = readTime(from);
  const notAfter = readTime(to);
  const spki = childrenOf(spkiNode, tags.sequence)?.length === 2 ? spkiNode : undefined;
  const extensions = readTail(rest, version ?? -1);
  if (serial === undefined || serial.length > 64 || algorithm === undefined || surplus !== undefined) return undefined;
  if (issuer === undefined || subject === undefined || spki === undefined || extensions === undefined) return undefined;
  if (notBefore === undefined || notAfter === undefined) return undefined;
  return { node, serial, algorithm, issuer, subject, notBefore, notAfter, spki, extensions };
}

const NO_EXTENSIONS: Extensions = new Map();

/** Unique identifiers [1] [2] from version 2 on, extensions [3] in version 3, in this order. */
function readTail(rest: readonly DerNode[], version: number): Extensions | undefined {
  const items = [...rest];
  if (version < 0 || version > 2 || (version === 0 && items.length > 0)) return undefined;
  if (items[0]?.tag === contextPrimitive(1)) items.shift();
  if (items[0]?.tag === contextPrimitive(2)) items.shift();
  const last = items.shift();
  if (items.length > 0) return undefined;
  if (last === undefined) return NO_EXTENSIONS;
  const wrapped = last.children();
  if (last.tag !== contextConstructed(3) || version !== 2 || wrapped.length !== 1) return undefined;
  return readExtensions(wrapped[0]);
}

/** The extensions a decision rests on must be readable: a garbled one makes the certificate unreadable, not permissive. */
export function readKnownExtensions(extensions: Extensions) {
  const read = <T>(oid: string, reader: (value: Bytes) => T | undefined): T | null | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? null : reader(extension.value);
  };
  const keyUsage = read(oids.keyUsage, readKeyUsage);
  const extendedKeyUsage = read(oids.extendedKeyUsage, readExtendedKeyUsage);
  const basicConstraints = read(oids.basicConstraints, readBasicConstraints);
  const authorityKeyId = read(oids.authorityKeyIdentifier, readAuthorityKeyId);
  const subjectKeyId = read(oids.subjectKeyIdentifier, (value) => readOctets(readDer(value)));
  const crlUrls = read(oids.crlDistributionPoints, readDistributionPoints) ?? [];
  if (keyUsage === undefined || extendedKeyUsage === undefined || basicConstraints === undefined) return undefined;
  if (authorityKeyId === undefined || subjectKeyId === undefined) return undefined;
  return { keyUsage, extendedKeyUsage, basicConstraints, authorityKeyId, subjectKeyId, crlUrls };
}

export type KnownExtensions = NonNullable<ReturnType<typeof readKnownExtensions>>;
