import { type Bytes, fromBase64 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { oids } from '#pki/oids.ts';
import type { SignaturePlace } from '../pdf/signature-places.ts';
import { resolveLoc } from './entry-name.ts';
import { OfdFault } from './fault.ts';
import { locate, type OfdDocument, type OfdPackage } from './package.ts';
import { childOf, childrenOf, type Element, textOf } from './xml.ts';
import type { Part } from './zip.ts';

/** One entry of Signatures.xml with its Signature.xml (GB/T 33190 clause 18), as the file has it; nothing of it is believed yet. */
export interface OfdSignature {
  readonly id: string;
  readonly type: 'Seal' | 'Sign';
  /** Of the list; undefined: not written. */
  readonly maxSignId: string | undefined;
  /** Signature.xml; undefined: the package has none at that place, and nothing else is known. */
  readonly part: Part | undefined;
  readonly described: Description | undefined;
}

export interface Description {
  readonly bytes: Bytes;
  readonly provider: string;
  readonly method: string;
  /** As written: forms differ, and what a Z means as well. */
  readonly signedAt: string;
  readonly check: CheckMethod;
  /** As written. */
  readonly checkName: string;
  readonly references: readonly Reference[];
  readonly places: readonly SignaturePlace[];
  /** null: no seal is named. undefined: one is named and not there. */
  readonly seal: Part | null | undefined;
  readonly value: Part | undefined;
}

export interface Reference {
  /** As written. */
  readonly ref: string;
  readonly part: Part | undefined;
  /** undefined: no base64. */
  readonly digest: Bytes | undefined;
}

/** `weak`: collisions are made at will; what it covers says little. `unknown`: not one of ours. */
export type CheckMethod =
  | { readonly strength: 'strong'; readonly name: 'sm3' | 'sha256' | 'sha384' | 'sha512' }
  | { readonly strength: 'weak'; readonly name: 'md5' | 'sha1' }
  | { readonly strength: 'unknown'; readonly name: null };

const METHODS: Readonly<Record<string, CheckMethod>> = {
  [oids.sm3]: { strength: 'strong', name: 'sm3' },
  // SM3 without a key as GM/T 0006 numbers it; what some makers write for it: HMAC-SM3, an arc left out, the name (domain 1.4). The digest must fit anyway.
  '1.2.156.10197.1.401.1': { strength: 'strong', name: 'sm3' },
  '1.2.156.10197.1.401.2': { strength: 'strong', name: 'sm3' },
  '1.2.156.10197.401': { strength: 'strong', name: 'sm3' },
  sm3: { strength: 'strong', name: 'sm3' },
  [oids.sha256]: { strength: 'strong', name: 'sha256' },
  sha256: { strength: 'strong', name: 'sha256' },
  [oids.sha384]: { strength: 'strong', name: 'sha384' },
  sha384: { strength: 'strong', name: 'sha384' },
  [oids.sha512]: { strength: 'strong', name: 'sha512' },
  sha512: { strength: 'strong', name: 'sha512' },
  [oids.sha1]: { strength: 'weak', name: 'sha1' },
  sha1: { strength: 'weak', name: 'sha1' },
  '1.2.840.113549.2.5': { strength: 'weak', name: 'md5' },
  md5: { strength: 'weak', name: 'md5' },
};

/** MD5 is what the standard means where nothing is written (table 83). */
function checkMethod(text: string | undefined): CheckMethod {
  const key = (text ?? 'md5').trim().toLowerCase().replace(/^sha-/, 'sha');
  return METHODS[key] ?? { strength: 'unknown', name: null };
}

/** All listed signatures of all documents, in the order of their lists. Throws OfdFault. */
export async function signaturesOf(ofd: OfdPackage): Promise<readonly OfdSignature[]> {
  const found: OfdSignature[] = [];
  let before = 0;
  const listed = new Set<Part>();
  for (const document of ofd.documents) {
    const first = before;
    before += document.pages.length;
    if (document.signatures === undefined) continue;
    if (listed.has(document.signatures)) throw new OfdFault('broken', 'one list of signatures for two documents');
    listed.add(document.signatures);
    const list = await ofd.xml(document.signatures);
    if (list.name !== 'Signatures') throw new OfdFault('broken', 'a list of signatures that is none');
    for (const entry of childrenOf(list, 'Signature')) {
      // Those beyond would not be judged, and a file is never called valid without them.
      if (found.length >= limits.ofdSignatures) throw new OfdFault('too-large', 'too many signatures');
      found.push(await readEntry(ofd, document, first, list, entry));
    }
  }
  const parts = found.flatMap(({ part }) => part ?? []);
  if (new Set(parts).size !== parts.length) throw new OfdFault('broken', 'one signature listed twice');
  return found;
}

async function readEntry(
  ofd: OfdPackage,
  document: OfdDocument,
  firstPage: number,
  list: Element,
  entry: Element,
): Promise<OfdSignature> {
  const part = document.signatures && locate(ofd.archive, entry.attributes.get('BaseLoc'), document.signatures);
  const type = entry.attributes.get('Type')?.trim() ?? 'Seal';
  if (type !== 'Seal' && type !== 'Sign') throw new OfdFault('broken', 'a signature of an unknown type');
  return {
    id: entry.attributes.get('ID') ?? '',
    type,
    // Some writers add one with every signature; nothing rests on it.
    maxSignId: childrenOf(list, 'MaxSignId').at(-1)?.text.trim(),
    part,
    described: part === undefined ? undefined : await describe(ofd, document, firstPage, part),
  };
}

async function describe(ofd: OfdPackage, document: OfdDocument, firstPage: number, part: Part): Promise<Description> {
  const bytes = await ofd.bytes(part, limits.ofdXml);
  const root = ofd.parse(bytes);
  const info = childOf(root, 'SignedInfo');
  if (root.name !== 'Signature' || info === undefined)
    throw new OfdFault('broken', 'a description of a signature that is none');
  const provider = childOf(info, 'Provider')?.attributes;
  const references = childOf(info, 'References');
  const sealLoc = textOf(childOf(info, 'Seal'), 'BaseLoc');
  return {
    bytes,
    provider: ['ProviderName', 'Company', 'Version'].flatMap((name) => provider?.get(name) ?? []).join(' '),
    method: textOf(info, 'SignatureMethod') ?? '',
    signedAt: textOf(info, 'SignatureDateTime') ?? '',
    check: checkMethod(references?.attributes.get('CheckMethod')),
    checkName: references?.attributes.get('CheckMethod') ?? '',
    references: childrenOf(references, 'Reference').map((one) => readReference(ofd, part, one)),
    places: childrenOf(info, 'StampAnnot').flatMap((one) => placeOf(document, firstPage, one)),
    seal: sealLoc === undefined ? null : locate(ofd.archive, sealLoc, part),
    value: locate(ofd.archive, textOf(root, 'SignedValue'), part),
  };
}

/** FileRef is a path from the root (table 84); some writers leave out its solidus, few write it from where they are. */
function readReference(ofd: OfdPackage, part: Part, reference: Element): Reference {
  const ref = reference.attributes.get('FileRef')?.trim() ?? '';
  const fromRoot = resolveLoc(ref, '');
  const named = fromRoot === undefined ? undefined : ofd.archive.find(fromRoot);
  const text = textOf(reference, 'CheckValue')?.replace(/\s+/g, '');
  return {
    ref,
    part: named ?? locate(ofd.archive, ref, part),
    digest: text === undefined ? undefined : fromBase64(text),
  };
}

const MOST_MM = 10_000;

/** StampAnnot (table 86): Boundary on its page, of which Clip says the piece that is seen. A page that is not there shows nothing. */
function placeOf(document: OfdDocument, firstPage: number, annotation: Element): SignaturePlace[] {
  const page = document.pages.findIndex(({ id }) => id !== '' && id === annotation.attributes.get('PageRef')?.trim());
  const boundary = boxOf(annotation.attributes.get('Boundary'));
  if (page < 0 || boundary === undefined) return [];
  const [x, y, width, height] = boundary;
  const clip = boxOf(annotation.attributes.get('Clip')) ?? [0, 0, width, height];
  return [{ page: firstPage + page, x: mm(x + clip[0]), y: mm(y + clip[1]), width: mm(clip[2]), height: mm(clip[3]) }];
}

/** ST_Box: four numbers, millimetres. */
function boxOf(text: string | undefined): [number, number, number, number] | undefined {
  const words = text?.trim().split(/\s+/) ?? [];
  const [x, y, width, height] = words.map(Number);
  if (words.length !== 4 || x === undefined || y === undefined || width === undefined || height === undefined)
    return undefined;
  return [x, y, width, height].every((number) => Math.abs(number) <= MOST_MM) ? [x, y, width, height] : undefined;
}

const mm = (value: number): number => Math.round(value * 100) / 100;
