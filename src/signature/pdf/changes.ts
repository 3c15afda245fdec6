import { openPdf, type PdfDocument, pagesOf } from './document.ts';
import { isArray, isDict, isRef, isStream, nameOf, type PdfDict, type PdfObject } from './objects.ts';
import { serialise } from './serialise.ts';
import { signaturesOf } from './signatures.ts';
import { prefixOf } from './source.ts';

/** One thing that revisions after a signature did, in the words of a report. */
export interface Change {
  readonly kind:
    | 'signature-added'
    | 'timestamp-added'
    | 'validation-data-added'
    | 'stamp-with-signature'
    | 'form-filled'
    | 'annotation-added'
    | 'annotation-changed'
    | 'page-changed'
    | 'page-added'
    | 'page-removed'
    | 'document-changed';
  /** 0-based in the document as it is now; null: no page's. */
  readonly page: number | null;
  readonly detail: string;
}

/** Whether what came later leaves the signed content as it was signed. */
export type Standing = 'unchanged' | 'extended' | 'filled' | 'changed';

/** Worst first: a reader of the report wants to know of a changed page before he hears of a further signature. */
export function standingOf(changes: readonly Change[]): Standing {
  const kinds = changes.map((change) => change.kind);
  const harmless: readonly Change['kind'][] = [
    'signature-added',
    'timestamp-added',
    'validation-data-added',
    'stamp-with-signature',
  ];
  if (kinds.length === 0) return 'unchanged';
  if (kinds.every((kind) => harmless.includes(kind))) return 'extended';
  return kinds.every((kind) => harmless.includes(kind) || kind === 'form-filled') ? 'filled' : 'changed';
}

/** Certification levels (12.8.2.2): 1 nothing but validation data, 2 also forms and signatures, 3 also annotations. */
export function breaksCertification(level: 1 | 2 | 3, changes: readonly Change[]): boolean {
  const allowed: Record<1 | 2 | 3, readonly Change['kind'][]> = {
    1: ['validation-data-added', 'timestamp-added'],
    2: ['validation-data-added', 'timestamp-added', 'signature-added', 'stamp-with-signature', 'form-filled'],
    3: [
      'validation-data-added',
      'timestamp-added',
      'signature-added',
      'stamp-with-signature',
      'form-filled',
      'annotation-added',
      'annotation-changed',
    ],
  };
  return changes.some((change) => !allowed[level].includes(change.kind));
}

/** What differs between the document as signed (its first `coveredTo` bytes) and as it is now. */
export async function changesSince(document: PdfDocument, coveredTo: number): Promise<readonly Change[]> {
  if (coveredTo === document.source.size) return [];
  const before = await openPdf(prefixOf(document.source, coveredTo));
  const changes: Change[] = [];
  await comparePages(before, document, changes);
  await compareCatalog(before, document, changes);
  return changes;
}

async function comparePages(before: PdfDocument, after: PdfDocument, changes: Change[]): Promise<void> {
  const [old, now] = [await pagesOf(before), await pagesOf(after)];
  const there = new Map(old.map((page) => [page.ref.number, page]));
  for (const [index, page] of now.entries()) {
    const was = there.get(page.ref.number);
    there.delete(page.ref.number);
    if (was === undefined) {
      changes.push({ kind: 'page-added', page: index, detail: `第 ${index + 1} 页是签署后加入的` });
      continue;
    }
    if (old.indexOf(was) !== index && now.length === old.length)
      changes.push({ kind: 'page-changed', page: index, detail: `第 ${index + 1} 页的次序在签署后改变` });
    const same = await sameDeep(
      before,
      without(was.dict, ['Annots', 'Parent']),
      after,
      without(page.dict, ['Annots', 'Parent']),
    );
    const boxes = String(was.mediaBox) === String(page.mediaBox) && was.rotate === page.rotate;
    if (!same || !boxes)
      changes.push({ kind: 'page-changed', page: index, detail: `第 ${index + 1} 页的内容在签署后改变` });
    await compareAnnotations(before, was.dict, after, page.dict, index, changes);
  }
  for (const page of there.values())
    changes.push({ kind: 'page-removed', page: null, detail: `原第 ${old.indexOf(page) + 1} 页在签署后被移除` });
}

async function compareAnnotations(
  before: PdfDocument,
  was: PdfDict,
  after: PdfDocument,
  is: PdfDict,
  page: number,
  changes: Change[],
): Promise<void> {
  const list = async (document: PdfDocument, dict: PdfDict): Promise<readonly PdfObject[]> => {
    const array = await document.resolve(dict.get('Annots'));
    return isArray(array) ? array.slice(0, 20_000) : [];
  };
  const keyOf = (object: PdfObject): string =>
    isRef(object) ? `${object.number}` : JSON.stringify(serialiseSafe(object));
  const old = new Map((await list(before, was)).map((one) => [keyOf(one), one]));
  const fresh: PdfDict[] = [];
  for (const one of await list(after, is)) {
    const key = keyOf(one);
    const previous = old.get(key);
    old.delete(key);
    const now = (await after.dictOf(one)) ?? new Map();
    if (previous === undefined) {
      fresh.push(now);
      continue;
    }
    const then = (await before.dictOf(previous)) ?? new Map();
    if (!(await sameDeep(before, without(then, LINKS), after, without(now, LINKS))))
      changes.push(annotationChange(then, now, page));
  }
  for (const gone of old.values())
    changes.push({
      kind: 'annotation-changed',
      page,
      detail: `第 ${page + 1} 页上 ${subtypeOf(await before.dictOf(gone))} 在签署后被移除`,
    });
  const signs = await signsHere(after, fresh);
  for (const annotation of fresh) changes.push(await addedAnnotation(after, annotation, page, signs));
}

/** Ways back up the tree: they lead everywhere. */
const LINKS = ['P', 'Parent'];

/** A new field that is signed; only then may stamps beside it pass as parts of that signature. */
async function signsHere(document: PdfDocument, fresh: readonly PdfDict[]): Promise<boolean> {
  for (const one of fresh) {
    const value = await document.dictOf(one.get('V'));
    if (nameOf(one.get('FT')) === 'Sig' && value !== undefined) return true;
  }
  return false;
}

async function addedAnnotation(
  document: PdfDocument,
  annotation: PdfDict,
  page: number,
  signs: boolean,
): Promise<Change> {
  const subtype = subtypeOf(annotation);
  if (subtype === 'Widget' && nameOf(annotation.get('FT')) === 'Sig') {
    const value = await document.dictOf(annotation.get('V'));
    const kind = nameOf(value?.get('SubFilter')) === 'ETSI.RFC3161' ? 'timestamp-added' : 'signature-added';
    return { kind, page, detail: `第 ${page + 1} 页增加了${kind === 'timestamp-added' ? '时间戳' : '签名'}` };
  }
  const locked = (Number(annotation.get('F') ?? 0) & 640) === 640;
  if (subtype === 'Stamp' && locked && (signs || (await isCovered(document)))) {
    return { kind: 'stamp-with-signature', page, detail: `第 ${page + 1} 页有后一签名的印章图形` };
  }
  return { kind: 'annotation-added', page, detail: `第 ${page + 1} 页在签署后增加了批注（${subtype}）` };
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

function annotationChange(then: PdfDict, now: PdfDict, page: number): Change {
  const isField = subtypeOf(now) === 'Widget' && subtypeOf(then) === 'Widget' && !isSignature(then);
  const filled = isField && onlyDiffer(then, now, ['V', 'AP', 'AS', 'M', 'MK', 'DA']);
  if (filled) return { kind: 'form-filled', page, detail: `第 ${page + 1} 页的表单项在签署后填写` };
  if (
    isSignature(then) &&
    !then.has('V') &&
    now.has('V') &&
    onlyDiffer(then, now, ['V', 'AP', 'M', 'F', 'Rect', 'MK', 'DA'])
  )
    return { kind: 'signature-added', page, detail: `第 ${page + 1} 页的空白签名域已签署` };
  return { kind: 'annotation-changed', page, detail: `第 ${page + 1} 页上的${subtypeOf(now)}在签署后改变` };
}

const isSignature = (dict: PdfDict): boolean => nameOf(dict.get('FT')) === 'Sig';

function onlyDiffer(then: PdfDict, now: PdfDict, free: readonly string[]): boolean {
  const keys = new Set([...then.keys(), ...now.keys()]);
  return [...keys].every((key) => free.includes(key) || serialiseSafe(then.get(key)) === serialiseSafe(now.get(key)));
}

const subtypeOf = (dict: PdfDict | undefined): string => nameOf(dict?.get('Subtype')) ?? '?';

async function compareCatalog(before: PdfDocument, after: PdfDocument, changes: Change[]): Promise<void> {
  const [was, is] = [before.catalog.dict, after.catalog.dict];
  if (before.catalog.ref.number !== after.catalog.ref.number)
    changes.push({ kind: 'document-changed', page: null, detail: '文档的根对象在签署后被替换' });
  if (is.has('DSS') && !(await sameDeep(before, was.get('DSS'), after, is.get('DSS'))))
    changes.push({ kind: 'validation-data-added', page: null, detail: '增加了验证资料（DSS）' });
  // Pages and fields have been compared one by one; names, actions and layers decide what is shown and run.
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    if (['Pages', 'AcroForm', 'DSS', 'Extensions', 'Metadata', 'Version', 'Perms', 'StructTreeRoot'].includes(key))
      continue;
    if (!(await sameDeep(before, was.get(key), after, is.get(key))))
      changes.push({ kind: 'document-changed', page: null, detail: `文档属性 ${key} 在签署后改变` });
  }
  const forms = [await before.dictOf(was.get('AcroForm')), await after.dictOf(is.get('AcroForm'))] as const;
  const rest = (form: PdfDict | undefined): PdfDict =>
    without(form ?? new Map(), ['Fields', 'SigFlags', 'DR', 'DA', 'NeedAppearances']);
  if (!(await sameDeep(before, rest(forms[0]), after, rest(forms[1]))))
    changes.push({ kind: 'document-changed', page: null, detail: '表单设置在签署后改变' });
}

const without = (dict: PdfDict, keys: readonly string[]): PdfDict =>
  new Map([...dict].filter(([key]) => !keys.includes(key)));

const serialiseSafe = (object: PdfObject | undefined): string =>
  isStream(object) ? `stream@${object.start}` : object === undefined ? '' : serialise(object);

const MOST_COMPARED = 50_000;

/** Structure by structure through references; an object that stands at the same place in both revisions is the same without being read. */
async function sameDeep(
  before: PdfDocument,
  a: PdfObject | undefined,
  after: PdfDocument,
  b: PdfObject | undefined,
  seen: Set<string> = new Set(),
): Promise<boolean> {
  if (isRef(a) && isRef(b)) {
    const key = `${a.number}/${b.number}`;
    if (seen.has(key)) return true;
    if (seen.size > MOST_COMPARED) return false;
    seen.add(key);
  }
  const [x, y] = [await before.resolve(a), await after.resolve(b)];
  if (isStream(x) && isStream(y)) return x.start === y.start && sameDeep(before, x.dict, after, y.dict, seen);
  if (isArray(x) && isArray(y)) {
    if (x.length !== y.length) return false;
    for (let i = 0; i < x.length; i += 1) if (!(await sameDeep(before, x[i], after, y[i], seen))) return false;
    return true;
  }
  if (isDict(x) && isDict(y)) {
    if (x.size !== y.size) return false;
    for (const [key, value] of x) {
      if (LINKS.includes(key)) continue;
      if (!y.has(key) || !(await sameDeep(before, value, after, y.get(key), seen))) return false;
    }
    return true;
  }
  return serialiseSafe(x) === serialiseSafe(y);
}
