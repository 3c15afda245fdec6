import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, utf8 } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { contextConstructed, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readOctets, readOid, readSmallInteger, readTime } from './der-values.ts';
import { bitString, explicit, integer, octetString, oid, sequence, tlv } from './der-writer.ts';
import { oids } from './oids.ts';
import { type ESeal, judgeSeal, mayUseSeal, parseSeal, type SealFault, stampOf } from './ses.ts';
import { readString } from './strings.ts';

/** A sealed document's signature (SES_Signature), of any generation. */
export interface SealSignature {
  readonly seal: ESeal;
  /** DER of TBS_Sign: what the signer signed. */
  readonly tbs: Bytes;
  readonly documentHash: Bytes;
  readonly property: string;
  /** The signer's own word on when; null: v1 carries a timestamp instead. UTC milliseconds. */
  readonly claimedAt: number | null;
  readonly signer: Certificate | undefined;
  /** As written; from v4 on it stands outside what is signed. */
  readonly signatureOid: string;
  readonly signature: Bytes;
  /** RFC 3161 token over the signature value; null: none. */
  readonly timestamp: Bytes | null;
}

/** undefined: no SES_Signature. Nothing is verified yet. */
export function parseSealSignature(gm: Gm, der: Bytes): SealSignature | undefined {
  const parts = childrenOf(readDer(der), tags.sequence);
  const tbsNode = parts?.[0];
  const tbs = childrenOf(tbsNode, tags.sequence);
  if (parts === undefined || tbsNode === undefined || tbs === undefined || tbs.length < 5) return undefined;
  const seal = parseSeal(gm, tbs[1]?.der ?? new Uint8Array());
  const documentHash = readBits(tbs[3]);
  const property = textOf(tbs[4]);
  if (readSmallInteger(tbs[0]) === undefined || seal === undefined) return undefined;
  if (documentHash === undefined || property === undefined) return undefined;
  const common = { seal, tbs: tbsNode.der, documentHash, property };
  return parts.length === 2 ? firstGeneration(gm, common, tbs, parts) : laterGeneration(gm, common, tbs, parts);
}

type Common = Pick<SealSignature, 'seal' | 'tbs' | 'documentHash' | 'property'>;

function firstGeneration(gm: Gm, common: Common, tbs: readonly DerNode[], parts: readonly DerNode[]) {
  const [certificate, signature] = [readOctets(tbs[5]), readBits(parts[1])];
  const signatureOid = readOid(tbs[6]);
  if (tbs.length !== 7 || certificate === undefined || signatureOid === undefined || signature === undefined)
    return undefined;
  const timestamp = readBits(tbs[2]) ?? null;
  return { ...common, claimedAt: null, signer: parseCertificate(gm, certificate), signatureOid, signature, timestamp };
}

function laterGeneration(gm: Gm, common: Common, tbs: readonly DerNode[], parts: readonly DerNode[]) {
  if (parts.length !== 4 && parts.length !== 5) return undefined;
  if (tbs.length > 6 || (tbs.length === 6 && tbs[5]?.tag !== contextConstructed(0))) return undefined;
  const [certificate, signature] = [readOctets(parts[1]), readBits(parts[3])];
  const claimedAt = readTime(tbs[2]);
  const signatureOid = readOid(parts[2]);
  if (certificate === undefined || signatureOid === undefined || signature === undefined) return undefined;
  const timestamp = parts.length === 5 ? stampOf(parts[4]) : null;
  if (claimedAt === undefined || timestamp === undefined) return undefined;
  return { ...common, claimedAt, signer: parseCertificate(gm, certificate), signatureOid, signature, timestamp };
}

const textOf = (node: DerNode | undefined): string | undefined =>
  node === undefined ? undefined : readString(node.tag, node.content);

export type SealSignatureFault =
  | 'signer-unreadable'
  | 'signer-algorithm'
  | 'signature'
  | 'document'
  | 'signer-not-in-seal'
  | `seal-${SealFault}`;

/** SM2 with SM3 as printed, as GM/T 0010 numbers it, the curve's own number, and one library's slip of the pen (domain 1.4). */
const SM2_OIDS: readonly string[] = [oids.sm2WithSm3, oids.sm2Sign, oids.sm2Curve, '1.2.156.10197.501'];

/**
 * In the order of GB/T 38540 7.2: value, document, seal, signer among the seal's. `documentHash`: SM3 of the bytes that are sealed. `at`: the time that
 * counts (a verified timestamp's, else the signer's word). Chains of signer, maker and TSA are the caller's to judge.
 */
export function judgeSealSignature(
  gm: Gm,
  signed: SealSignature,
  documentHash: Bytes,
  at: number,
): { readonly ok: true } | { readonly ok: false; readonly fault: SealSignatureFault } {
  const { signer, seal } = signed;
  if (signer === undefined) return { ok: false, fault: 'signer-unreadable' };
  if (signer.key.kind !== 'sm2' || !SM2_OIDS.includes(signed.signatureOid))
    return { ok: false, fault: 'signer-algorithm' };
  if (!gm.sm2.verify(signer.key.publicKey, [signed.tbs], signed.signature)) return { ok: false, fault: 'signature' };
  if (!equalBytes(signed.documentHash, documentHash)) return { ok: false, fault: 'document' };
  const judged = judgeSeal(gm, seal, at);
  if (!judged.ok) return { ok: false, fault: `seal-${judged.fault}` };
  return mayUseSeal(gm, seal, signer) ? { ok: true } : { ok: false, fault: 'signer-not-in-seal' };
}

export interface SealSigningRequest {
  readonly seal: ESeal;
  readonly documentHash: Bytes;
  /** UTC milliseconds. */
  readonly at: number;
  /** URI of the signed part; a PDF's own name of its signature. */
  readonly property: string;
}

/** TBS_Sign of GB/T 38540 (v4): the bytes that the signer's key signs. A v1 seal is put into a v4 signature as it is. */
export const sealTbs = ({ seal, documentHash, at, property }: SealSigningRequest): Bytes =>
  sequence(
    integer(4),
    seal.der,
    tlv(tags.generalizedTime, utf8(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`)),
    bitString(documentHash),
    tlv(tags.ia5String, utf8(property)),
  );

/** SES_Signature (v4) of what the token made over `sealTbs`. `timestamp`: RFC 3161 token over the signature value. */
export const makeSealSignature = (
  tbs: Bytes,
  signer: Certificate,
  signature: Bytes,
  timestamp: Bytes | null = null,
): Bytes =>
  sequence(
    tbs,
    octetString(signer.der),
    oid(oids.sm2WithSm3),
    bitString(signature),
    ...(timestamp === null ? [] : [explicit(0, bitString(timestamp))]),
  );
