import { PNG } from 'pngjs';
import { type Picture, readPicture } from '#pki/picture.ts';

/** A red ring on nothing, as a company's seal is. */
export function ringSeal(size = 120): Picture {
  const png = new PNG({ width: size, height: size });
  const middle = size / 2;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const distance = Math.hypot(x - middle, y - middle);
      const inRing = distance < middle - 2 && distance > middle - 10;
      png.data.set(inRing ? [200, 20, 20, 255] : [0, 0, 0, 0], (y * size + x) * 4);
    }
  }
  const picture = readPicture(PNG.sync.write(png));
  if (typeof picture === 'string') throw new Error(picture);
  return picture;
}
