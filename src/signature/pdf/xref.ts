import type { Bytes } from '#kernel/bytes.ts';
import { type Entries, type Entry, EntryTable } from './entries.ts';
import { decodeStream, MAX_INFLATED } from './filters.ts';
import { isWhite, type Lexer, MOST_HELD, NeedMore } from './lexer.ts';
import { integerOf, nameOf, numbersOf, type PdfDict, PdfFault, type PdfObject } from './objects.ts';
import { type PdfSource, parseAt } from './source.ts';

/** One cross-reference section = one revision of the document. */
export interface Section {
  readonly offset: number;
  readonly kind: 'table' | 'stream';
  readonly trailer: PdfDict;
  readonly entries: Entries;
}

const MAX_SECTIONS = 1024;
const MAX_ENTRIES = 1_000_000;

/** All sections, newest first. Loops, offsets outside the file, and hybrid files that say two things are refused. */
export async function readSections(source: PdfSource): Promise<readonly Section[]> {
  const sections: Section[] = [];
  const seen = new Set<number>();
  let next: number | undefined = await startXref(source);
  let total = 0;
  while (next !== undefined) {
    if (seen.has(next) || sections.length >= MAX_SECTIONS)
      throw new PdfFault('broken', 'cross references run in a loop');
    seen.add(next);
    const section: Section = await withHybrid(source, await readSection(source, next));
    total += section.entries.size;
    if (total > MAX_ENTRIES) throw new PdfFault('too-large', 'too many objects');
    sections.push(section);
    const previous = section.trailer.get('Prev');
    next = integerOf(previous);
    if (previous !== undefined && next === undefined) throw new PdfFault('broken', 'Prev is no offset');
  }
  return sections;
}

/**
 * A hybrid file (7.5.8.4) has a table for old readers and a stream for new ones; common office programs write them. Taken when both name the same
 * places: what is free in the table is only hidden from readers of 2001. A file that shows two documents is refused.
 */
async function withHybrid(source: PdfSource, section: Section): Promise<Section> {
  const place = section.trailer.get('XRefStm');
  if (place === undefined) return section;
  const offset = integerOf(place);
  if (section.kind !== 'table' || offset === undefined) throw new PdfFault('broken', 'XRefStm is no offset');
  const hidden = await readXrefStream(source, offset);
  const entries = new EntryTable();
  for (const [number, entry] of section.entries) entries.set(number, entry);
  for (const [number, entry] of hidden.entries) {
    const shown = entries.get(number);
    if (shown === undefined || shown.in === 'free') entries.set(number, entry);
    else if (entry.in !== 'file' || shown.in !== 'file' || entry.offset !== shown.offset)
      throw new PdfFault('broken', `hybrid cross references disagree on object ${number}`);
  }
  return { ...section, entries };
}

const TAIL = 2048;

/** What the hub writes behind its own papers (print/pdf-seal.ts): one comment line, so that minutes and reports can be signed by persons too. */
const OWN_SEAL = '(?:%caihub-pdf/1 [0-9a-f]{130} [A-Za-z0-9+/=]{1,200}\\s*)?';
const END = new RegExp(`^startxref\\s+(\\d{1,15})\\s+%%EOF\\s*${OWN_SEAL}$`);

/** The last `startxref` of the file (7.5.5). */
async function startXref(source: PdfSource): Promise<number> {
  const from = Math.max(0, source.size - TAIL);
  const tail = Buffer.from(await source.read(from, TAIL)).toString('latin1');
  const at = tail.lastIndexOf('startxref');
  const offset = END.exec(tail.slice(Math.max(0, at)))?.[1];
  if (at < 0 || offset === undefined) throw new PdfFault('broken', 'the file does not end as a PDF does');
  return Number(offset);
}

export async function readSection(source: PdfSource, offset: number): Promise<Section> {
  const isTable = await parseAt(source, offset, (lexer) => {
    lexer.skipWhite();
    return lexer.takeWord('xref');
  });
  return isTable ? readTable(source, offset) : readXrefStream(source, offset);
}

async function readTable(source: PdfSource, offset: number): Promise<Section> {
  return parseAt(source, offset, (lexer) => {
    lexer.skipWhite();
    lexer.takeWord('xref');
    const entries = new EntryTable();
    for (;;) {
      lexer.skipWhite();
      if (lexer.takeWord('trailer')) break;
      const first = lexer.integer();
      lexer.skipWhite();
      const count = lexer.integer();
      if (first === undefined || count === undefined || entries.size + count > MAX_ENTRIES)
        throw new PdfFault('broken', 'cross-reference subsection');
      for (let i = 0; i < count; i += 1) entries.set(first + i, tableEntry(lexer));
    }
    const trailer = lexer.object();
    if (!(trailer instanceof Map)) throw new PdfFault('broken', 'trailer');
    return { offset, kind: 'table', trailer, entries };
  });
}

function tableEntry(lexer: Lexer): Entry {
  lexer.skipWhite();
  const offset = lexer.integer();
  lexer.skipWhite();
  const generation = lexer.integer();
  lexer.skipWhite();
  if (offset === undefined || generation === undefined) throw new PdfFault('broken', 'cross-reference entry');
  if (lexer.takeWord('n')) return { in: 'file', offset, generation };
  if (lexer.takeWord('f')) return { in: 'free' };
  throw new PdfFault('broken', 'cross-reference entry');
}

async function readXrefStream(source: PdfSource, offset: number): Promise<Section> {
  const { object } = await indirectAt(source, offset);
  if (!isStreamObject(object) || nameOf(object.dict.get('Type')) !== 'XRef')
    throw new PdfFault('broken', `no cross references at ${offset}`);
  const length = integerOf(object.dict.get('Length'));
  if (length === undefined) throw new PdfFault('broken', 'cross-reference stream without length');
  if (length > MAX_INFLATED) throw new PdfFault('too-large', 'cross-reference stream');
  const raw = await source.read(object.start, length);
  if (raw.length < length) throw new PdfFault('broken', 'cross-reference stream longer than the file');
  const data = decodeStream(object.dict, raw);
  return { offset, kind: 'stream', trailer: object.dict, entries: streamEntries(object.dict, data) };
}

const isStreamObject = (object: PdfObject) =>
  typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'stream';

function streamEntries(dict: PdfDict, data: Bytes): EntryTable {
  const widths = numbersOf(dict.get('W')) ?? [];
  const [w0 = -1, w1 = -1, w2 = -1] = widths;
  if (widths.length !== 3 || [w0, w1, w2].some((width) => width < 0 || width > 8))
    throw new PdfFault('broken', 'cross-reference widths');
  const size = integerOf(dict.get('Size')) ?? 0;
  const index = numbersOf(dict.get('Index')) ?? [0, size];
  const entries = new EntryTable();
  const row = w0 + w1 + w2;
  let at = 0;
  for (let pair = 0; pair + 1 < index.length; pair += 2) {
    const [first = 0, count = 0] = index.slice(pair, pair + 2);
    if (count < 0 || entries.size + count > MAX_ENTRIES) throw new PdfFault('broken', 'cross-reference index');
    for (let i = 0; i < count && at + row <= data.length; i += 1, at += row) {
      const type = w0 === 0 ? 1 : numberAt(data, at, w0);
      const second = numberAt(data, at + w0, w1);
      const third = numberAt(data, at + w0 + w1, w2);
      if (type === 1) entries.set(first + i, { in: 'file', offset: second, generation: third });
      else if (type === 2) entries.set(first + i, { in: 'stream', stream: second, index: third });
      else entries.set(first + i, { in: 'free' });
    }
  }
  return entries;
}

function numberAt(data: Bytes, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i += 1) value = value * 256 + (data[at + i] ?? 0);
  return value;
}

export interface Indirect {
  readonly number: number;
  readonly generation: number;
  readonly object: PdfObject;
  /** What it takes in memory, bytes, roughly. */
  readonly held: number;
}

/** `n g obj … endobj` or the head of `n g obj << >> stream` at this offset. */
export function indirectAt(source: PdfSource, offset: number): Promise<Indirect> {
  return parseAt(source, offset, (lexer, allowance) => {
    lexer.skipWhite();
    const number = lexer.integer();
    lexer.skipWhite();
    const generation = lexer.integer();
    lexer.skipWhite();
    if (number === undefined || generation === undefined || !lexer.takeWord('obj'))
      throw new PdfFault('broken', `no object at offset ${offset}`);
    const object = lexer.object();
    lexer.skipWhite();
    const held = MOST_HELD - allowance.left;
    if (!(object instanceof Map) || !startsStream(lexer)) return { number, generation, object, held };
    return { number, generation, object: { kind: 'stream', dict: object, start: streamStart(lexer) }, held };
  });
}

function startsStream(lexer: Lexer): boolean {
  try {
    return [...'stream'].every((sign, i) => lexer.peek(i) === sign.charCodeAt(0));
  } catch (error) {
    if (error instanceof NeedMore) throw error;
    return false;
  }
}

/** Behind the keyword stands CR LF or LF; a lone CR is against 7.3.8.1 but read. */
function streamStart(lexer: Lexer): number {
  lexer.at += 'stream'.length;
  while (lexer.peek() === 0x20) lexer.at += 1;
  if (lexer.peek() === 13) lexer.at += 1;
  if (lexer.peek() === 10) lexer.at += 1;
  else if (!isWhite(lexer.bytes[lexer.at - 1] ?? 0)) throw new PdfFault('broken', 'stream without line end');
  return lexer.base + lexer.at;
}
