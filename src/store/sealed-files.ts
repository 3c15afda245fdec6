import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64url, concat, equalBytes, fromBase64url, hex, utf8 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';
import { BlobTooLarge, flushFolder, missing } from './blobs.ts';

/**
 * People's documents on disk, each under a fresh random key of its own: 64 KiB chunks, SM4-CTR under (chunk number ‖ 0), each with HMAC-SM3 over number,
 * last-mark and ciphertext. Chunks are read alone, so a page of a document is shown without opening all of it, and none is given out before its tag holds:
 * exchanged, cut off, put in another order are all noticed.
 */
export interface SealedFiles {
  /**
   * Stores what `source` gives; durable when it returns. Throws BlobTooLarge beyond `limit` bytes and whatever the source throws; then nothing is left
   * behind.
   */
  write(source: AsyncIterable<Bytes>, limit: number): Promise<SealedFile>;
  /** undefined: no such file, or it was removed. Throws HubError INTERNAL for one that was altered. */
  open(ref: string): Promise<OpenSealedFile | undefined>;
  /** By reference or name alone. Whether there was one. */
  remove(refOrName: string): Promise<boolean>;
  /**
   * Removes files last written before `olderThan` (UTC ms): half-written ones, and of the whole ones those that `keep` does not name (none when left out).
   * Returns how many went.
   */
  sweep(olderThan: number, keep?: (names: readonly string[]) => Promise<ReadonlySet<string>>): Promise<number>;
}

export interface SealedFile {
  /** Name and key: whoever has it and the disk reads the document. It stands in rows only sealed. */
  readonly ref: string;
  /** 32 lower hex digits, opens nothing: for the rows that `sweep` is told to keep. */
  readonly name: string;
  readonly bytes: number;
  /** Of the document, lower hex. */
  readonly sm3: string;
}

export interface OpenSealedFile {
  /** Bytes of the document. */
  readonly size: number;
  /** Up to `length` bytes from `start`; fewer only at the end. */
  read(start: number, length: number): Promise<Buffer>;
  /** `end` exclusive. */
  stream(range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Of the document in each chunk but the last. */
const CHUNK = 64 * 1024;
const TAG = 32;
const STORED = CHUNK + TAG;

/** The name in a `ref`; undefined when it is none. */
export const nameOfSealed = (ref: string): string | undefined => /^([0-9a-f]{32})\.[A-Za-z0-9_-]{43}$/.exec(ref)?.[1];

/** `dir` is made at first use (mode 0700). Several hub processes may share it. */
export function createSealedFiles({ dir, gm, random }: { dir: string; gm: Gm; random: Random }): SealedFiles {
  const pathOf = (name: string): string => join(dir, name.slice(0, 2), name);
  return {
    async write(source, limit) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const name = hex(random.bytes(16));
      const secret = random.bytes(32);
      const beside = join(dir, `${name}.tmp`);
      try {
        const written = await writeChunks(gm, sealer(gm, secret), beside, source, limit);
        const folder = join(dir, name.slice(0, 2));
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await rename(beside, pathOf(name));
        await flushFolder(folder);
        await flushFolder(dir);
        return { ref: `${name}.${base64url(secret)}`, name, ...written };
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
    },
    async open(ref) {
      const { name, secret } = readRef(ref);
      const handle = await open(pathOf(name), 'r').catch(missing);
      if (handle === undefined) return undefined;
      try {
        return await openChunks(sealer(gm, secret), handle, name);
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    async remove(refOrName) {
      const name = /^[0-9a-f]{32}$/.test(refOrName) ? refOrName : readRef(refOrName).name;
      return removed(pathOf(name));
    },
    async sweep(olderThan, keep = async () => new Set<string>()) {
      let gone = 0;
      for (const entry of (await readdir(dir, { withFileTypes: true }).catch(missing)) ?? []) {
        const path = join(dir, entry.name);
        if (entry.isFile() && entry.name.endsWith('.tmp')) {
          if ((await isOlder(path, olderThan)) && (await removed(path))) gone += 1;
        } else if (entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name)) {
          gone += await sweepFolder(path, olderThan, keep);
        }
      }
      return gone;
    },
  };
}

async function sweepFolder(
  folder: string,
  olderThan: number,
  keep: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  const old: string[] = [];
  for (const name of (await readdir(folder).catch(missing)) ?? [])
    if (/^[0-9a-f]{32}$/.test(name) && (await isOlder(join(folder, name), olderThan))) old.push(name);
  if (old.length === 0) return 0;
  const kept = await keep(old);
  let gone = 0;
  for (const name of old) if (!kept.has(name) && (await removed(join(folder, name)))) gone += 1;
  return gone;
}

const isOlder = async (path: string, than: number): Promise<boolean> => {
  const found = await stat(path).catch(missing);
  return found !== undefined && found.mtimeMs < than;
};

const removed = (path: string): Promise<boolean> =>
  rm(path).then(
    () => true,
    (error: unknown) => missing(error) ?? false,
  );

function readRef(ref: string): { name: string; secret: Bytes } {
  const name = nameOfSealed(ref);
  const secret = fromBase64url(ref.slice(33));
  if (name === undefined || secret?.length !== 32) throw new HubError('INTERNAL', 'not the reference of a sealed file');
  return { name, secret };
}

interface Sealer {
  seal(index: number, last: boolean, plain: Bytes): Bytes;
  /** undefined: altered, or not this chunk. */
  open(index: number, last: boolean, stored: Bytes): Buffer | undefined;
}

function sealer(gm: Gm, secret: Bytes): Sealer {
  const derived = (label: string, length: number): Bytes =>
    gm.hkdfSm3(secret, new Uint8Array(), utf8(`caihub/file/1 ${label}`), length);
  const [key, macKey] = [derived('enc', 16), derived('mac', 32)];
  const ivOf = (index: number): Bytes => {
    const iv = Buffer.alloc(16);
    iv.writeBigUInt64BE(BigInt(index));
    return iv;
  };
  const tagOf = (index: number, last: boolean, ciphertext: Bytes): Bytes =>
    gm.hmacSm3(macKey, concat(ivOf(index).subarray(0, 8), new Uint8Array([last ? 1 : 0])), ciphertext);
  return {
    seal(index, last, plain) {
      const ciphertext = gm.sm4Encrypt('ctr', key, ivOf(index), plain);
      return concat(ciphertext, tagOf(index, last, ciphertext));
    },
    open(index, last, stored) {
      if (stored.length < TAG) return undefined;
      const ciphertext = stored.subarray(0, stored.length - TAG);
      if (!equalBytes(tagOf(index, last, ciphertext), stored.subarray(stored.length - TAG))) return undefined;
      const plain = gm.sm4Decrypt('ctr', key, ivOf(index), ciphertext);
      return plain && Buffer.from(plain.buffer, plain.byteOffset, plain.length);
    },
  };
}

async function writeChunks(
  gm: Gm,
  { seal }: Sealer,
  path: string,
  source: AsyncIterable<Bytes>,
  limit: number,
): Promise<{ bytes: number; sm3: string }> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = gm.sm3Stream();
    let bytes = 0;
    let index = 0;
    let waiting: Buffer = Buffer.alloc(0);
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > limit) throw new BlobTooLarge(limit);
      hash.update(piece);
      waiting = waiting.length === 0 ? Buffer.from(piece) : Buffer.concat([waiting, piece]);
      // One chunk always waits: the last one is marked, and only the end tells which it is.
      let from = 0;
      for (; waiting.length - from > CHUNK; from += CHUNK)
        await file.writeFile(seal(index++, false, waiting.subarray(from, from + CHUNK)));
      waiting = waiting.subarray(from);
    }
    await file.writeFile(seal(index, true, waiting));
    await file.sync();
    return { bytes, sm3: hex(hash.digest()) };
  } finally {
    await file.close();
  }
}

/** Reads the last chunk at once: a file that was cut off is noticed before anything of it is given out. */
async function openChunks(sealed: Sealer, handle: FileHandle, name: string): Promise<OpenSealedFile> {
  const stored = (await handle.stat()).size;
  const last = Math.max(0, Math.ceil(stored / STORED) - 1);
  const size = stored - (last + 1) * TAG;
  const altered = (): HubError => new HubError('INTERNAL', `sealed file ${name} was altered`);
  if (size < 0 || stored - last * STORED < TAG) throw altered();

  // Two: whoever reads small objects crosses each boundary forth and back.
  let held: readonly { readonly index: number; readonly plain: Buffer }[] = [];
  const chunk = async (index: number): Promise<Buffer> => {
    const known = held.find((one) => one.index === index);
    if (known !== undefined) return known.plain;
    const plain = sealed.open(index, index === last, await readFully(handle, index * STORED, STORED));
    if (plain === undefined) throw altered();
    held = [{ index, plain }, ...held.slice(0, 1)];
    return plain;
  };
  await chunk(last);

  async function* stream({ start = 0, end = size } = {}): AsyncGenerator<Buffer> {
    const until = Math.min(end, size);
    for (let at = Math.max(0, start); at < until; ) {
      const index = Math.floor(at / CHUNK);
      const plain = await chunk(index);
      const part = plain.subarray(at - index * CHUNK, Math.min(plain.length, until - index * CHUNK));
      yield part;
      at += part.length;
    }
  }
  return {
    size,
    stream,
    async read(start, length) {
      const parts: Buffer[] = [];
      for await (const part of stream({ start, end: start + length })) parts.push(part);
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    },
    close: () => handle.close(),
  };
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
