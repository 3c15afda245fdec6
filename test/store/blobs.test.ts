import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGm } from '#crypto/provider.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { systemRandom } from '#kernel/random.ts';
import { type Blobs, BlobTooLarge, createBlobs, sweepBlobs } from '#store/blobs.ts';

const gm = createGm();
let dir: string;
let blobs: Blobs;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'blobs-'));
  blobs = createBlobs({ dir: join(dir, 'blobs'), gm, random: systemRandom });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield utf8(text);
}
const read = async (id: string, range?: { start?: number; end?: number }): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of blobs.open(id, range)) parts.push(part);
  return Buffer.concat(parts).toString();
};
const files = (): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((one) => (one.isFile() ? [one.name] : []));

describe('a blob', () => {
  it('lies under the SM3 of its bytes and is read whole or in part', async () => {
    const { id, bytes } = await blobs.write(pieces('密封', '的', '文件'), 100);
    expect([id, bytes]).toEqual([hex(gm.sm3(utf8('密封的文件'))), 15]);
    expect(await read(id)).toBe('密封的文件');
    expect(await read(id, { start: 3, end: 9 })).toBe('封的');
    expect(await read(id, { start: 9 })).toBe('文件');
    expect(await read(id, { start: 9, end: 9 })).toBe('');
    expect(await blobs.size(id)).toBe(15);
  });

  it('written twice, also at once, is one file', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => blobs.write(pieces('同一份'), 100)));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
    expect(files()).toEqual([ids[0]?.id]);
  });

  it('leaves nothing behind when it is too large or its source breaks off', async () => {
    await expect(blobs.write(pieces('12345', '67890'), 9)).rejects.toThrow(BlobTooLarge);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield utf8('half');
      throw new Error('line cut');
    }
    await expect(blobs.write(broken(), 100)).rejects.toThrow('line cut');
    expect(files()).toEqual([]);
  });

  it('is gone once removed, and a wrong id is no path', async () => {
    const { id } = await blobs.write(pieces('撤回'), 100);
    expect([await blobs.remove(id), await blobs.remove(id), await blobs.size(id)]).toEqual([true, false, undefined]);
    await expect(read(id)).rejects.toThrow('cannot be read');
    await expect(blobs.size('../../etc/passwd')).rejects.toThrow('not the id of a blob');
  });

  it('half written by a process that died is swept, a fresh one is not', async () => {
    const { id } = await blobs.write(pieces('完整'), 100);
    for (const name of ['old.tmp', 'new.tmp']) writeFileSync(join(dir, 'blobs', name), 'x');
    utimesSync(join(dir, 'blobs', 'old.tmp'), 1, 1);
    expect(await sweepBlobs(join(dir, 'blobs'), Date.now() - 3_600_000)).toBe(1);
    expect(files().sort()).toEqual([id, 'new.tmp'].sort());
    expect(await sweepBlobs(join(dir, 'never'), Date.now())).toBe(0);
  });
});
