import type { ValidationReport } from '#hosted/validate-api.ts';
import type { ValidateWords } from '#hosted/words-validate.ts';
import { fill } from '../boot.ts';
import type { Highlight, LeafSize } from '../sign/viewer/types.ts';

type Signature = ValidationReport['signatures'][number];
type Change = Signature['changes'][number];

/** Changes that leave what was signed as it was: told in the list, not marked on the page. */
const HARMLESS: readonly Change['kind'][] = [
  'signature-added',
  'timestamp-added',
  'validation-data-added',
  'stamp-with-signature',
];

export const isHarmless = (change: Change): boolean => HARMLESS.includes(change.kind);

/** Frames over the pages: where signatures stand, and where something was changed after one. The same place is marked once. */
export function marksOf(
  report: ValidationReport,
  words: ValidateWords,
  sizes: readonly LeafSize[],
): readonly Highlight[] {
  const marks = new Map<string, Highlight>();
  report.signatures.forEach((signature, index) => {
    const tone = toneOf(signature);
    const label = fill(words.markSignature, { n: String(index + 1) });
    for (const place of signature.places) {
      const id = `signature ${index} ${place.page} ${place.x} ${place.y}`;
      marks.set(id, { id, ...boxOf(place.page, place), tone, label });
    }
  });
  for (const { changes } of report.signatures)
    for (const change of changes) {
      if (change.page === null || isHarmless(change)) continue;
      const area = change.area ?? wholePage(sizes[change.page]);
      if (area === null) continue;
      const id = `change ${change.page} ${area.x} ${area.y} ${area.width} ${area.height}`;
      marks.set(id, { id, ...boxOf(change.page, area), tone: 'warn', label: words.markChange });
    }
  return [...marks.values()];
}

export const toneOf = ({ verdict, standing }: Signature): 'ok' | 'warn' | 'bad' | 'info' => {
  switch (verdict) {
    case 'valid':
      return standing === 'changed' ? 'warn' : 'ok';
    case 'invalid':
      return 'bad';
    case 'indeterminate':
      return 'info';
  }
};

const boxOf = (page: number, { x, y, width, height }: NonNullable<Change['area']>) => ({ page, x, y, width, height });

/** A little inside, so that the frame is seen. */
const wholePage = (size: LeafSize | undefined): NonNullable<Change['area']> | null =>
  size === undefined ? null : { x: 3, y: 3, width: size.width - 6, height: size.height - 6 };
