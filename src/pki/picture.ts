import { inflateSync } from 'node:zlib';
import { decode } from 'jpeg-js';
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
/** Decoding one takes twenty bytes a pixel and half a second for these; nobody scans a seal finer. */
export const MOST_JPEG_PIXELS = 2048 * 2048;

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

/** The same, and its pixels are there: they are decoded. What is broken here would be a blank on paper. */
export function readWholePicture(bytes: Bytes): Picture | PictureFault {
  const picture = readPicture(bytes);
  if (typeof picture === 'string') return picture;
  if (picture.format === 'jpeg' && picture.width * picture.height > MOST_JPEG_PIXELS) return 'too-large';
  const whole = picture.format === 'png' ? decodePng(picture) !== undefined : isWholeJpeg(picture);
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
      return head[at + 4] === 8 && head[at + 9] === COMPONENTS
        ? { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
        : undefined;
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Its pixels are there: the decoder is told to mend nothing, so a scan that ends early, a damaged code or a missing table is an error. */
function isWholeJpeg({ bytes, width, height }: Picture): boolean {
  const jpeg = bufferOf(bytes);
  const scans = scansOf(jpeg);
  if (scans.length > MOST_SCANS || !isComplete(scans)) return false;
  try {
    const pixels = decode(jpeg, {
      ...{ useTArray: true, formatAsRGBA: false, tolerantDecoding: false },
      ...{ maxResolutionInMP: MOST_JPEG_PIXELS / 1_000_000, maxMemoryUsageInMB: 256 },
    });
    return pixels.width === width && pixels.height === height;
  } catch {
    return false; // data, not a machine's failure
  }
}

/** Luminance and two colours. */
const COMPONENTS = 3;
/** Progressive writers make ten; each is a walk over all pixels, however few bytes it has. */
const MOST_SCANS = 64;

/** Head of one scan (ITU-T T.81, B.2.3): components, first and last coefficient, bits still to come. */
interface Scan {
  readonly components: readonly number[];
  readonly first: number;
  readonly last: number;
  readonly bitsLeft: number;
}

/** In coded data every 0xFF is followed by a zero or a restart mark (B.1.1.2). */
function scansOf(jpeg: Buffer): Scan[] {
  const scans: Scan[] = [];
  for (let at = 2; at + 4 <= jpeg.length; ) {
    const marker = jpeg[at + 1] ?? 0;
    if (jpeg[at] !== 0xff || marker === 0xff) at += 1;
    else if (marker === 0 || (marker >= 0xd0 && marker <= 0xd9)) at += 2;
    else {
      if (marker === 0xda) scans.push(scanOf(jpeg.subarray(at + 4)));
      at += 2 + jpeg.readUInt16BE(at + 2);
    }
  }
  return scans;
}

function scanOf(head: Buffer): Scan {
  const count = Math.min(COMPONENTS, head[0] ?? 0);
  const [first = 0, last = 0, bits = 0] = head.subarray(1 + 2 * count);
  const components = Array.from({ length: count }, (_, nth) => head[1 + 2 * nth] ?? 0);
  return { components, first, last, bitsLeft: bits & 0x0f };
}

/** Every coefficient of each component to its last bit: what no scan carries decodes to nothing, and without complaint. */
function isComplete(scans: readonly Scan[]): boolean {
  const whole = new Map<number, Set<number>>();
  for (const { components, first, last, bitsLeft } of scans)
    for (const component of components) {
      const done = whole.get(component) ?? new Set();
      for (let at = first; bitsLeft === 0 && at <= Math.min(last, 63); at += 1) done.add(at);
      whole.set(component, done);
    }
  return whole.size === COMPONENTS && [...whole.values()].every((done) => done.size === 64);
}
