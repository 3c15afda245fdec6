import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#kernel/bytes.ts';
import { MAX_SIDE, readWholePicture } from '#pki/picture.ts';

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** RGBA, 8 bits; `pixels` are deflated as they are. */
function png(side: number, pixels: Buffer, interlaced = false): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 6, 0, 0, interlaced ? 1 : 0], 8);
  const magic = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    magic,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const verdict = (bytes: Uint8Array): string => {
  const read = readWholePicture(bytes);
  return typeof read === 'string' ? read : read.format;
};

describe('a seal’s picture', () => {
  it('is read when its pixels are there, interlaced or not', () => {
    expect(verdict(PNG.sync.write(new PNG({ width: 9, height: 7 })))).toBe('png');
    expect(verdict(png(1, Buffer.alloc(5), true))).toBe('png');
  });

  it('is broken when they are not, and when a few bytes stand for hundreds of megabytes', () => {
    expect(verdict(png(60, Buffer.alloc(100)))).toBe('broken');
    const bomb = Buffer.alloc(300 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    expect(verdict(png(8, bomb, true))).toBe('broken');
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('may be four thousand pixels wide, and no wider', () => {
    expect(verdict(png(MAX_SIDE + 1, Buffer.alloc(10)))).toBe('too-large');
    expect(verdict(png(MAX_SIDE, Buffer.alloc((MAX_SIDE * 4 + 1) * MAX_SIDE)))).toBe('png');
  });

  it('is PNG or JPEG, nothing that can carry a script', () => {
    for (const text of ['<svg onload="alert(1)"/>', 'GIF89a', 'BM', '%PDF-1.7', ''])
      expect(verdict(utf8(text))).toBe('unknown-format');
  });
});
