import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { contextConstructed, type DerNode, readDer, tags } from './der.ts';
import { childrenOf, readBits, readOctets, readOid, readSmallInteger, readTime } from './der-values.ts';
import { sequence } from './der-writer.ts';
import { readString } from './strings.ts';

/**
 * Electronic seals of the three generations: v1 GM/T 0031-2014, v4 GB/T 38540-2020, v5 GM/T 0031-2025. Told apart by structure first, because
 * makers of v1 write other version numbers; by the header's version between v4 and v5.
 */
export type SealGeneration = 'v1' | 'v4' | 'v5';

export interface ESeal {
  readonly generation: SealGeneration;
  /** esID: the maker's own number of this seal. */
  readonly id: string;
  readonly vendor: string;
  readonly name: string;
  /** 1 organisation, 2 person (5.3); other numbers as the maker wrote them. */
  readonly type: number;
  readonly signers: SealSigners;
  /** UTC milliseconds. */
  readonly createdAt: number;
  readonly validFrom: number;
  readonly validTo: number;
  readonly picture: SealPicture;
  /** Who made the seal (制章人); undefined: unreadable. */
  readonly maker: Certificate | undefined;
  readonly signatureOid: string;
  /** DER SM2Signature by the maker. */
  readonly signature: Bytes;
  /** DER of SES_SealInfo, and of everything that v1 makers sign. */
  readonly info: Bytes;
  readonly signedWhole: Bytes;
  readonly timestamp: Bytes | null;
  readonly der: Bytes;
}

export interface SealPicture {
  /** As written: PNG, JPG, GIF, BMP, SVG, OFD … */
  readonly format: string;
  readonly data: Bytes;
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
}

/** Whose keys may use the seal: whole certificates, or digests of them (v4 certListType 2). */
export type SealSigners =
  | { readonly by: 'certificate'; readonly certificates: readonly Bytes[] }
  | { readonly by: 'digest'; readonly digests: readonly { readonly type: string; readonly value: Bytes }[] };

const MAX_SEAL = 4 * 1024 * 1024;
const MAX_SIGNERS = 200;

/** Reads SESeal; undefined for anything else. Nothing is verified yet (`judgeSeal` does). */
export function parseSeal(gm: Gm, der: Bytes): ESeal | undefined {
  if (der.length > MAX_SEAL) return undefined;
  const parts = childrenOf(readDer(der), tags.sequence);
  if (parts === undefined) return undefined;
  const [infoNode, second] = parts;
  if (parts.length === 2) {
    const made = childrenOf(second, tags.sequence);
    return made?.length === 3 && infoNode !== undefined ? sealOf(gm, der, infoNode, made, null, 'v1') : undefined;
  }
  if ((parts.length !== 4 && parts.length !== 5) || infoNode === undefined) return undefined;
  const stamp = parts.length === 5 ? stampOf(parts[4]) : null;
  return stamp === undefined ? undefined : sealOf(gm, der, infoNode, parts.slice(1, 4), stamp, 'v4');
}

/** `[0] timeStamp BIT STRING`. */
export function stampOf(node: DerNode | undefined): Bytes | undefined {
  if (node?.tag === contextConstructed(0)) return readBits(node.children()[0]);
  return undefined;
}

function sealOf(
  gm: Gm,
  der: Bytes,
  infoNode: DerNode,
  [certificate, algorithm, value]: readonly DerNode[],
  timestamp: Bytes | null,
  structure: 'v1' | 'v4',
): ESeal | undefined {
  const info = childrenOf(infoNode, tags.sequence);
  const header = childrenOf(info?.[0], tags.sequence);
  const makerDer = readOctets(certificate);
  const signatureOid = readOid(algorithm);
  const signature = readBits(value);
  if (info === undefined || info.length < 4 || header?.length !== 3) return undefined;
  if (certificate === undefined || algorithm === undefined) return undefined;
  if (makerDer === undefined || signatureOid === undefined || signature === undefined) return undefined;
  if (textOf(header[0]) !== 'ES') return undefined;
  const version = readSmallInteger(header[1]);
  const id = textOf(info[1]);
  const vendor = textOf(header[2]);
  const property = propertyOf(info[2], structure);
  const picture = pictureOf(info[3]);
  if (
    version === undefined ||
    id === undefined ||
    vendor === undefined ||
    property === undefined ||
    picture === undefined
  )
    return undefined;
  return {
    generation: structure === 'v1' ? 'v1' : version >= 5 ? 'v5' : 'v4',
    id,
    vendor,
    ...property,
    picture,
    maker: parseCertificate(gm, makerDer),
    signatureOid,
    signature,
    info: infoNode.der,
    signedWhole: sequence(infoNode.der, certificate.der, algorithm.der),
    timestamp,
    der,
  };
}

type Property = Pick<ESeal, 'type' | 'name' | 'signers' | 'createdAt' | 'validFrom' | 'validTo'>;

function propertyOf(node: DerNode | undefined, structure: 'v1' | 'v4'): Property | undefined {
  const parts = childrenOf(node, tags.sequence);
  if (parts === undefined || parts.length !== (structure === 'v1' ? 6 : 7)) return undefined;
  const [typeNode, nameNode, ...rest] = parts;
  const listType = structure === 'v1' ? 1 : readSmallInteger(rest.shift());
  const [list, created, from, to] = rest;
  const signers = signersOf(list, listType);
  const [type, name] = [readSmallInteger(typeNode), textOf(nameNode)];
  const [createdAt, validFrom, validTo] = [readTime(created), readTime(from), readTime(to)];
  if (type === undefined || name === undefined || signers === undefined) return undefined;
  if (createdAt === undefined || validFrom === undefined || validTo === undefined) return undefined;
  return { type, name, signers, createdAt, validFrom, validTo };
}

function signersOf(node: DerNode | undefined, listType: number | undefined): SealSigners | undefined {
  const entries = childrenOf(node, tags.sequence);
  if (entries === undefined || entries.length === 0 || entries.length > MAX_SIGNERS) return undefined;
  if (listType === 1) {
    const certificates = entries.map(readOctets).filter((one) => one !== undefined);
    return certificates.length === entries.length ? { by: 'certificate', certificates } : undefined;
  }
  if (listType !== 2) return undefined;
  const digests = entries.flatMap((entry) => {
    const [type, value] = childrenOf(entry, tags.sequence) ?? [];
    const [name, digest] = [textOf(type), readOctets(value)];
    return name === undefined || digest === undefined ? [] : [{ type: name, value: digest }];
  });
  return digests.length === entries.length ? { by: 'digest', digests } : undefined;
}

function pictureOf(node: DerNode | undefined): SealPicture | undefined {
  const parts = childrenOf(node, tags.sequence);
  const [format, data] = [textOf(parts?.[0]), readOctets(parts?.[1])];
  const [width, height] = [readSmallInteger(parts?.[2]), readSmallInteger(parts?.[3])];
  if (parts?.length !== 4 || format === undefined || data === undefined || !width || !height) return undefined;
  return { format, data, width, height };
}

const textOf = (node: DerNode | undefined): string | undefined =>
  node === undefined ? undefined : readString(node.tag, node.content);

/** Whether this certificate's holder may use the seal: the check that verifiers most often forget (GB/T 38540 7.2). */
export function mayUseSeal(gm: Gm, seal: ESeal, signer: Certificate): boolean {
  const { signers } = seal;
  if (signers.by === 'certificate') return signers.certificates.some((one) => hex(one) === hex(signer.der));
  const digest = hex(gm.sm3(signer.der));
  return signers.digests.some((one) => hex(one.value) === digest);
}

export type SealVerdict =
  | { readonly ok: true; readonly maker: Certificate }
  | { readonly ok: false; readonly fault: SealFault };
export type SealFault = 'maker-unreadable' | 'maker-algorithm' | 'maker-signature' | 'not-yet-valid' | 'expired';

/**
 * The seal itself: the maker's signature over it (so that neither picture nor list of signers was altered) and its validity at `at` (UTC ms). The
 * maker's chain is for the caller to judge, since a seal maker need not be a CA of the hub's.
 */
export function judgeSeal(gm: Gm, seal: ESeal, at: number): SealVerdict {
  const { maker } = seal;
  if (maker === undefined) return { ok: false, fault: 'maker-unreadable' };
  if (maker.key.kind !== 'sm2') return { ok: false, fault: 'maker-algorithm' };
  const { publicKey } = maker.key;
  // v4 prints SES_SealInfo alone; some makers sign the three elements, as all of v1 do.
  const forms = [seal.info, seal.signedWhole];
  if (!forms.some((form) => gm.sm2.verify(publicKey, [form], seal.signature)))
    return { ok: false, fault: 'maker-signature' };
  if (at < seal.validFrom) return { ok: false, fault: 'not-yet-valid' };
  if (at > seal.validTo) return { ok: false, fault: 'expired' };
  return { ok: true, maker };
}
