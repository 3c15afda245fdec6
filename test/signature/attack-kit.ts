/** Tools of somebody who has a signed document and a text editor. */
import { documentOf, pagesOf } from '#signature/pdf/document.ts';
import { dict, name, type PdfDict, type PdfObject, ref } from '#signature/pdf/objects.ts';
import type { NewObject } from '#signature/pdf/serialise.ts';
import { revised } from './signing.ts';

export const stream = (data: string, entries: Readonly<Record<string, PdfObject>> = {}): NewObject => ({
  kind: 'new-stream',
  dict: dict(entries),
  data: Buffer.from(data, 'latin1'),
});

/** Replaces the same number of bytes, so that every offset stays right. */
export function inPlace(pdf: Buffer, from: string, to: string): Buffer {
  const text = pdf.toString('latin1');
  const at = text.indexOf(from);
  if (at < 0 || text.indexOf(from, at + 1) >= 0 || from.length !== to.length) throw new Error(`not once: ${from}`);
  return Buffer.from(text.slice(0, at) + to + text.slice(at + from.length), 'latin1');
}

/** Where the newest signature's range and container stand. */
export function anatomy(pdf: Buffer): {
  range: [number, number, number, number];
  rangeAt: number;
  rangeEnd: number;
  contentsAt: number;
  contentsEnd: number;
} {
  const text = pdf.toString('latin1');
  const rangeAt = text.lastIndexOf('/ByteRange [') + '/ByteRange ['.length;
  const rangeEnd = text.indexOf(']', rangeAt);
  const range = text.slice(rangeAt, rangeEnd).trim().split(/\s+/).map(Number) as [number, number, number, number];
  return { range, rangeAt, rangeEnd, contentsAt: range[1], contentsEnd: range[2] };
}

/** Writes other numbers into the newest signature's range, in its own width. */
export function withRange(pdf: Buffer, range: readonly number[]): Buffer {
  const { rangeAt, rangeEnd } = anatomy(pdf);
  const text = range.join(' ').padEnd(rangeEnd - rangeAt);
  if (text.length !== rangeEnd - rangeAt) throw new Error('does not fit');
  const file = Buffer.from(pdf);
  file.write(text, rangeAt, 'latin1');
  return file;
}

/** One page with one more annotation, as an incremental update. */
export async function annotated(
  pdf: Buffer,
  annotation: Readonly<Record<string, PdfObject>>,
  more: readonly (readonly [number, NewObject])[] = [],
  page = 0,
): Promise<Buffer> {
  const document = await documentOf(pdf);
  const target = (await pagesOf(document))[page];
  if (target === undefined) throw new Error('no such page');
  const present = await document.resolve(target.dict.get('Annots'));
  const number = document.nextNumber + 50;
  const list = [...(Array.isArray(present) ? (present as PdfObject[]) : []), ref(number)];
  return revised(
    pdf,
    new Map<number, NewObject>([
      [number, dict({ Type: name('Annot'), P: target.ref, ...annotation })],
      [target.ref.number, new Map([...target.dict, ['Annots', list] as const])],
      ...more,
    ]),
  );
}

/** The catalogue with other entries. */
export async function withCatalog(pdf: Buffer, entries: Readonly<Record<string, PdfObject>>): Promise<PdfDict> {
  const { catalog } = await documentOf(pdf);
  return new Map([...catalog.dict, ...Object.entries(entries)]);
}

/** A document of hand-written objects, 1 the catalogue; `undefined` leaves a number free. */
export function written(objects: readonly (string | undefined)[], trailer = '/Root 1 0 R'): Buffer {
  let out = '%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n';
  const rows = ['0000000000 65535 f \n'];
  objects.forEach((body, i) => {
    if (body === undefined) {
      rows.push('0000000000 00000 f \n');
      return;
    }
    rows.push(`${String(out.length).padStart(10, '0')} 00000 n \n`);
    out += `${i + 1} 0 obj\n${body}\nendobj\n`;
  });
  const start = out.length;
  out += `xref\n0 ${rows.length}\n${rows.join('')}trailer\n<</Size ${rows.length}${trailer}>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}

export const content = (text: string): string => `<</Length ${text.length}>>\nstream\n${text}\nendstream`;
