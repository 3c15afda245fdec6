import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import type { Bytes } from '#kernel/bytes.ts';
import { dict, name, type PdfObject, ref } from './objects.ts';
import type { NewObject, NewStream } from './serialise.ts';

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
export const MAX_PICTURE_BYTES = 4 * 1024 * 1024;

/** PNG and JPEG; no GIF, BMP, SVG (scripts), OFD. */
export function readPicture(bytes: Bytes): Picture | PictureFault {
  if (bytes.length > MAX_PICTURE_BYTES) return 'too-large';
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (head.length > 33 && head.readUInt32BE(0) === 0x89504e47 && head.toString('latin1', 12, 16) === 'IHDR')
    return sized({ format: 'png', width: head.readUInt32BE(16), height: head.readUInt32BE(20), bytes });
  if (head.length > 4 && head.readUInt16BE(0) === 0xffd8) {
    const size = jpegSize(head);
    return size === undefined ? 'broken' : sized({ format: 'jpeg', ...size, bytes });
  }
  return 'unknown-format';
}

function sized(picture: Picture): Picture | PictureFault {
  if (picture.width < 1 || picture.height < 1) return 'broken';
  return picture.width > MAX_SIDE || picture.height > MAX_SIDE ? 'too-large' : picture;
}

function jpegSize(head: Buffer): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < head.length; ) {
    if (head[at] !== 0xff) return undefined;
    const marker = head[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      // Three components of 8 bits: CMYK JPEGs are inverted by some readers and not by others.
      return head[at + 4] === 8 && head[at + 9] === 3
        ? { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
        : undefined;
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

/** The picture as image XObjects under fresh numbers; the first is to be drawn. 'broken': its pixels do not decode. */
export function pictureObjects(
  picture: Picture,
  next: () => number,
): { readonly image: number; readonly objects: ReadonlyMap<number, NewObject> } | 'broken' {
  if (picture.format === 'jpeg') {
    const image = next();
    return { image, objects: new Map([[image, imageStream(picture, 'DeviceRGB', 'DCTDecode', picture.bytes)]]) };
  }
  const pixels = decodePng(picture.bytes);
  if (pixels === undefined) return 'broken';
  const [image, mask] = [next(), next()];
  const { rgb, alpha } = split(pixels);
  return {
    image,
    objects: new Map([
      [image, imageStream(picture, 'DeviceRGB', 'FlateDecode', deflateSync(rgb), new Map([['SMask', ref(mask)]]))],
      [mask, imageStream(picture, 'DeviceGray', 'FlateDecode', deflateSync(alpha))],
    ]),
  };
}

function decodePng(bytes: Bytes): Buffer | undefined {
  try {
    return PNG.sync.read(Buffer.from(bytes)).data;
  } catch {
    return undefined; // data, not a machine's failure
  }
}

function split(rgba: Buffer): { rgb: Buffer; alpha: Buffer } {
  const count = rgba.length / 4;
  const rgb = Buffer.alloc(count * 3);
  const alpha = Buffer.alloc(count);
  for (let i = 0; i < count; i += 1) {
    rgba.copy(rgb, i * 3, i * 4, i * 4 + 3);
    alpha[i] = rgba[i * 4 + 3] ?? 255;
  }
  return { rgb, alpha };
}

const imageStream = (
  { width, height }: Picture,
  space: string,
  filter: string,
  data: Bytes,
  more: ReadonlyMap<string, PdfObject> = new Map(),
): NewStream => ({
  kind: 'new-stream',
  dict: new Map([
    ...dict({
      Type: name('XObject'),
      Subtype: name('Image'),
      Width: width,
      Height: height,
      ColorSpace: name(space),
      BitsPerComponent: 8,
      Filter: name(filter),
    }),
    ...more,
  ]),
  data,
});
