import type { PdfDocument, PdfPage } from './document.ts';
import type { Entry } from './entries.ts';
import { isArray, isDict, isRef, isStream, type PdfDict, PdfFault, type PdfObject } from './objects.ts';
import { serialise } from './serialise.ts';

/** Two revisions of one document side by side. Everything that is shown or run is compared by what it means, not by where the file has it. */
export interface Comparison {
  readonly before: PdfDocument;
  readonly after: PdfDocument;
  /**
   * Same meaning, through references. A reference to a page or a field that both revisions have under one number is not followed: those are compared on
   * their own.
   */
  same(a: PdfObject | undefined, b: PdfObject | undefined): Promise<boolean>;
  /** The same for what is drawn. Fields are followed: a file can use one dictionary as a field and as a page's resources, and a field may be filled. */
  drawsSame(a: PdfObject | undefined, b: PdfObject | undefined): Promise<boolean>;
}

/** Objects looked at for one pair of revisions; larger documents cannot be judged. */
const MOST_COMPARED = 300_000;

/** Numbers that mean the same kind of thing in both revisions. `pages`: with the nodes above them. */
export interface Known {
  readonly pages: ReadonlySet<number>;
  readonly fields: ReadonlySet<number>;
}

export function compareRevisions(before: PdfDocument, after: PdfDocument, { pages, fields }: Known): Comparison {
  const moved = movedObjects(before, after);
  const same = sameness(before, after, moved, new Set([...pages, ...fields]));
  return { before, after, same, drawsSame: sameness(before, after, moved, pages) };
}

function sameness(
  before: PdfDocument,
  after: PdfDocument,
  moved: ReadonlySet<number>,
  known: ReadonlySet<number>,
): Comparison['same'] {
  const still = new Set<number>();
  let looked = 0;

  /** No object that the later revisions have put elsewhere can be reached from here: then nothing below needs comparing. */
  async function isStill(number: number): Promise<boolean> {
    if (moved.size === 0 || still.has(number)) return true;
    const visited = new Set<number>();
    const waiting = [number];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (moved.has(next)) return false;
      if (visited.has(next) || still.has(next)) continue;
      visited.add(next);
      looked += 1;
      if (looked > MOST_COMPARED) throw new PdfFault('too-large', 'too many objects to compare');
      const object = await after.resolve({ kind: 'ref', number: next, generation: generationOf(after, next) });
      for (const found of refsIn(object)) if (!known.has(found)) waiting.push(found);
    }
    for (const one of visited) still.add(one);
    return true;
  }

  async function same(a: PdfObject | undefined, b: PdfObject | undefined, seen: Set<string>): Promise<boolean> {
    if (isRef(a) && isRef(b)) {
      if (a.number === b.number && known.has(a.number)) return true;
      const key = `${a.number}/${b.number}`;
      if (seen.has(key)) return true;
      seen.add(key);
      looked += 1;
      if (looked > MOST_COMPARED) throw new PdfFault('too-large', 'too many objects to compare');
      if (a.number === b.number && (await isStill(a.number))) return true;
    }
    const [x, y] = [await before.resolve(a), await after.resolve(b)];
    if (isStream(x) && isStream(y)) return x.start === y.start && same(x.dict, y.dict, seen);
    if (isArray(x) && isArray(y)) {
      if (x.length !== y.length) return false;
      for (let i = 0; i < x.length; i += 1) if (!(await same(x[i], y[i], seen))) return false;
      return true;
    }
    if (isDict(x) && isDict(y)) {
      if (x.size !== y.size) return false;
      for (const [key, value] of x) if (!y.has(key) || !(await same(value, y.get(key), seen))) return false;
      return true;
    }
    return written(x) === written(y);
  }

  return (a, b) => same(a, b, new Set());
}

/** Numbers whose object does not stand where it stood: only these can mean something else now. */
function movedObjects(before: PdfDocument, after: PdfDocument): ReadonlySet<number> {
  const moved = new Set<number>();
  for (const document of [before, after])
    for (const section of document.sections)
      for (const number of section.entries.keys())
        if (!isSamePlace(before.entry(number), after.entry(number))) moved.add(number);
  // A member of an object stream stays where it is only while its stream does.
  for (const section of after.sections)
    for (const [number, entry] of section.entries)
      if (entry.in === 'stream' && moved.has(entry.stream)) moved.add(number);
  return moved;
}

function isSamePlace(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  switch (a.in) {
    case 'free':
      return b.in === 'free';
    case 'file':
      return b.in === 'file' && a.offset === b.offset && a.generation === b.generation;
    case 'stream':
      return b.in === 'stream' && a.stream === b.stream && a.index === b.index;
  }
}

const generationOf = (document: PdfDocument, number: number): number => {
  const entry = document.entry(number);
  return entry?.in === 'file' ? entry.generation : 0;
};

function refsIn(object: PdfObject): number[] {
  const found: number[] = [];
  const waiting: PdfObject[] = [object];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isRef(next)) found.push(next.number);
    // One by one: a call takes about 100 000 arguments, an array may have more.
    else if (isArray(next) || isDict(next)) for (const one of next.values()) isNested(one) && waiting.push(one);
    else if (isStream(next)) waiting.push(next.dict);
  }
  return found;
}

const isNested = (object: PdfObject): boolean => typeof object === 'object' && object !== null;

export const without = (dict: PdfDict, keys: readonly string[]): PdfDict =>
  new Map([...dict].filter(([key]) => !keys.includes(key)));

/** A direct object in one spelling; a stream by its place. */
export const written = (object: PdfObject | undefined): string =>
  isStream(object) ? `stream@${object.start}` : object === undefined ? '' : serialise(object);

export const numberedPages = (pages: readonly PdfPage[]): Map<number, PdfPage> =>
  new Map(pages.map((page) => [page.ref.number, page]));
