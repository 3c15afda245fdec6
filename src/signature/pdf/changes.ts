import { type Comparison, compareRevisions, numberedPages, written } from './compare.ts';
import { compareForm } from './compare-form.ts';
import { comparePages, compareTree, treeNodes } from './compare-pages.ts';
import { openPdf, type PdfDocument, pagesOf } from './document.ts';
import { formFields, numberedFields } from './form-fields.ts';
import type { Area } from './placement.ts';
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
    | 'document-changed'
    | 'part-added'; // of an OFD package: a file that no signature's list names
  /** 0-based in the document as it is now; null: no page's. */
  readonly page: number | null;
  /** Where on that page, as seen; null: the whole page, or nothing to be seen. */
  readonly area: Area | null;
  readonly detail: string;
}

/** Whether what came later leaves the signed content as it was signed. */
export type Standing = 'unchanged' | 'extended' | 'filled' | 'changed';

/**
 * Worst first: a reader of the report wants to know of a changed page before he hears of a further signature. Filled forms leave a document as it was signed
 * only where its certification allows them (`formsAllowed`): without one, what stands in a field is as good as text on the page.
 */
export function standingOf(changes: readonly Change[], formsAllowed = false): Standing {
  const kinds = changes.map((change) => change.kind);
  const harmless: readonly Change['kind'][] = [
    'signature-added',
    'timestamp-added',
    'validation-data-added',
    'stamp-with-signature',
  ];
  if (kinds.length === 0) return 'unchanged';
  if (kinds.every((kind) => harmless.includes(kind))) return 'extended';
  const filled = kinds.every((kind) => harmless.includes(kind) || kind === 'form-filled');
  return filled && formsAllowed ? 'filled' : 'changed';
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

/** What differs between the document as signed (its first `coveredTo` bytes) and as it is now. Throws PdfFault. */
export async function changesSince(document: PdfDocument, coveredTo: number): Promise<readonly Change[]> {
  if (coveredTo === document.source.size) return [];
  const before = await openPdf(prefixOf(document.source, coveredTo));
  const [old, now] = [await pagesOf(before), await pagesOf(document)];
  const fields = { before: await formFields(before), after: await formFields(document) };
  const nodes = inBoth(await treeNodes(before, old), await treeNodes(document, now));
  const pages = new Set([...nodes, ...inBoth(numberedPages(old).keys(), numberedPages(now).keys())]);
  const known = inBoth(numberedFields(fields.before).keys(), numberedFields(fields.after).keys());
  const comparison = compareRevisions(before, document, { pages, fields: known });
  const changes: Change[] = [];
  const note = (change: Change): void => {
    changes.push(change);
  };
  const onPages = await comparePages(comparison, old, now, numberedFields(fields.after), note);
  await compareTree(comparison, nodes, note);
  await compareForm(comparison, fields, onPages, note);
  await compareCatalog(comparison, note);
  return changes;
}

function inBoth(before: Iterable<number>, after: Iterable<number>): ReadonlySet<number> {
  const there = new Set(before);
  return new Set([...after].filter((number) => there.has(number)));
}

/** Pages and fields have been compared one by one; these hold nothing that is shown or run. */
const APART = ['Pages', 'AcroForm', 'DSS', 'Extensions', 'Metadata', 'Version', 'Perms', 'StructTreeRoot'];

async function compareCatalog({ before, after, same }: Comparison, note: (change: Change) => void): Promise<void> {
  const changed = (detail: string): void => note({ kind: 'document-changed', page: null, area: null, detail });
  const [was, is] = [before.catalog.dict, after.catalog.dict];
  if (before.catalog.ref.number !== after.catalog.ref.number) changed('文档的根对象在签署后被替换');
  if (is.has('DSS') && !(await same(was.get('DSS'), is.get('DSS'))))
    note({ kind: 'validation-data-added', page: null, area: null, detail: '增加了验证资料（DSS）' });
  // Names, actions and layers decide what is shown and run.
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    if (APART.includes(key)) continue;
    if (!(await same(was.get(key), is.get(key)))) changed(`文档属性 ${key} 在签署后改变`);
  }
  const [granted, left] = [await before.dictOf(was.get('Perms')), await after.dictOf(is.get('Perms'))];
  for (const [key, value] of granted ?? [])
    if (written(value) !== written(left?.get(key))) changed(`文档权限 ${key} 在签署后改变`);
}
