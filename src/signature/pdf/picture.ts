import { deflateSync } from 'node:zlib';
import type { Bytes } from '#kernel/bytes.ts';
import { decodePng, type Picture } from '#pki/picture.ts';
import { dict, name, type PdfObject, ref } from './objects.ts';
import type { NewObject, NewStream } from './serialise.ts';

/** The picture as image XObjects under fresh numbers; the first is to be drawn. 'broken': its pixels do not decode. */
export function pictureObjects(
  picture: Picture,
  next: () => number,
): { readonly image: number; readonly objects: ReadonlyMap<number, NewObject> } | 'broken' {
  if (picture.format === 'jpeg') {
    const image = next();
    return { image, objects: new Map([[image, imageStream(picture, 'DeviceRGB', 'DCTDecode', picture.bytes)]]) };
  }
  const pixels = decodePng(picture);
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
