import type { Bytes } from '#kernel/bytes.ts';
import { openPdf, type PdfDocument } from './document.ts';
import { formFields } from './form-fields.ts';
import {
  integerOf,
  isArray,
  isDict,
  isRef,
  isString,
  nameOf,
  numbersOf,
  type PdfDict,
  PdfFault,
  type PdfObject,
} from './objects.ts';
import { parseAt, prefixOf } from './source.ts';
import { textOf } from './text.ts';

/** A signature dictionary as the file has it; nothing of it is believed yet. */
export interface PdfSignature {
  readonly fieldName: string;
  readonly kind: 'signature' | 'timestamp';
  readonly filter: string;
  readonly subFilter: string;
  /** The container, trailing zeros of its place included. */
  readonly contents: Bytes;
  readonly byteRange: readonly [number, number, number, number];
  /** End of the bytes under the signature. */
  readonly coveredTo: number;
  /** /M, /Name, /Reason: the signer's own words, shown as such. */
  readonly claimed: { readonly at: string | null; readonly name: string | null; readonly reason: string | null };
  readonly certification: 1 | 2 | 3 | null;
  /** FieldMDP (12.8.2.4): fields must stay as they are behind this signature; taken for all fields. */
  readonly locksFields: boolean;
  /** Why the range is not one that a signature may have; null: it covers everything up to `coveredTo` but its own container. */
  readonly rangeFault: RangeFault | null;
}

export type RangeFault =
  | 'malformed' // not four numbers that fit
  | 'not-from-start'
  | 'gap-not-contents' // bytes beside the container are left out
  | 'not-a-revision' // does not end where a revision ends
  | 'not-signed-itself'; // the field or dictionary was put there by a later revision

const MAX_SIGNATURES = 200;

/** All filled signature fields in the order in which they were put there. */
export async function signaturesOf(document: PdfDocument): Promise<readonly PdfSignature[]> {
  const found: PdfSignature[] = [];
  for (const { fieldName, value } of await signatureFields(document)) {
    // Those beyond would not be judged, and a file is never called valid without them.
    if (found.length >= MAX_SIGNATURES) throw new PdfFault('too-large', 'too many signatures');
    found.push(await readSignature(document, fieldName, value));
  }
  return found.sort((a, b) => a.coveredTo - b.coveredTo);
}

interface FilledField {
  readonly fieldName: string;
  readonly value: PdfObject;
  readonly number: number | undefined;
}

/** Fields with a signature, at any depth of the form. A kid shows what its parent's value is: it counts once. */
async function signatureFields(document: PdfDocument): Promise<readonly FilledField[]> {
  const fields = await formFields(document);
  return fields
    .filter(({ type, dict }) => type === 'Sig' && (dict.get('V') ?? null) !== null)
    .map(({ name, value, number }) => ({ fieldName: name, value, number }));
}

async function readSignature(document: PdfDocument, fieldName: string, value: PdfObject): Promise<PdfSignature> {
  const place = await placeOf(document, value);
  const dict = place?.dict ?? (await document.dictOf(value)) ?? new Map<string, PdfObject>();
  const contents = dict.get('Contents');
  const numbers = numbersOf(await document.resolve(dict.get('ByteRange'))) ?? [];
  const [zero = -1, start = -1, end = -1, rest = -1] = numbers;
  const byteRange = [zero, start, end, rest] as const;
  const malformed =
    numbers.length !== 4 ||
    !numbers.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    end < start ||
    end + rest > document.source.size;
  const coveredTo = malformed ? 0 : end + rest;
  const textAt = async (key: string): Promise<string | null> => {
    const object = await document.resolve(dict.get(key));
    return isString(object) ? textOf(object.bytes) : null;
  };
  return {
    fieldName,
    kind: nameOf(dict.get('SubFilter')) === 'ETSI.RFC3161' ? 'timestamp' : 'signature',
    filter: nameOf(dict.get('Filter')) ?? '',
    subFilter: nameOf(dict.get('SubFilter')) ?? '',
    contents: isString(contents) ? contents.bytes : new Uint8Array(),
    byteRange,
    coveredTo,
    claimed: { at: await textAt('M'), name: await textAt('Name'), reason: await textAt('Reason') },
    ...(await transformsOf(document, dict)),
    rangeFault: malformed ? 'malformed' : await rangeFault(document, byteRange, place, fieldName, value),
  };
}

interface Place {
  readonly dict: PdfDict;
  /** Absolute place of the value of /Contents, angle brackets included. */
  readonly contents: readonly [number, number] | undefined;
  readonly offset: number;
}

/** A signature must be an object of its own in the file: inside an object stream its container could not be left out of the range. */
async function placeOf(document: PdfDocument, value: PdfObject): Promise<Place | undefined> {
  const entry = isRef(value) ? document.entry(value.number) : undefined;
  if (entry?.in !== 'file') return undefined;
  return parseAt(document.source, entry.offset, (lexer) => {
    lexer.skipWhite();
    lexer.integer();
    lexer.skipWhite();
    lexer.integer();
    lexer.skipWhite();
    if (!lexer.takeWord('obj')) return undefined;
    lexer.skipWhite();
    lexer.spans.clear();
    const dict = lexer.object();
    return isDict(dict) ? { dict, contents: lexer.spans.get('Contents'), offset: entry.offset } : undefined;
  });
}

/**
 * The published attacks on PDF signatures change what is left out of the range, or bring field and dictionary later (shadow, wrapping, exclusion):
 * the gap must be the container and nothing else, the end must be the end of a revision, and in that revision the same field must name the same object.
 */
async function rangeFault(
  document: PdfDocument,
  [zero, start, end, rest]: readonly [number, number, number, number],
  place: Place | undefined,
  fieldName: string,
  value: PdfObject,
): Promise<RangeFault | null> {
  if (zero !== 0) return 'not-from-start';
  if (place?.contents === undefined || place.contents[0] !== start || place.contents[1] !== end)
    return 'gap-not-contents';
  const covered = end + rest;
  if (place.offset >= covered) return 'not-signed-itself';
  let signed: PdfDocument;
  try {
    signed = covered === document.source.size ? document : await openPdf(prefixOf(document.source, covered));
  } catch {
    return 'not-a-revision';
  }
  const same = (await signatureFields(signed)).some(
    (field) =>
      field.fieldName === fieldName && isRef(field.value) && isRef(value) && field.value.number === value.number,
  );
  const then = isRef(value) ? signed.entry(value.number) : undefined;
  return same && then?.in === 'file' && then.offset === place.offset ? null : 'not-signed-itself';
}

async function transformsOf(
  document: PdfDocument,
  dict: PdfDict,
): Promise<Pick<PdfSignature, 'certification' | 'locksFields'>> {
  const references = await document.resolve(dict.get('Reference'));
  let certification: PdfSignature['certification'] = null;
  let locksFields = false;
  for (const one of isArray(references) ? references.slice(0, 8) : []) {
    const reference = await document.dictOf(one);
    const method = nameOf(await document.resolve(reference?.get('TransformMethod')));
    if (method === 'FieldMDP') locksFields = true;
    if (method !== 'DocMDP' || certification !== null) continue;
    const parameters = await document.dictOf(reference?.get('TransformParams'));
    const level = integerOf(await document.resolve(parameters?.get('P'))) ?? 2;
    certification = level === 1 || level === 3 ? level : 2;
  }
  return { certification, locksFields };
}
