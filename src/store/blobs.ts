import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { Random } from '#kernel/random.ts';

/**
 * Large ciphertexts, each under its own SM3. What lies here is ciphertext only: the store neither encrypts nor knows whose it is. Writing comes before the
 * transaction that names the blob, removing after the transaction that forgets it, so a crash leaves at most a blob that nobody names.
 */
export interface Blobs {
  /**
   * Stores what `source` gives; the same bytes give the same id and one file. Durable when it returns: file and folder are flushed.
   * `id` lower-hex SM3. Throws BlobTooLarge beyond `limit` bytes and whatever the source throws; then nothing is left behind.
   */
  write(source: AsyncIterable<Bytes>, limit: number): Promise<{ readonly id: string; readonly bytes: number }>;
  /** Bytes `start` to `end` (exclusive); the whole blob when left out. Throws HubError INTERNAL when there is none. */
  open(id: string, range?: { readonly start?: number; readonly end?: number }): AsyncIterable<Buffer>;
  /** undefined: no such blob. */
  size(id: string): Promise<number | undefined>;
  /** Whether there was one. */
  remove(id: string): Promise<boolean>;
}

/** A person's or peer's upload went beyond what was allowed; the caller knows the words. */
export class BlobTooLarge extends Error {
  constructor(limit: number) {
    super(`more than ${limit} bytes`);
    this.name = 'BlobTooLarge';
  }
}

const READ_PIECE = 1024 * 1024;

/** `dir` is made at first use (mode 0700). Several hub processes may share it; it must lie on one file system. */
export function createBlobs({ dir, gm, random }: { dir: string; gm: Gm; random: Random }): Blobs {
  const pathOf = (id: string): string => {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new HubError('INTERNAL', 'not the id of a blob');
    return join(dir, id.slice(0, 2), id);
  };
  return {
    async write(source, limit) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const beside = join(dir, `${hex(random.bytes(12))}.tmp`);
      try {
        const written = await writeFlushed(gm, beside, source, limit);
        const folder = join(dir, written.id.slice(0, 2));
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await rename(beside, pathOf(written.id)); // the same bytes over the same bytes when it is there already
        await flushFolder(folder);
        await flushFolder(dir);
        return written;
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
    },
    async *open(id, range = {}) {
      const { start = 0, end } = range;
      if (end !== undefined && end <= start) return;
      const stream = createReadStream(pathOf(id), {
        highWaterMark: READ_PIECE,
        start,
        ...(end !== undefined && { end: end - 1 }),
      });
      try {
        yield* stream as AsyncIterable<Buffer>;
      } catch (error) {
        throw new HubError('INTERNAL', `blob ${id} cannot be read`, { cause: error });
      }
    },
    async size(id) {
      return (await stat(pathOf(id)).catch(missing))?.size;
    },
    async remove(id) {
      return unlink(pathOf(id)).then(
        () => true,
        (error: unknown) => missing(error) ?? false,
      );
    },
  };
}

/** Files of writers that died, older than `olderThan` (UTC milliseconds); called at start. Returns how many went. */
export async function sweepBlobs(dir: string, olderThan: number): Promise<number> {
  let gone = 0;
  for (const name of (await readdir(dir).catch(missing)) ?? []) {
    const path = join(dir, name);
    if (!name.endsWith('.tmp')) continue;
    const found = await stat(path).catch(missing);
    if (found === undefined || found.mtimeMs >= olderThan) continue;
    await rm(path, { force: true });
    gone += 1;
  }
  return gone;
}

async function writeFlushed(gm: Gm, path: string, source: AsyncIterable<Bytes>, limit: number) {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = gm.sm3Stream();
    let bytes = 0;
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > limit) throw new BlobTooLarge(limit);
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
    return { id: hex(hash.digest()), bytes };
  } finally {
    await file.close();
  }
}

/** A rename is durable when its folder is flushed. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows flushes folders itself and opens none
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
