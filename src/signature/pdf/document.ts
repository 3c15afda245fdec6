import type { Bytes } from '#kernel/bytes.ts';
import type { Entry } from './entries.ts';
import { decodeStream, MAX_INFLATED } from './filters.ts';
import { Lexer, MOST_HELD } from './lexer.ts';
import {
  integerOf,
  isArray,
  isDict,
  isRef,
  isStream,
  nameOf,
  type PdfDict,
  PdfFault,
  type PdfObject,
  type PdfRef,
  type PdfStream,
} from './objects.ts';
import { bytesSource, type PdfSource } from './source.ts';
import { indirectAt, readSections, type Section } from './xref.ts';

export interface PdfDocument {
  readonly source: PdfSource;
  /** Newest first. */
  readonly sections: readonly Section[];
  readonly trailer: PdfDict;
  /** One above the highest object number in use. */
  readonly nextNumber: number;
  /** Follows references (at most 32) to what they mean; a missing object is null (7.3.10). */
  resolve(object: PdfObject | undefined): Promise<PdfObject>;
  dictOf(object: PdfObject | undefined): Promise<PdfDict | undefined>;
  readonly catalog: { readonly ref: PdfRef; readonly dict: PdfDict };
  streamBytes(stream: PdfStream, limit: number): Promise<Bytes>;
  entry(number: number): Entry | undefined;
}

const MAX_HOPS = 32;
const MAX_CACHED = 4096;
/** Of objects and inflated streams together, read again counted again: what is beyond is read for minutes. */
const MOST_READ = 1024 * 1024 * 1024;

/** One object of an object stream, and what it takes in memory. */
interface Member {
  readonly number: number;
  readonly object: PdfObject;
  readonly held: number;
}

/** Opens structure only: cross references and catalogue. Throws PdfFault: not-pdf, encrypted, broken, too-large, unsupported. */
export async function openPdf(source: PdfSource): Promise<PdfDocument> {
  const head = Buffer.from(await source.read(0, 1024)).toString('latin1');
  if (!/%PDF-[12]\.\d/.test(head)) throw new PdfFault('not-pdf', 'no %PDF header');
  if (!head.startsWith('%PDF-')) throw new PdfFault('broken', 'bytes before the header: offsets mean two things');
  const sections = await readSections(source);
  const [newest] = sections;
  if (newest === undefined) throw new PdfFault('broken', 'no cross references');
  if (sections.some((section) => section.trailer.has('Encrypt'))) throw new PdfFault('encrypted', 'encrypted document');

  const cache = new Map<number, PdfObject>();
  const streams = new Map<number, Promise<readonly Member[]>>();
  const held = { cache: 0, streams: 0 };
  let read = 0;
  const count = (bytes: number): void => {
    read += bytes;
    if (read > MOST_READ) throw new PdfFault('too-large', 'too much to read');
  };
  const entry = (number: number): Entry | undefined => {
    for (const section of sections) {
      const found = section.entries.get(number);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const load = async ({ number, generation }: PdfRef): Promise<PdfObject> => {
    const cached = cache.get(number);
    if (cached !== undefined) return cached;
    const place = entry(number);
    if (place === undefined || place.in === 'free') return null;
    let object: PdfObject;
    let size = 0;
    if (place.in === 'file') {
      const found = await indirectAt(source, place.offset);
      size = found.held;
      count(size);
      if (found.number !== number || place.generation !== generation)
        throw new PdfFault('broken', `object ${number} is not where the cross references say`);
      object = found.object;
    } else {
      const members = await membersOf(place.stream);
      const member = members[place.index];
      object = member?.number === number ? member.object : null;
      size = member?.held ?? 0;
    }
    if (cache.size >= MAX_CACHED || held.cache + size > MOST_HELD) {
      cache.clear();
      held.cache = 0;
    }
    cache.set(number, object);
    held.cache += size;
    return object;
  };

  const membersOf = (number: number) => {
    let members = streams.get(number);
    if (members === undefined) {
      if (streams.size >= 64 || held.streams > MOST_HELD) {
        streams.clear();
        held.streams = 0;
      }
      members = readObjectStream(number);
      streams.set(number, members);
    }
    return members;
  };

  const readObjectStream = async (number: number): Promise<readonly Member[]> => {
    const place = entry(number);
    if (place?.in !== 'file') throw new PdfFault('broken', 'object stream missing');
    const { object, number: found } = await indirectAt(source, place.offset);
    if (found !== number || !isStream(object) || nameOf(object.dict.get('Type')) !== 'ObjStm')
      throw new PdfFault('broken', 'object stream expected');
    const data = await streamBytes(object, MAX_INFLATED);
    count(data.length);
    const members = integerOf(await resolve(object.dict.get('N'))) ?? 0;
    const first = integerOf(await resolve(object.dict.get('First'))) ?? 0;
    if (members < 0 || members > 100_000) throw new PdfFault('broken', 'object stream count');
    const allowance = { left: MOST_HELD };
    const head = new Lexer(data, 0, true, 0, allowance);
    const places: [number, number][] = [];
    for (let i = 0; i < members; i += 1) {
      const [member, offset] = [head.object(), head.object()];
      if (integerOf(member) === undefined || integerOf(offset) === undefined)
        throw new PdfFault('broken', 'object stream head');
      places.push([member as number, offset as number]);
    }
    const memberAt = ([number, offset]: readonly [number, number]): Member => {
      const { left } = allowance;
      const object = new Lexer(data, 0, true, first + offset, allowance).object();
      return { number, object, held: left - allowance.left };
    };
    const parsed = places.map(memberAt);
    held.streams += MOST_HELD - allowance.left;
    count(MOST_HELD - allowance.left);
    return parsed;
  };

  const resolve = async (object: PdfObject | undefined): Promise<PdfObject> => {
    let value = object ?? null;
    for (let hops = 0; isRef(value); hops += 1) {
      if (hops > MAX_HOPS) throw new PdfFault('broken', 'references run in a circle');
      value = await load(value);
    }
    return value;
  };
  const dictOf = async (object: PdfObject | undefined): Promise<PdfDict | undefined> => {
    const value = await resolve(object);
    return isDict(value) ? value : isStream(value) ? value.dict : undefined;
  };
  const streamBytes = async (stream: PdfStream, limit: number): Promise<Bytes> => {
    const length = integerOf(await resolve(stream.dict.get('Length')));
    if (length === undefined || length < 0 || length > limit) throw new PdfFault('too-large', 'stream length');
    const raw = await source.read(stream.start, length);
    if (raw.length < length) throw new PdfFault('broken', 'a stream is longer than the file');
    return decodeStream(stream.dict, raw);
  };

  const root = newest.trailer.get('Root');
  if (!isRef(root)) throw new PdfFault('broken', 'no catalogue');
  const catalog = await dictOf(root);
  if (catalog === undefined || nameOf(catalog.get('Type')) !== 'Catalog') throw new PdfFault('broken', 'no catalogue');
  const nextNumber = sections.reduce((most, section) => Math.max(most, sizeOf(section)), 1);
  const document = { source, sections, trailer: newest.trailer, nextNumber, resolve, dictOf, streamBytes, entry };
  return { ...document, catalog: { ref: root, dict: catalog } };
}

/** Highest number + 1 whatever /Size claims: a new object must never take a number that is in use. */
function sizeOf(section: Section): number {
  let most = integerOf(section.trailer.get('Size')) ?? 0;
  for (const number of section.entries.keys()) if (number >= most) most = number + 1;
  return most;
}

export interface PdfPage {
  readonly ref: PdfRef;
  readonly dict: PdfDict;
  /** What it takes from the nodes above it and has not itself. */
  readonly inherited: PdfDict;
  /** Points: left, bottom, right, top, normalised. */
  readonly mediaBox: readonly [number, number, number, number];
  readonly rotate: 0 | 90 | 180 | 270;
}

export const MAX_PAGES = 5000;

/** Page tree in order, inherited attributes applied (7.7.3.4). Refuses more than `limit` pages and trees that are no trees. */
export async function pagesOf(document: PdfDocument, limit = MAX_PAGES): Promise<readonly PdfPage[]> {
  const pages: PdfPage[] = [];
  const seen = new Set<number>();
  const walk = async (node: PdfObject | undefined, inherited: PdfDict, depth: number): Promise<void> => {
    if (!isRef(node) || seen.has(node.number) || depth > 64) throw new PdfFault('broken', 'page tree');
    seen.add(node.number);
    if (seen.size > limit * 4) throw new PdfFault('too-large', 'a page tree of too many nodes');
    const own = await document.resolve(node);
    if (!isDict(own)) throw new PdfFault('broken', 'page missing');
    const merged = new Map(inherited);
    for (const key of ['MediaBox', 'CropBox', 'Rotate', 'Resources']) {
      const value = own.get(key);
      if (value !== undefined) merged.set(key, value);
    }
    const kids = await document.resolve(own.get('Kids'));
    if (isArray(kids) && nameOf(own.get('Type')) !== 'Page') {
      if (kids.length > limit) throw new PdfFault('too-large', `more than ${limit} pages`);
      for (const kid of kids) await walk(kid, merged, depth + 1);
      return;
    }
    // A missing type is read as a page's, as every reader does; another one is no page.
    if ((nameOf(await document.resolve(own.get('Type'))) ?? 'Page') !== 'Page')
      throw new PdfFault('broken', 'page tree');
    if (pages.length >= limit) throw new PdfFault('too-large', `more than ${limit} pages`);
    pages.push({
      ref: node,
      dict: own,
      inherited: new Map([...merged].filter(([key]) => !own.has(key))),
      mediaBox: await boxOf(document, merged),
      rotate: await rotationOf(document, merged),
    });
  };
  await walk(document.catalog.dict.get('Pages'), new Map(), 0);
  if (pages.length === 0) throw new PdfFault('broken', 'no page');
  return pages;
}

/** What readers show of a page: its crop box as far as it lies on the medium (14.11.2); A4 where neither can be read. */
async function boxOf(document: PdfDocument, attributes: PdfDict): Promise<PdfPage['mediaBox']> {
  const medium = (await rectangle(document, attributes.get('MediaBox'))) ?? A4;
  const crop = await rectangle(document, attributes.get('CropBox'));
  if (crop === undefined) return medium;
  const [left, bottom] = [Math.max(medium[0], crop[0]), Math.max(medium[1], crop[1])];
  const [right, top] = [Math.min(medium[2], crop[2]), Math.min(medium[3], crop[3])];
  return left < right && bottom < top ? [left, bottom, right, top] : medium;
}

const A4 = [0, 0, 595, 842] as const;

async function rectangle(
  document: PdfDocument,
  object: PdfObject | undefined,
): Promise<PdfPage['mediaBox'] | undefined> {
  const array = await document.resolve(object);
  const sides = isArray(array) ? await Promise.all(array.map((side) => document.resolve(side))) : [];
  if (sides.length !== 4 || !sides.every((side) => typeof side === 'number')) return undefined;
  const [a, b, c, d] = sides as [number, number, number, number];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

async function rotationOf(document: PdfDocument, attributes: PdfDict): Promise<PdfPage['rotate']> {
  const turned = (((integerOf(await document.resolve(attributes.get('Rotate'))) ?? 0) % 360) + 360) % 360;
  return turned === 90 || turned === 180 || turned === 270 ? turned : 0;
}

export const documentOf = (bytes: Bytes): Promise<PdfDocument> => openPdf(bytesSource(bytes));
