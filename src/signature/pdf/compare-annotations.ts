import type { Change } from './changes.ts';
import { type Comparison, without, written } from './compare.ts';
import type { PdfDocument, PdfPage } from './document.ts';
import type { FormField } from './form-fields.ts';
import { isArray, isRef, nameOf, numbersOf, type PdfDict, PdfFault, type PdfObject } from './objects.ts';
import { type Area, seenArea, seenSize } from './placement.ts';
import { signaturesOf } from './signatures.ts';

const MOST_ON_A_PAGE = 20_000;
/** A seal covers two hundredths of a page. What covers a fifth hides the page, whoever signed it. */
const LARGEST_SHARE = 0.2;
const LARGEST_SHARE_TOGETHER = 0.6;

type NumberedPage = PdfPage & { readonly index: number };

interface Found {
  readonly object: PdfObject;
  readonly dict: PdfDict;
}

/** Annotations of one page, then and now. Answers the numbers of those that are there now. */
export async function compareAnnotations(
  comparison: Comparison,
  was: PdfPage,
  page: NumberedPage,
  fields: ReadonlyMap<number, FormField>,
  note: (change: Change) => void,
): Promise<ReadonlySet<number>> {
  const { before, after } = comparison;
  const old = await annotationsOf(before, was.dict);
  const now = await annotationsOf(after, page.dict);
  const fresh: [string, Found][] = [];
  for (const [key, found] of now) {
    const previous = old.get(key);
    old.delete(key);
    if (previous === undefined) fresh.push([key, found]);
    else if (!(await isSame(comparison, previous.dict, found.dict)))
      note(await changedAnnotation(comparison, previous.dict, found, page, fields));
  }
  for (const { dict } of old.values())
    note(onPage(page, 'annotation-changed', dict, `上的${subtypeOf(dict)}在签署后被移除`));
  let covered = 0;
  for (const [, found] of fresh) {
    const change = await addedAnnotation(after, found, page, fields, fresh);
    covered += share(page, change.area);
    const hides = share(page, change.area) > LARGEST_SHARE || covered > LARGEST_SHARE_TOGETHER;
    note(hides && change.kind !== 'annotation-added' ? hiding(page, found.dict) : change);
  }
  return new Set([...now.values()].flatMap(({ object }) => (isRef(object) ? [object.number] : [])));
}

async function annotationsOf(document: PdfDocument, page: PdfDict): Promise<Map<string, Found>> {
  const list = await document.resolve(page.get('Annots'));
  if (!isArray(list)) return new Map();
  if (list.length > MOST_ON_A_PAGE) throw new PdfFault('too-large', 'too many annotations on a page');
  const found = new Map<string, Found>();
  for (const object of list) {
    const dict = (await document.dictOf(object)) ?? new Map();
    found.set(isRef(object) ? `${object.number}` : `direct ${written(object)}`, { object, dict });
  }
  return found;
}

const isSame = async ({ same, drawsSame }: Comparison, then: PdfDict, now: PdfDict): Promise<boolean> =>
  (await same(without(then, ['AP']), without(now, ['AP']))) && drawsSame(then.get('AP'), now.get('AP'));

/** `detail` begins behind 第 n 页. */
const onPage = (page: NumberedPage, kind: Change['kind'], dict: PdfDict, detail: string): Change => ({
  kind,
  page: page.index,
  area: areaOf(page, dict),
  detail: `第 ${page.index + 1} 页${detail}`,
});

const hiding = (page: NumberedPage, dict: PdfDict): Change =>
  onPage(page, 'annotation-added', dict, '上后一签名的图形遮盖了大片内容');

function areaOf(page: NumberedPage, dict: PdfDict): Area | null {
  const [a, b, c, d] = numbersOf(dict.get('Rect')) ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  const area = seenArea(page, [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);
  return area.width > 0 && area.height > 0 ? area : null;
}

function share(page: NumberedPage, area: Area | null): number {
  const size = seenSize(page);
  return area === null ? 0 : (area.width * area.height) / Math.max(1, size.width * size.height);
}

async function addedAnnotation(
  document: PdfDocument,
  { object, dict }: Found,
  page: NumberedPage,
  fields: ReadonlyMap<number, FormField>,
  fresh: readonly [string, Found][],
): Promise<Change> {
  const subtype = subtypeOf(dict);
  const signs = await signatureBehind(document, object, fields);
  if (subtype === 'Widget' && signs !== undefined) {
    const kind = signs === 'timestamp' ? 'timestamp-added' : 'signature-added';
    return onPage(page, kind, dict, `增加了${signs === 'timestamp' ? '时间戳' : '签名'}`);
  }
  const locked = (Number(dict.get('F') ?? 0) & 640) === 640;
  if (subtype === 'Stamp' && locked && ((await signsHere(document, fresh, fields)) || (await isCovered(document))))
    return onPage(page, 'stamp-with-signature', dict, '有后一签名的印章图形');
  return onPage(page, 'annotation-added', dict, `在签署后增加了批注（${subtype}）`);
}

/** Only a field of the form with a signature in it is one: what is merely drawn like a signature is an annotation. */
async function signatureBehind(
  document: PdfDocument,
  object: PdfObject,
  fields: ReadonlyMap<number, FormField>,
): Promise<'signature' | 'timestamp' | undefined> {
  const field = isRef(object) ? fields.get(object.number) : undefined;
  if (field?.type !== 'Sig') return undefined;
  const value = await document.dictOf(field.value);
  if (value === undefined) return undefined;
  return nameOf(value.get('SubFilter')) === 'ETSI.RFC3161' ? 'timestamp' : 'signature';
}

/** A new field that is signed; only then may stamps beside it pass as parts of that signature. */
async function signsHere(
  document: PdfDocument,
  fresh: readonly [string, Found][],
  fields: ReadonlyMap<number, FormField>,
): Promise<boolean> {
  for (const [, { object }] of fresh) if ((await signatureBehind(document, object, fields)) !== undefined) return true;
  return false;
}

/** Whether the newest revision is itself under a signature that covers the whole file. */
function isCovered(document: PdfDocument): Promise<boolean> {
  const known = coverage.get(document) ?? coversAll(document);
  coverage.set(document, known);
  return known;
}

/** Asked for each stamp of a straddle seal and for each signature before it; an opened document never changes. */
const coverage = new WeakMap<PdfDocument, Promise<boolean>>();

async function coversAll(document: PdfDocument): Promise<boolean> {
  const all = await signaturesOf(document);
  return all.some((one) => one.rangeFault === null && one.coveredTo === document.source.size);
}

async function changedAnnotation(
  comparison: Comparison,
  then: PdfDict,
  { object, dict }: Found,
  page: NumberedPage,
  fields: ReadonlyMap<number, FormField>,
): Promise<Change> {
  const field = isRef(object) ? fields.get(object.number) : undefined;
  const isWidget = subtypeOf(then) === 'Widget' && subtypeOf(dict) === 'Widget';
  const onlyDiffer = async (free: readonly string[]): Promise<boolean> => {
    for (const key of new Set([...then.keys(), ...dict.keys()]))
      if (!free.includes(key) && !(await comparison.same(then.get(key), dict.get(key)))) return false;
    return true;
  };
  if (isWidget && field !== undefined && field.type !== 'Sig' && (await onlyDiffer(FILLED)))
    return onPage(page, 'form-filled', dict, '的表单项在签署后填写');
  const wasBlank = !then.has('V') && nameOf(then.get('FT')) === 'Sig';
  const signs = await signatureBehind(comparison.after, object, fields);
  if (isWidget && wasBlank && signs !== undefined && (await onlyDiffer(SIGNED))) {
    const hides = share(page, areaOf(page, dict)) > LARGEST_SHARE;
    return hides ? hiding(page, dict) : onPage(page, 'signature-added', dict, '的空白签名域已签署');
  }
  return onPage(page, 'annotation-changed', dict, `上的${subtypeOf(dict)}在签署后改变`);
}

const FILLED = ['V', 'AP', 'AS', 'M', 'MK', 'DA', 'RV', 'I'];
const SIGNED = ['V', 'AP', 'M', 'F', 'Rect', 'MK', 'DA'];

const subtypeOf = (dict: PdfDict | undefined): string => nameOf(dict?.get('Subtype')) ?? '?';
