import type { PdfDocument, PdfPage } from './document.ts';
import { formFields } from './form-fields.ts';
import { isArray, isRef, numbersOf } from './objects.ts';
import { type Area, seenArea } from './placement.ts';

/** Millimetres as seen; `page` 0-based. */
export interface SignaturePlace extends Area {
  readonly page: number;
}

/** Where signature fields are shown, by field name. A field whose widget has no size is shown nowhere. */
export async function placesOf(
  document: PdfDocument,
  pages: readonly PdfPage[],
  signatures: readonly { readonly fieldName: string }[],
): Promise<ReadonlyMap<string, readonly SignaturePlace[]>> {
  const places = new Map<string, SignaturePlace[]>();
  if (signatures.length === 0) return places;
  const names = new Map<number, string>();
  for (const { number, type, name } of await formFields(document))
    if (number !== undefined && type === 'Sig') names.set(number, name);
  for (const [index, page] of pages.entries()) {
    const annotations = await document.resolve(page.dict.get('Annots'));
    if (!isArray(annotations)) continue;
    for (const annotation of annotations) {
      const name = isRef(annotation) ? names.get(annotation.number) : undefined;
      if (name === undefined) continue;
      const rect = numbersOf(await document.resolve((await document.dictOf(annotation))?.get('Rect'))) ?? [];
      const [a = 0, b = 0, c = 0, d = 0] = rect;
      const area = seenArea(page, [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);
      if (area.width > 0 && area.height > 0) places.set(name, [...(places.get(name) ?? []), { page: index, ...area }]);
    }
  }
  return places;
}
