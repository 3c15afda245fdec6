import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, hex } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';

/**
 * A document on its way through, in a file without a name: it is unlinked while it is open, so that nothing of it stays behind, whatever happens to
 * the process; a process that dies between the two leaves an empty `.tmp`, which the next start sweeps. Mode 0600. The caller closes the handle.
 */
export async function spool(dir: string, random: Random, content: AsyncIterable<Bytes>): Promise<FileHandle> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `${hex(random.bytes(16))}.tmp`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    for await (const part of content) await handle.write(part);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
