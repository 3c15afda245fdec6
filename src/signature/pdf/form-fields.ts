import type { PdfDocument } from './document.ts';
import { isArray, isDict, isRef, isString, nameOf, type PdfDict, PdfFault, type PdfObject } from './objects.ts';
import { textOf } from './text.ts';

/** One node of the form's field tree, what it inherits applied. */
export interface FormField {
  /** undefined: written inside its parent, without a number. */
  readonly number: number | undefined;
  readonly dict: PdfDict;
  /** Whole name, parts joined by points. */
  readonly name: string;
  readonly type: string | undefined;
  /** Its own or inherited value, unresolved. */
  readonly value: PdfObject;
}

const MOST_FIELDS = 20_000;
const MAX_DEPTH = 32;

/** All nodes, parents before kids. Throws PdfFault for a tree that is none or has too many nodes: a field that is not seen would not be judged. */
export async function formFields(document: PdfDocument): Promise<readonly FormField[]> {
  const found: FormField[] = [];
  const seen = new Set<number>();
  const walk = async (node: PdfObject, above: FormField | undefined, depth: number): Promise<void> => {
    if (isRef(node) && seen.has(node.number)) return;
    if (isRef(node)) seen.add(node.number);
    if (depth > MAX_DEPTH || found.length >= MOST_FIELDS) throw new PdfFault('too-large', 'too many fields');
    // A stream in the tree is no field: its bytes would not be compared.
    const dict = await document.resolve(node);
    if (!isDict(dict)) return;
    const own = await document.resolve(dict.get('T'));
    const parts = [above?.name ?? '', isString(own) ? textOf(own.bytes) : ''];
    const field: FormField = {
      number: isRef(node) ? node.number : undefined,
      dict,
      name: parts.filter((part) => part !== '').join('.'),
      type: nameOf(await document.resolve(dict.get('FT'))) ?? above?.type,
      value: dict.get('V') ?? above?.value ?? null,
    };
    found.push(field);
    const kids = await document.resolve(dict.get('Kids'));
    if (isArray(kids)) for (const kid of kids) await walk(kid, field, depth + 1);
  };
  const form = await document.dictOf(document.catalog.dict.get('AcroForm'));
  const fields = await document.resolve(form?.get('Fields'));
  if (isArray(fields)) {
    if (fields.length > MOST_FIELDS) throw new PdfFault('too-large', 'too many fields');
    for (const field of fields) await walk(field, undefined, 0);
  }
  return found;
}

export const numberedFields = (fields: readonly FormField[]): Map<number, FormField> =>
  new Map(fields.flatMap((field) => (field.number === undefined ? [] : [[field.number, field] as const])));
