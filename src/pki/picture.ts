import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import type { Bytes } from '#kernel/bytes.ts';

/** A seal's picture, judged by its head before a single pixel is decoded. */
export interface Picture {
  readonly format: 'png' | 'jpeg';
  readonly width: number;
  readonly height: number;
  readonly bytes: Bytes;
}
export type PictureFault = 'unknown-format' | 'broken' | 'too-large';

/** 2000 pixels are 1270 dpi on a 40 mm seal. */
export const MAX_SIDE = 4096;
const MAX_PICTURE_BYTES = 4 * 1024 * 1024;

/** PNG and JPEG; no GIF, BMP, SVG (scripts), OFD. */
export function readPicture(bytes: Bytes): Picture | PictureFault {
  if (bytes.length > MAX_PICTURE_BYTES) return 'too-large';
  const head = bufferOf(bytes);
  if (isPng(head)) return sized({ format: 'png', width: head.readUInt32BE(16), height: head.readUInt32BE(20), bytes });
  if (head.length > 4 && head.readUInt16BE(0) === 0xffd8) {
    const size = jpegSize(head);
    return size === undefined ? 'broken' : sized({ format: 'jpeg', ...size, bytes });
  }
  return 'unknown-format';
}

/** The same, and its pixels are there: a PNG is decoded, a JPEG followed from segment to segment to its end. */
export function readWholePicture(bytes: Bytes): Picture | PictureFault {
  const picture = readPicture(bytes);
  if (typeof picture === 'string') return picture;
  const whole = picture.format === 'png' ? decodePng(picture) !== undefined : isWholeJpeg(bufferOf(bytes));
  return whole ? picture : 'broken';
}

/** RGBA, 8 bits each; undefined: its pixels do not decode. */
export function decodePng({ bytes, width, height }: Picture): Buffer | undefined {
  const head = bufferOf(bytes);
  const expected = pixelBytes(width, height, (head[24] ?? 0) * (CHANNELS[head[25] ?? 0] ?? 0), head[28] === 1);
  try {
    // The library inflates interlaced pictures without a bound (four megabytes may stand for four thousand), and takes short ones for whole.
    if (inflateSync(imageData(head), { maxOutputLength: expected }).length !== expected) return undefined;
    return PNG.sync.read(head).data;
  } catch {
    return undefined; // data, not a machine's failure
  }
}

/** Bytes of all rows with their filter marks (PNG 7.2, 8.2). */
function pixelBytes(width: number, height: number, bitsPerPixel: number, interlaced: boolean): number {
  const passes = interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  return passes.reduce((sum, [left, top, right, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / right), Math.ceil((height - top) / down)];
    return columns < 1 || rows < 1 ? sum : sum + (Math.ceil((columns * bitsPerPixel) / 8) + 1) * rows;
  }, 0);
}

/** First column, first row, column step, row step of each pass. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** By PNG colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function imageData(png: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at)) {
    const start = at + 8;
    if (png.toString('latin1', at + 4, start) === 'IDAT')
      pieces.push(png.subarray(start, start + png.readUInt32BE(at)));
  }
  return Buffer.concat(pieces);
}

const bufferOf = (bytes: Bytes): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const isPng = (head: Buffer): boolean =>
  head.length > 33 && head.readUInt32BE(0) === 0x89504e47 && head.toString('latin1', 12, 16) === 'IHDR';

function sized(picture: Picture): Picture | PictureFault {
  if (picture.width < 1 || picture.height < 1) return 'broken';
  return picture.width > MAX_SIDE || picture.height > MAX_SIDE ? 'too-large' : picture;
}

function jpegSize(head: Buffer): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < head.length; ) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    if (isFrame(marker))
      // Three components of 8 bits: CMYK JPEGs are inverted by some readers and not by others.
      return head[at + 4] === 8 && head[at + 9] === 3
        ? { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
        : undefined;
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Tables, a scan with something in it, and the end mark as the last thing but padding. */
function isWholeJpeg(jpeg: Buffer): boolean {
  const seen = new Set<number>();
  for (let at = 2; at + 4 <= jpeg.length; ) {
    const [mark, marker] = [jpeg[at], jpeg[at + 1] ?? 0];
    if (mark !== 0xff) return false;
    if (marker === 0xda) {
      const end = jpeg.lastIndexOf(Buffer.from([0xff, 0xd9]));
      return seen.has(0xdb) && seen.has(0xc4) && end > at + 2 + jpeg.readUInt16BE(at + 2);
    }
    seen.add(marker);
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return false;
}
