import type { Bytes } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import type { PdfSource } from '../pdf/source.ts';
import { entryName } from './entry-name.ts';
import { OfdFault } from './fault.ts';

/** One entry as the central directory has it (APPNOTE 4.3.12). */
export interface DirectoryEntry {
  readonly name: string;
  readonly rawName: Bytes;
  readonly flags: number;
  readonly method: 'store' | 'deflate';
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

export interface Directory {
  readonly entries: readonly DirectoryEntry[];
  /** Where it begins: behind the last entry. */
  readonly start: number;
}

const END_LENGTH = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_LENGTH = 46;
const WIDE = 0xffffffff;
const ZIP64_EXTRA = 0x0001;
/** Info-ZIP's second name of the same entry. */
const UNICODE_PATH = 0x7075;
/** Compression effort, descriptor behind the data, name in UTF-8. */
const KNOWN_FLAGS = 0x0002 | 0x0004 | 0x0008 | 0x0800;
const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;
const LARGEST_DIRECTORY = 8 * 1024 * 1024;
/** One vendor leaves its initials in the archive's comment. */
const LONGEST_COMMENT = 256;
const NEWEST_VERSION = 45;

const broken = (detail: string): OfdFault => new OfdFault('broken', detail);

/**
 * The central directory, which must be one, whole, and the last thing in the file. ZIP64 end records are refused with everything else that could be a
 * second directory: no document within the limits needs them. Throws OfdFault.
 */
export async function readDirectory(source: PdfSource): Promise<Directory> {
  const { count, length, start } = await readEnd(source);
  if (count > limits.ofdEntries || length > LARGEST_DIRECTORY) throw new OfdFault('too-large', 'too many entries');
  const bytes = Buffer.from(await source.read(start, length));
  if (bytes.length !== length) throw broken('the directory is cut off');
  const entries: DirectoryEntry[] = [];
  let at = 0;
  while (at < length) {
    if (entries.length >= count) throw broken('more entries than announced');
    const { entry, end } = readCentral(bytes, at);
    entries.push(entry);
    at = end;
  }
  if (entries.length !== count) throw broken('fewer entries than announced');
  return { entries, start };
}

async function readEnd(source: PdfSource): Promise<{ count: number; length: number; start: number }> {
  const from = Math.max(0, source.size - END_LENGTH - LONGEST_COMMENT);
  const tail = Buffer.from(await source.read(from, source.size - from));
  const signature = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
  const at = tail.lastIndexOf(signature);
  if (at < 0 || at + END_LENGTH > tail.length) throw broken('no end record');
  const end = tail.subarray(at);
  if (END_LENGTH + end.readUInt16LE(20) !== end.length) throw broken('bytes behind the end record');
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0) throw broken('an archive of several files');
  const [here, count] = [end.readUInt16LE(8), end.readUInt16LE(10)];
  const [length, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
  // A second end record before this one would have to stand between directory and end: nothing may.
  if (here !== count || start + length !== from + at)
    throw broken('the directory does not end where the end record begins');
  return { count, length, start };
}

function readCentral(bytes: Buffer, at: number): { entry: DirectoryEntry; end: number } {
  if (at + CENTRAL_LENGTH > bytes.length || bytes.readUInt32LE(at) !== CENTRAL)
    throw broken('no entry where one should be');
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
  const nameEnd = at + CENTRAL_LENGTH + (nameLength ?? 0);
  const extraEnd = nameEnd + (extraLength ?? 0);
  const end = extraEnd + (commentLength ?? 0);
  if (end > bytes.length || (commentLength ?? 0) > LONGEST_COMMENT) throw broken('an entry that does not end');
  const flags = checkedFlags(bytes.readUInt16LE(at + 8));
  if ((bytes.readUInt16LE(at + 6) & 0xff) > NEWEST_VERSION)
    throw new OfdFault('unsupported', 'an entry of a newer kind');
  const rawName = bytes.subarray(at + CENTRAL_LENGTH, nameEnd);
  const extras = readExtras(bytes.subarray(nameEnd, extraEnd));
  const wide = wideNumbers(
    extras.get(ZIP64_EXTRA),
    [24, 20, 42].map((offset) => bytes.readUInt32LE(at + offset)),
  );
  const [size = 0, packed = 0, offset = 0] = wide;
  const unixType = (bytes.readUInt32LE(at + 38) >>> 28) & 0xf;
  if (bytes.readUInt16LE(at + 34) !== 0 || unixType === 0xa) throw broken('an entry that is a link or elsewhere');
  sameUnicodePath(extras.get(UNICODE_PATH), rawName);
  const method = methodOf(bytes.readUInt16LE(at + 10));
  const crc = bytes.readUInt32LE(at + 16);
  return { entry: { name: entryName(rawName), rawName, flags, method, crc, packed, size, offset }, end };
}

function checkedFlags(flags: number): number {
  if ((flags & ENCRYPTED_FLAGS) !== 0) throw new OfdFault('encrypted', 'an encrypted entry');
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new OfdFault('unsupported', 'an entry with unknown flags');
  return flags;
}

function methodOf(method: number): DirectoryEntry['method'] {
  if (method === 0) return 'store';
  if (method === 8) return 'deflate';
  throw new OfdFault('unsupported', `compression method ${method}`);
}

/** Extra fields by number; the same twice, or bytes left over, is refused. */
export function readExtras(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const extras = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw broken('extra fields that do not end');
    const [id, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    const end = at + 4 + length;
    if (end > bytes.length || extras.has(id)) throw broken('extra fields that do not end, or one twice');
    extras.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return extras;
}

/** Numbers of four bytes, of which those that are all ones stand in the ZIP64 field in the same order (4.5.3). */
function wideNumbers(extra: Buffer | undefined, numbers: readonly number[]): readonly number[] {
  let at = 0;
  const read = numbers.map((number) => {
    if (number !== WIDE) return number;
    if (extra === undefined || at + 8 > extra.length) throw broken('a wide number that is missing');
    const wide = Number(extra.readBigUInt64LE(at));
    at += 8;
    if (!Number.isSafeInteger(wide)) throw new OfdFault('too-large', 'a number beyond all files');
    return wide;
  });
  return read;
}

/** Version, CRC of the name, the name once more (Info-ZIP): readers that heed it would see another file. */
function sameUnicodePath(extra: Buffer | undefined, rawName: Buffer): void {
  if (extra !== undefined && !extra.subarray(5).equals(rawName)) throw broken('an entry with two names');
}

export { broken, WIDE, ZIP64_EXTRA };
