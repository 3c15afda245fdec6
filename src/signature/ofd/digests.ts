import { createHash } from 'node:crypto';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { CheckMethod } from './description.ts';
import { OfdFault } from './fault.ts';
import type { OfdPackage } from './package.ts';
import type { Part } from './zip.ts';

export type HashName = Exclude<CheckMethod['name'], null>;
export type PartDigests = ReadonlyMap<Part, Readonly<Partial<Record<HashName, Bytes>>>>;

/** Every part is inflated once, whatever number of signatures covers it; so a broken one is found even where no signature looks. Throws OfdFault. */
export async function digestParts(
  gm: Gm,
  { archive, attached }: OfdPackage,
  names: ReadonlySet<HashName>,
): Promise<PartDigests> {
  const digests = new Map<Part, Partial<Record<HashName, Bytes>>>();
  for (const part of archive.parts) {
    const hashes = [...names].map((name) => ({ name, hash: name === 'sm3' ? gm.sm3Stream() : createHash(name) }));
    const types = /\.xml$/i.test(part.name) && !attached.has(part) ? createTypeWatch() : undefined;
    for await (const piece of archive.read(part)) {
      for (const { hash } of hashes) hash.update(piece);
      if (types?.(piece)) throw new OfdFault('broken', 'an XML part with a document type');
    }
    digests.set(part, Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest()])));
  }
  return digests;
}

const MARKS = ['<!DOCTYPE', '<!ENTITY'].flatMap((text) => {
  const wide = Buffer.from(text, 'utf16le');
  return [Buffer.from(text, 'latin1'), wide, Buffer.from(wide).swap16()];
});
const LONGEST_MARK = Math.max(...MARKS.map(({ length }) => length));

/** A page that takes text from elsewhere shows tomorrow what nobody signed: no part of OFD needs a document type. */
function createTypeWatch(): (piece: Bytes) => boolean {
  let tail = Buffer.alloc(0);
  return (piece) => {
    const seen = Buffer.concat([tail, piece]);
    tail = seen.subarray(Math.max(0, seen.length - LONGEST_MARK + 1));
    return MARKS.some((mark) => seen.includes(mark));
  };
}
