import type { SealView } from '#hosted/sign-api.ts';
import type { PlacingSeal } from './viewer/types.ts';

/** A seal as the viewer puts it down. */
export const asPlacing = ({ id, name, picture, width, height }: SealView): PlacingSeal => ({
  id,
  name,
  picture,
  width,
  height,
});
