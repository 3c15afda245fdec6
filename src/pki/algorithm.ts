import type { Sm2PublicKey } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readOid, readUnsignedHex } from './der-values.ts';
import { oids } from './oids.ts';

/** AlgorithmIdentifier. A NULL parameter reads as none: CAs write SM2-with-SM3 both ways (domain 1.4). */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: Bytes | null;
}

export function readAlgorithm(node: DerNode | undefined): Algorithm | undefined {
  const parts = childrenOf(node, tags.sequence);
  if (parts === undefined || parts.length < 1 || parts.length > 2) return undefined;
  const oid = readOid(parts[0]);
  const parameters = parts[1];
  if (oid === undefined) return undefined;
  return { oid, parameters: parameters === undefined || parameters.tag === tags.null ? null : parameters.der };
}

export const sameAlgorithm = (a: Algorithm, b: Algorithm): boolean =>
  a.oid === b.oid && Buffer.compare(a.parameters ?? new Uint8Array(0), b.parameters ?? new Uint8Array(0)) === 0;

export type SubjectKey =
  | { readonly kind: 'sm2'; readonly publicKey: Sm2PublicKey }
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: string }
  | { readonly kind: 'other'; readonly oid: string };

/** What kind of key a SubjectPublicKeyInfo holds. An SM2 key that fails a gate (curve, point) is `other`: usable for nothing. */
export function readSubjectKey(importSm2: (point: Bytes) => Sm2PublicKey | undefined, spki: Bytes): SubjectKey {
  const [algorithmNode, keyNode] = readDer(spki)?.children() ?? [];
  const algorithm = readAlgorithm(algorithmNode);
  const bits = readBits(keyNode);
  const other: SubjectKey = { kind: 'other', oid: algorithm?.oid ?? '' };
  if (algorithm === undefined || bits === undefined) return other;
  if (algorithm.oid === oids.rsa) return rsaKey(bits) ?? other;
  if (algorithm.oid !== oids.ecPublicKey || algorithm.parameters === null) return other;
  const curve = readOid(readDer(algorithm.parameters));
  if (curve === undefined) return other; // explicit parameters
  if (curve !== oids.sm2Curve) return { kind: 'ec', curve };
  const publicKey = bits.length === 65 ? importSm2(bits) : undefined;
  return publicKey === undefined ? other : { kind: 'sm2', publicKey };
}

function rsaKey(bits: Bytes): SubjectKey | undefined {
  const modulus = readUnsignedHex(childrenOf(readDer(bits), tags.sequence)?.[0]);
  if (modulus === undefined) return undefined;
  return { kind: 'rsa', bits: BigInt(`0x${modulus}`).toString(2).length };
}
