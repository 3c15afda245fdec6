import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { Bytes } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import type { PdfSource } from '../pdf/source.ts';
import { nameKey } from './entry-name.ts';
import { OfdFault } from './fault.ts';
import { broken, type DirectoryEntry, readDirectory, readExtras, WIDE, ZIP64_EXTRA } from './zip-directory.ts';

/** A file in the package. */
export interface Part {
  /** From the root, without a leading solidus. */
  readonly name: string;
  /** Bytes, inflated. */
  readonly size: number;
}

/** A ZIP archive that every reader understands in the same way. */
export interface Archive {
  /** Files in the order of the directory; folders have no content and are left out. */
  readonly parts: readonly Part[];
  /** By its name, upper and lower case alike: no two differ only in that. */
  find(name: string): Part | undefined;
  /** Its bytes, inflated, piece by piece; ends only when length and CRC were right. Throws OfdFault. */
  read(part: Part): AsyncIterable<Bytes>;
}

interface Stored extends Part {
  readonly entry: DirectoryEntry;
  readonly start: number;
}

const LOCAL = 0x04034b50;
const LOCAL_LENGTH = 30;
const DESCRIPTOR = 0x08074b50;
const HAS_DESCRIPTOR = 0x0008;
const EFFORT = 0x0006;
const UTF8_NAME = 0x0800;
const CHUNK = 256 * 1024;
/** A page of blanks compresses well and hurts nobody: smaller parts are not asked for their ratio. */
const RATIO_COUNTS_FROM = 1024 * 1024;

/**
 * Reads the archive's structure: directory, local headers and descriptors must say the same, entries must stand one behind the other from the first byte of
 * the file to the directory, names must differ. Nothing is inflated yet, and what would be is bounded. Throws OfdFault.
 */
export async function openArchive(source: PdfSource): Promise<Archive> {
  const { entries, start } = await readDirectory(source);
  bounded(entries);
  const names = distinct(entries);
  const stored = new Map<DirectoryEntry, Stored>();
  const inPlace = [...entries].sort((a, b) => a.offset - b.offset);
  let expected = 0;
  for (const [index, entry] of inPlace.entries()) {
    if (entry.offset !== expected) throw broken('entries that overlap, or bytes between them');
    const next = inPlace[index + 1]?.offset ?? start;
    const at = await readLocal(source, entry, next);
    stored.set(entry, { name: entry.name, size: entry.size, entry, start: at });
    expected = next;
  }
  if (expected !== start) throw broken('bytes between entries and directory');
  const parts = entries.flatMap((entry) => (isFolder(entry) ? [] : (stored.get(entry) ?? [])));
  return {
    parts,
    find: (name) => {
      const entry = names.get(nameKey(name));
      return entry === undefined || isFolder(entry) ? undefined : stored.get(entry);
    },
    read: (part) => inflated(source, part as Stored),
  };
}

const isFolder = ({ name }: DirectoryEntry): boolean => name.endsWith('/');

/** Before a byte is inflated: what the directory announces is what reading will keep it to. */
function bounded(entries: readonly DirectoryEntry[]): void {
  let total = 0;
  for (const entry of entries) {
    total += entry.size;
    if (isFolder(entry) && entry.size > 0) throw broken('a folder with content');
    if (entry.method === 'store' && entry.packed !== entry.size) throw broken('a stored entry of two sizes');
    if (entry.size > RATIO_COUNTS_FROM && entry.size > entry.packed * limits.ofdRatio)
      throw new OfdFault('too-large', 'an entry that inflates beyond the allowed ratio');
  }
  if (total > limits.ofdInflated) throw new OfdFault('too-large', 'more content than is inflated');
}

/** No name twice, none that is a file here and a folder there, on any file system. */
function distinct(entries: readonly DirectoryEntry[]): ReadonlyMap<string, DirectoryEntry> {
  const names = new Map<string, DirectoryEntry>();
  for (const entry of entries) {
    const key = nameKey(entry.name).replace(/\/$/, '');
    if (names.has(key)) throw broken('two entries of one name');
    names.set(key, entry);
  }
  for (const key of names.keys())
    for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
      const above = names.get(key.slice(0, at));
      if (above !== undefined && !isFolder(above)) throw broken('an entry inside a file');
    }
  return names;
}

/** Where the data begin. `next`: where the entry must end, descriptor included. */
async function readLocal(source: PdfSource, entry: DirectoryEntry, next: number): Promise<number> {
  const head = Buffer.from(await source.read(entry.offset, LOCAL_LENGTH));
  if (head.length < LOCAL_LENGTH || head.readUInt32LE(0) !== LOCAL) throw broken('an entry without its header');
  const [nameLength, extraLength] = [head.readUInt16LE(26), head.readUInt16LE(28)];
  const rest = Buffer.from(await source.read(entry.offset + LOCAL_LENGTH, nameLength + extraLength));
  if (!rest.subarray(0, nameLength).equals(entry.rawName)) throw broken('an entry with another name in its header');
  const method = entry.method === 'store' ? 0 : 8;
  if (
    meaning(head.readUInt16LE(6), entry.rawName) !== meaning(entry.flags, entry.rawName) ||
    head.readUInt16LE(8) !== method
  )
    throw broken('an entry of another kind in its header');
  const wide = readExtras(rest.subarray(nameLength)).get(ZIP64_EXTRA);
  const later = (entry.flags & HAS_DESCRIPTOR) !== 0;
  agree(head.readUInt32LE(14), entry.crc, later);
  const [packed, size] = [head.readUInt32LE(18), head.readUInt32LE(22)];
  // In a local header the ZIP64 field has both sizes, in this order (4.5.3).
  agree(packed === WIDE ? wideAt(wide, 8) : packed, entry.packed, later);
  agree(size === WIDE ? wideAt(wide, 0) : size, entry.size, later);
  const start = entry.offset + LOCAL_LENGTH + nameLength + extraLength;
  const behind = next - start - entry.packed;
  if (later ? !(await isDescriptor(source, entry, start + entry.packed, behind)) : behind !== 0)
    throw broken('entries that overlap, or bytes between them');
  return start;
}

/** Flags without the compressor's effort, and without the name's encoding where it makes no difference: writers of the field differ in these alone. */
function meaning(flags: number, name: Bytes): number {
  const ignored = EFFORT | (name.every((byte) => byte < 0x80) ? UTF8_NAME : 0);
  return flags & ~ignored;
}

function agree(local: number, central: number, later: boolean): void {
  if (local !== central && !(later && local === 0)) throw broken('an entry with other sizes in its header');
}

function wideAt(extra: Buffer | undefined, at: number): number {
  if (extra === undefined || extra.length < at + 8) throw broken('a wide number that is missing');
  return Number(extra.readBigUInt64LE(at));
}

/** With or without its signature, sizes of four or of eight bytes (4.3.9). */
async function isDescriptor(source: PdfSource, entry: DirectoryEntry, at: number, length: number): Promise<boolean> {
  if (![12, 16, 20, 24].includes(length)) return false;
  const bytes = Buffer.from(await source.read(at, length));
  if (bytes.length !== length) return false;
  const signed = length === 16 || length === 24;
  if (signed && bytes.readUInt32LE(0) !== DESCRIPTOR) return false;
  const body = signed ? bytes.subarray(4) : bytes;
  const sizes =
    body.length === 12
      ? [body.readUInt32LE(4), body.readUInt32LE(8)]
      : [Number(body.readBigUInt64LE(4)), Number(body.readBigUInt64LE(12))];
  return body.readUInt32LE(0) === entry.crc && sizes[0] === entry.packed && sizes[1] === entry.size;
}

async function* inflated(source: PdfSource, { entry, start, size }: Stored): AsyncGenerator<Bytes> {
  let [done, crc] = [0, 0];
  const pieces = entry.method === 'store' ? packedBytes(source, entry, start) : inflatedBy(source, entry, start);
  for await (const piece of pieces) {
    done += piece.length;
    if (done > size) throw broken('an entry that is longer than announced');
    crc = crc32(piece, crc);
    yield piece;
  }
  if (done !== size || crc !== entry.crc) throw broken('an entry whose content is not what was announced');
}

async function* packedBytes(source: PdfSource, { packed }: DirectoryEntry, start: number): AsyncGenerator<Bytes> {
  for (let at = 0; at < packed; ) {
    const piece = await source.read(start + at, Math.min(CHUNK, packed - at));
    if (piece.length === 0) throw broken('an entry that is cut off');
    at += piece.length;
    yield piece;
  }
}

/** A stream for each of twenty thousand small entries would cost half a minute. */
const inflatedBy = (source: PdfSource, entry: DirectoryEntry, start: number): AsyncGenerator<Bytes> =>
  Math.max(entry.packed, entry.size) <= CHUNK ? inflateWhole(source, entry, start) : inflate(source, entry, start);

async function* inflateWhole(source: PdfSource, entry: DirectoryEntry, start: number): AsyncGenerator<Bytes> {
  const packed = await source.read(start, entry.packed);
  let done: ReturnType<typeof inflateWithInfo>;
  try {
    done = inflateWithInfo(packed, Math.max(1, entry.size));
  } catch (error) {
    if (isZlibFault(error)) throw broken('an entry that cannot be inflated');
    throw error;
  }
  if (done.engine.bytesWritten !== entry.packed) throw broken('bytes behind an entry’s content');
  yield done.buffer;
}

const inflateWithInfo = (packed: Bytes, maxOutputLength: number) =>
  inflateRawSync(packed, { maxOutputLength, info: true }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };

async function* inflate(source: PdfSource, entry: DirectoryEntry, start: number): AsyncGenerator<Bytes> {
  const engine = createInflateRaw({ chunkSize: CHUNK });
  const packed = Readable.from(packedBytes(source, entry, start), { objectMode: false });
  try {
    yield* pipeline(packed, engine, () => undefined) as AsyncIterable<Bytes>;
  } catch (error) {
    if (isZlibFault(error)) throw broken('an entry that cannot be inflated');
    throw error;
  }
  if (engine.bytesWritten !== entry.packed) throw broken('bytes behind an entry’s content');
}

const isZlibFault = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  /^(Z_|ERR_BUFFER_TOO_LARGE|ERR_STREAM_PREMATURE_CLOSE)/.test(String(error.code));
