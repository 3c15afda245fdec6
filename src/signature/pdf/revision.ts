import type { Bytes } from '#kernel/bytes.ts';
import type { PdfDocument } from './document.ts';
import { name, type PdfObject } from './objects.ts';
import { type NewObject, serialise } from './serialise.ts';

/** An incremental update: bytes to put behind the document, which itself stays as it is (7.5.6). */
export interface Revision {
  readonly bytes: Bytes;
  /** Absolute offset of each object's body (behind `n g obj\n`). */
  readonly bodies: ReadonlyMap<number, number>;
}

/**
 * Objects, then cross references of the document's own kind (a table after a table, a stream after a stream: readers that know one only must find
 * what they know), then a trailer that points back. `objects` are new ones and replacements, by number; generation 0 throughout.
 */
export function makeRevision(document: PdfDocument, objects: ReadonlyMap<number, NewObject>): Revision {
  const parts: Buffer[] = [];
  const bodies = new Map<number, number>();
  const offsets = new Map<number, number>();
  let at = document.source.size;
  const put = (part: Buffer): void => {
    parts.push(part);
    at += part.length;
  };
  put(Buffer.from('\n'));
  const numbers = [...objects.keys()].sort((a, b) => a - b);
  for (const number of numbers) {
    offsets.set(number, at);
    put(Buffer.from(`${number} 0 obj\n`));
    bodies.set(number, at);
    for (const part of bodyOf(objects.get(number) ?? null)) put(part);
    put(Buffer.from('\nendobj\n'));
  }
  const size = Math.max(document.nextNumber, ...numbers.map((number) => number + 1));
  if (document.sections[0]?.kind === 'stream') putStream(document, offsets, size, at, put);
  else putTable(document, offsets, size, at, put);
  return { bytes: Buffer.concat(parts), bodies };
}

function bodyOf(object: NewObject): Buffer[] {
  if (typeof object === 'object' && object !== null && 'kind' in object) {
    if (object.kind === 'raw') return [Buffer.from(object.bytes)];
    if (object.kind === 'new-stream') {
      const dict = new Map([...object.dict, ['Length', object.data.length] as const]);
      return [Buffer.from(`${serialise(dict)}\nstream\n`), Buffer.from(object.data), Buffer.from('\nendstream')];
    }
  }
  return [Buffer.from(serialise(object), 'latin1')];
}

type Put = (part: Buffer) => void;

function trailerOf(document: PdfDocument, size: number): Map<string, PdfObject> {
  const trailer = new Map<string, PdfObject>([
    ['Size', size],
    ['Root', document.catalog.ref],
    ['Prev', document.sections[0]?.offset ?? 0],
  ]);
  for (const key of ['Info', 'ID']) {
    const value = document.trailer.get(key);
    if (value !== undefined) trailer.set(key, value);
  }
  return trailer;
}

function putTable(
  document: PdfDocument,
  offsets: ReadonlyMap<number, number>,
  size: number,
  at: number,
  put: Put,
): void {
  const lines = ['xref\n'];
  for (const run of runsOf([...offsets.keys()])) {
    lines.push(`${run[0]} ${run.length}\n`);
    for (const number of run) lines.push(`${String(offsets.get(number)).padStart(10, '0')} 00000 n \n`);
  }
  lines.push(`trailer\n${serialise(trailerOf(document, size))}\nstartxref\n${at}\n%%EOF\n`);
  put(Buffer.from(lines.join(''), 'latin1'));
}

function putStream(
  document: PdfDocument,
  offsets: ReadonlyMap<number, number>,
  size: number,
  at: number,
  put: Put,
): void {
  const own = size;
  const all = new Map([...offsets, [own, at]]);
  const numbers = [...all.keys()].sort((a, b) => a - b);
  const rows = Buffer.alloc(numbers.length * 8);
  numbers.forEach((number, i) => {
    rows.writeUInt8(1, i * 8);
    rows.writeUIntBE(all.get(number) ?? 0, i * 8 + 1, 6);
  });
  const dict = new Map<string, PdfObject>([
    ['Type', name('XRef')],
    ...trailerOf(document, own + 1),
    ['W', [1, 6, 1]],
    ['Index', runsOf(numbers).flatMap((run) => [run[0] ?? 0, run.length])],
    ['Length', rows.length],
  ]);
  put(Buffer.from(`${own} 0 obj\n${serialise(dict)}\nstream\n`, 'latin1'));
  put(rows);
  put(Buffer.from(`\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`));
}

/** Consecutive numbers together. */
function runsOf(numbers: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs;
}

/** New object numbers for one revision. */
export function numbering(document: PdfDocument): () => number {
  let next = document.nextNumber;
  return () => next++;
}
