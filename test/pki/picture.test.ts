import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#kernel/bytes.ts';
import { MAX_SIDE, MOST_JPEG_PIXELS, readWholePicture } from '#pki/picture.ts';
import { baselineJpeg, progressiveJpeg } from './seal-jpegs.ts';

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

describe('a seal’s JPEG', () => {
  const end = Buffer.from([0xff, 0xd9]);
  const startOfScan = (jpeg: Buffer): number => jpeg.indexOf(Buffer.from([0xff, 0xda]));
  /** Without the first segment of this kind. */
  const without = (jpeg: Buffer, marker: number): Buffer => {
    const at = jpeg.indexOf(Buffer.from([0xff, marker]));
    return Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2))]);
  };
  const both = [
    ['in one scan', baselineJpeg],
    ['progressive', progressiveJpeg],
  ] as const;

  it.each(both)('is read when its pixels decode, %s', (_, jpeg) => {
    expect(verdict(jpeg)).toBe('jpeg');
    expect(readWholePicture(jpeg)).toMatchObject({ width: 48, height: 48 });
  });

  it.each(both)('is broken where it was cut off, with or without an end mark put behind, %s', (_, jpeg) => {
    for (let at = 27; at < jpeg.length - 4; at += 23) {
      expect(verdict(jpeg.subarray(0, at)), `cut at ${at}`).toBe('broken');
      expect(verdict(Buffer.concat([jpeg.subarray(0, at), end])), `cut at ${at}, ended`).toBe('broken');
    }
  });

  it.each(both)('is broken where pixels were lost in the middle, or overwritten, %s', (_, jpeg) => {
    const scan = startOfScan(jpeg) + 14;
    const middle = scan + Math.floor((jpeg.length - scan) / 3);
    expect(verdict(Buffer.concat([jpeg.subarray(0, middle), jpeg.subarray(middle + 60)]))).toBe('broken');
    const noise = Buffer.from(jpeg);
    for (let at = middle; at < middle + 80 && at < jpeg.length - 2; at += 1) noise[at] = (at * 151) & 0xfe;
    expect(verdict(noise)).toBe('broken');
    const zeros = Buffer.from(jpeg).fill(0xff, middle, middle + 40);
    expect(verdict(zeros)).toBe('broken');
  });

  it.each(both)('is broken without its tables, and without a scan, %s', (_, jpeg) => {
    // Huffman tables and the first quantisation table; a second table of the same kind is not enough.
    expect(verdict(without(jpeg, 0xc4))).toBe('broken');
    expect(verdict(without(without(jpeg, 0xdb), 0xdb))).toBe('broken');
    expect(verdict(Buffer.concat([jpeg.subarray(0, startOfScan(jpeg)), end]))).toBe('broken');
  });

  it('is broken where a colour is missing', () => {
    // The header of its one scan names one component: the other two are nowhere.
    const at = startOfScan(baselineJpeg);
    const header = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    const one = Buffer.concat([baselineJpeg.subarray(0, at), header, baselineJpeg.subarray(at + 14)]);
    expect(verdict(one)).toBe('broken');
  });

  it('costs no more than its bytes say: neither by its size nor by a thousand scans', () => {
    const side = Math.sqrt(MOST_JPEG_PIXELS) + 1;
    const wide = Buffer.from(baselineJpeg);
    const frame = wide.indexOf(Buffer.from([0xff, 0xc0]));
    wide.writeUInt16BE(side, frame + 5);
    wide.writeUInt16BE(side, frame + 7);
    expect(verdict(wide)).toBe('too-large');
    // Within the bound, and most of it not there.
    wide.writeUInt16BE(2000, frame + 5);
    wide.writeUInt16BE(2000, frame + 7);
    expect(verdict(wide)).toBe('broken');
    const scan = startOfScan(progressiveJpeg);
    const many = Array.from({ length: 1000 }, () => progressiveJpeg.subarray(scan, -2));
    expect(verdict(Buffer.concat([progressiveJpeg.subarray(0, scan), ...many, end]))).toBe('broken');
  });
});
