import { type Bytes, utf8 } from '#kernel/bytes.ts';
import type { Picture } from '#pki/picture.ts';
import { type PdfDocument, type PdfPage, pagesOf } from './document.ts';
import {
  dict,
  isArray,
  isDict,
  isRef,
  name,
  type PdfDict,
  PdfFault,
  type PdfObject,
  type PdfRef,
  ref,
  text,
} from './objects.ts';
import { pictureObjects } from './picture.ts';
import { boxOn, isOnPage, type Placement } from './placement.ts';
import { makeRevision, numbering } from './revision.ts';
import { type NewObject, serialise } from './serialise.ts';

export interface SigningPlan {
  /** Shown by readers as the signer; UTF-16 in the file. */
  readonly signer: string;
  readonly reason?: string;
  /** UTC milliseconds. */
  readonly at: number;
  readonly subFilter: 'adbe.pkcs7.detached' | 'ETSI.RFC3161' | 'GM.sm2seal';
  readonly filter?: 'Adobe.PPKLite' | 'Gomain.GMPkiLite';
  /** Bytes kept free for the signature container. */
  readonly room: number;
  /** The first is the signature field's own; the others are locked stamps of the same revision, covered by the same signature. */
  readonly placements: readonly Placement[];
  readonly picture: Picture | null;
  /** Written only by the first signer of a document: what later revisions may change (12.8.2.2; 2 = forms and signatures). */
  readonly certification?: 1 | 2 | 3;
}

/** A revision whose signature container is still empty. */
export interface PreparedRevision {
  /** To be appended to the document as it was. */
  readonly bytes: Buffer;
  /** [0, start of Contents, end of Contents, rest], absolute (12.8.1). */
  readonly byteRange: readonly [number, number, number, number];
  /** Offset of the first hexadecimal digit inside `bytes`. */
  readonly contentsAt: number;
  readonly room: number;
  readonly fieldName: string;
}

const BYTE_RANGE_DIGITS = 12;

/** Prepares one more signature behind everything that is there; not one byte of the document changes. Throws PdfFault. */
export async function prepareSignature(document: PdfDocument, plan: SigningPlan): Promise<PreparedRevision> {
  const pages = await pagesOf(document);
  for (const placement of plan.placements) {
    const page = pages[placement.page];
    if (page === undefined || !isOnPage(page, placement))
      throw new PdfFault('unsupported', 'placement outside the page');
  }
  const next = numbering(document);
  const objects = new Map<number, NewObject>();
  const [signatureNumber, fieldNumber] = [next(), next()];
  const fieldName = await freeFieldName(document);
  const image = plan.picture === null ? undefined : pictureObjects(plan.picture, next);
  if (image === 'broken') throw new PdfFault('unsupported', 'picture does not decode');
  for (const [number, object] of image?.objects ?? []) objects.set(number, object);

  const additions = new Map<number, PdfRef[]>();
  const annotate = (page: number, number: number): void => {
    additions.set(page, [...(additions.get(page) ?? []), ref(number)]);
  };
  plan.placements.forEach((placement, i) => {
    const number = i === 0 ? fieldNumber : next();
    const page = pages[placement.page] as PdfPage;
    const form = next();
    objects.set(form, appearance(page, placement, image?.image));
    const annotation = i === 0 ? fieldOf(fieldName, signatureNumber) : stamp();
    objects.set(number, new Map([...annotation, ...widgetOf(page, placement, form)]));
    annotate(placement.page, number);
  });
  if (plan.placements.length === 0) {
    const invisible = dict({ Rect: [0, 0, 0, 0], F: 132, P: (pages[0] as PdfPage).ref });
    objects.set(fieldNumber, new Map([...fieldOf(fieldName, signatureNumber), ...invisible]));
    annotate(0, fieldNumber);
  }
  for (const [index, added] of additions) await putAnnotations(document, pages[index] as PdfPage, added, objects);
  await putForm(document, fieldNumber, signatureNumber, plan, objects);
  const skeleton = signatureSkeleton(plan);
  objects.set(signatureNumber, { kind: 'raw', bytes: skeleton.bytes });

  const revision = makeRevision(document, objects);
  const body = (revision.bodies.get(signatureNumber) ?? 0) - document.source.size;
  return fillByteRange(document.source.size, revision.bytes, body, skeleton, plan.room, fieldName);
}

const fieldOf = (fieldName: string, signature: number): PdfDict =>
  dict({
    Type: name('Annot'),
    Subtype: name('Widget'),
    FT: name('Sig'),
    T: text(utf8(fieldName)),
    V: ref(signature),
  });

const stamp = (): PdfDict => dict({ Type: name('Annot'), Subtype: name('Stamp') });

/** F: print, locked, contents locked (12.5.3). */
const widgetOf = (page: PdfPage, placement: Placement, form: number): PdfDict =>
  dict({ Rect: [...boxOn(page, placement).rect], F: 4 + 128 + 512, P: page.ref, AP: dict({ N: ref(form) }) });

/** Draws the picture, or its strip, into the placement's box, upright on the page as seen. */
function appearance(page: PdfPage, placement: Placement, image: number | undefined): NewObject {
  const { rect, matrix } = boxOn(page, placement);
  const upright = page.rotate === 90 || page.rotate === 270;
  const [w, h] = [rect[2] - rect[0], rect[3] - rect[1]];
  const [width, height] = upright ? [h, w] : [w, h];
  const [from, to] = placement.strip ?? [0, 1];
  const whole = width / (to - from);
  const draw =
    image === undefined
      ? ''
      : `q 0 0 ${fixed(width)} ${fixed(height)} re W n ${fixed(whole)} 0 0 ${fixed(height)} ${fixed(-from * whole)} 0 cm /Seal Do Q`;
  const resources = image === undefined ? dict({}) : dict({ XObject: dict({ Seal: ref(image) }) });
  return {
    kind: 'new-stream',
    dict: dict({
      Type: name('XObject'),
      Subtype: name('Form'),
      BBox: [0, 0, width, height],
      Matrix: [...matrix],
      Resources: resources,
    }),
    data: utf8(draw),
  };
}

const fixed = (value: number): string => String(Number(value.toFixed(4)));

async function putAnnotations(
  document: PdfDocument,
  page: PdfPage,
  added: readonly PdfRef[],
  objects: Map<number, NewObject>,
): Promise<void> {
  const present = page.dict.get('Annots');
  const list = await document.resolve(present);
  const annotations: PdfObject[] = [...(isArray(list) ? list : []), ...added];
  // An indirect array is replaced alone: the page object then stays as it was signed.
  if (isRef(present) && isArray(list)) objects.set(present.number, annotations);
  else objects.set(page.ref.number, new Map([...page.dict, ['Annots', annotations] as const]));
}

/** The interactive form with the new field; SigFlags 3: signatures exist, only append (12.7.2). */
async function putForm(
  document: PdfDocument,
  field: number,
  signature: number,
  plan: SigningPlan,
  objects: Map<number, NewObject>,
): Promise<void> {
  const { catalog } = document;
  const present = catalog.dict.get('AcroForm');
  const form = await document.resolve(present);
  const before: PdfDict = isDict(form) ? form : new Map();
  const fields = await document.resolve(before.get('Fields'));
  const whole = new Map<string, PdfObject>([
    ...before,
    ['Fields', [...(isArray(fields) ? fields : []), ref(field)]],
    ['SigFlags', 3],
  ]);
  const certifies = plan.certification !== undefined;
  if (isRef(present) && !certifies) {
    objects.set(present.number, whole);
    return;
  }
  const entries = new Map<string, PdfObject>(catalog.dict);
  if (isRef(present)) objects.set(present.number, whole);
  else entries.set('AcroForm', whole);
  if (certifies) entries.set('Perms', dict({ DocMDP: ref(signature) }));
  objects.set(catalog.ref.number, entries);
}

interface Skeleton {
  readonly bytes: Buffer;
  readonly rangeAt: number;
  readonly contentsAt: number;
}

/** The signature dictionary with fixed-width places: numbers of the range, digits of the container. */
function signatureSkeleton(plan: SigningPlan): Skeleton {
  const entries = new Map<string, PdfObject>([
    ['Type', name(plan.subFilter === 'ETSI.RFC3161' ? 'DocTimeStamp' : 'Sig')],
    ['Filter', name(plan.filter ?? 'Adobe.PPKLite')],
    ['SubFilter', name(plan.subFilter)],
  ]);
  if (plan.subFilter !== 'ETSI.RFC3161') {
    entries.set('M', text(utf8(pdfDate(plan.at))));
    entries.set('Name', text(utf16(plan.signer)));
    if (plan.reason !== undefined) entries.set('Reason', text(utf16(plan.reason)));
  }
  if (plan.certification !== undefined) {
    const parameters = dict({ Type: name('TransformParams'), V: name('1.2'), P: plan.certification });
    const reference = dict({ Type: name('SigRef'), TransformMethod: name('DocMDP'), TransformParams: parameters });
    entries.set('Reference', [reference]);
  }
  const head = `${serialise(entries).slice(0, -2)}/ByteRange [`;
  const range = `${Array.from({ length: 4 }, () => '0'.repeat(BYTE_RANGE_DIGITS)).join(' ')}`;
  const middle = ']/Contents <';
  const bytes = Buffer.from(`${head}${range}${middle}${'0'.repeat(plan.room * 2)}>>>`, 'latin1');
  return { bytes, rangeAt: head.length, contentsAt: head.length + range.length + middle.length };
}

function fillByteRange(
  size: number,
  bytes: Bytes,
  body: number,
  skeleton: Skeleton,
  room: number,
  fieldName: string,
): PreparedRevision {
  const buffer = Buffer.from(bytes);
  const contentsAt = body + skeleton.contentsAt;
  const start = size + contentsAt - 1;
  const end = size + contentsAt + room * 2 + 1;
  const byteRange = [0, start, end, size + buffer.length - end] as const;
  // Spaces behind, not zeros before: some readers take `0123` for octal.
  const numbers = byteRange.map((value) => String(value).padEnd(BYTE_RANGE_DIGITS)).join(' ');
  buffer.write(numbers, body + skeleton.rangeAt, 'latin1');
  return { bytes: buffer, byteRange, contentsAt, room, fieldName };
}

const utf16 = (value: string): Bytes =>
  Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(value, 'utf16le').swap16()]);

/** `D:20260318093000+08'00'`: Beijing time (7.9.4). */
export function pdfDate(at: number): string {
  const digits = new Date(at + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14);
  return `D:${digits}+08'00'`;
}

/** `Signature<n>`, free among the names that are there at any depth. */
async function freeFieldName(document: PdfDocument): Promise<string> {
  const taken = new Set<string>();
  const walk = async (node: PdfObject | undefined, depth: number): Promise<void> => {
    const field = depth > 8 ? undefined : await document.dictOf(node);
    if (field === undefined) return;
    const title = await document.resolve(field.get('T'));
    if (typeof title === 'object' && title !== null && 'kind' in title && title.kind === 'string')
      taken.add(Buffer.from(title.bytes).toString('latin1'));
    const kids = await document.resolve(field.get('Kids'));
    if (isArray(kids)) for (const kid of kids.slice(0, 10_000)) await walk(kid, depth + 1);
  };
  const form = await document.dictOf(document.catalog.dict.get('AcroForm'));
  const fields = await document.resolve(form?.get('Fields'));
  if (isArray(fields)) for (const field of fields.slice(0, 10_000)) await walk(field, 0);
  for (let i = 1; ; i += 1) if (!taken.has(`Signature${i}`)) return `Signature${i}`;
}

/** Puts the finished container into its place. undefined: it does not fit. */
export function fillContents(prepared: PreparedRevision, container: Bytes): Buffer | undefined {
  if (container.length > prepared.room) return undefined;
  const filled = Buffer.from(prepared.bytes);
  filled.write(Buffer.from(container).toString('hex'), prepared.contentsAt, 'latin1');
  return filled;
}
