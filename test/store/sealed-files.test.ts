import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { BlobTooLarge } from '#store/blobs.ts';
import { createSealedFiles, type SealedFiles } from '#store/sealed-files.ts';

const gm = createGm();
const CHUNK = 64 * 1024;
let dir: string;
let files: SealedFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealed-'));
  files = createSealedFiles({ dir, gm, random: systemRandom });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function* pieces(bytes: Buffer, size = 40_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const all = async (ref: string, range?: { start?: number; end?: number }): Promise<Buffer> => {
  const file = await files.open(ref);
  if (file === undefined) throw new Error('gone');
  const parts: Buffer[] = [];
  for await (const part of file.stream(range)) parts.push(part);
  await file.close();
  return Buffer.concat(parts);
};
const onDisk = (): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isFile() ? [join(one.parentPath, one.name)] : [],
  );

describe('a sealed file', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_001])('of %i bytes comes back as it was', async (size) => {
    const bytes = Buffer.from(systemRandom.bytes(size));
    const written = await files.write(pieces(bytes), size);
    expect(written).toMatchObject({ bytes: size, sm3: hex(gm.sm3(bytes)) });
    expect((await all(written.ref)).equals(bytes)).toBe(true);
    const file = await files.open(written.ref);
    expect(file?.size).toBe(size);
    await file?.close();
  });

  it('is read in part wherever the part lies', async () => {
    const bytes = Buffer.from(systemRandom.bytes(3 * CHUNK + 77));
    const { ref } = await files.write(pieces(bytes), bytes.length);
    const file = await files.open(ref);
    for (const [start, length] of [
      [0, 10],
      [CHUNK - 5, 10],
      [CHUNK, CHUNK],
      [10, 2 * CHUNK],
      [3 * CHUNK + 70, 100],
      [bytes.length, 10],
    ] as const)
      expect((await file?.read(start, length))?.equals(bytes.subarray(start, start + length))).toBe(true);
    await file?.close();
    expect((await all(ref, { start: 5, end: 5 })).length).toBe(0);
  });

  it('shows nothing on disk, and two of the same content do not look alike', async () => {
    const bytes = Buffer.from(utf8('投标函：人民币壹佰万元整'.repeat(500)));
    await files.write(pieces(bytes), bytes.length);
    await files.write(pieces(bytes), bytes.length);
    const [one, two] = onDisk().map((path) => readFileSync(path));
    expect(one?.includes('投标函')).toBe(false);
    expect(one?.subarray(0, 64).equals(two?.subarray(0, 64) ?? Buffer.alloc(64))).toBe(false);
  });

  it('that was altered, cut off or put in another order is not given out', async () => {
    const bytes = Buffer.from(systemRandom.bytes(3 * CHUNK));
    const { ref } = await files.write(pieces(bytes), bytes.length);
    const [path = ''] = onDisk();
    const whole = readFileSync(path);
    const stored = CHUNK + 32;
    const flipped = Buffer.from(whole);
    flipped[CHUNK + 100] = (flipped[CHUNK + 100] ?? 0) ^ 1;
    const swapped = Buffer.concat([
      whole.subarray(stored, 2 * stored),
      whole.subarray(0, stored),
      whole.subarray(2 * stored),
    ]);
    for (const bad of [
      flipped,
      swapped,
      whole.subarray(0, 2 * stored),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, whole.subarray(0, stored)]),
      Buffer.alloc(0),
    ]) {
      writeFileSync(path, bad);
      await expect(all(ref)).rejects.toThrow('was altered');
    }
    writeFileSync(path, whole);
    expect((await all(ref)).equals(bytes)).toBe(true);
  });

  it('leaves nothing behind when it is too large or its source breaks off', async () => {
    await expect(files.write(pieces(Buffer.alloc(100_000)), 99_999)).rejects.toThrow(BlobTooLarge);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(200_000);
      throw new Error('line cut');
    }
    await expect(files.write(broken(), 1_000_000)).rejects.toThrow('line cut');
    expect(onDisk()).toEqual([]);
  });

  it('is gone once removed, and a wrong reference is no path', async () => {
    const { ref } = await files.write(pieces(Buffer.from('撤回')), 100);
    expect([await files.remove(ref), await files.remove(ref), await files.open(ref)]).toEqual([true, false, undefined]);
    await expect(files.open('../../etc/passwd')).rejects.toThrow('not the reference');
    await expect(files.open(`${ref}x`)).rejects.toThrow('not the reference');
  });

  it('that nobody names is swept when it is old, a named or fresh one is not', async () => {
    const named = await files.write(pieces(Buffer.from('有人要')), 100);
    const unnamed = await files.write(pieces(Buffer.from('没人要')), 100);
    writeFileSync(join(dir, 'half.tmp'), 'x');
    for (const path of onDisk()) utimesSync(path, 1, 1);
    const fresh = await files.write(pieces(Buffer.from('刚写的')), 100);
    expect(await files.sweep(Date.now() - 3_600_000, async () => new Set([named.name]))).toBe(2);
    expect(await files.open(unnamed.ref)).toBeUndefined();
    expect((await all(named.ref)).toString() + (await all(fresh.ref)).toString()).toBe('有人要刚写的');
  });
});
