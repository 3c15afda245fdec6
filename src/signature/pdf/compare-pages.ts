import type { Change } from './changes.ts';
import { type Comparison, numberedPages, without } from './compare.ts';
import { compareAnnotations } from './compare-annotations.ts';
import type { PdfDocument, PdfPage } from './document.ts';
import type { FormField } from './form-fields.ts';
import { isArray, isDict, isRef, type PdfDict } from './objects.ts';

/** Pages in order, each with everything it is drawn from, and what lies on it. Answers the annotations seen, by number. */
export async function comparePages(
  comparison: Comparison,
  old: readonly PdfPage[],
  now: readonly PdfPage[],
  fields: ReadonlyMap<number, FormField>,
  note: (change: Change) => void,
): Promise<ReadonlySet<number>> {
  const there = numberedPages(old);
  const places = new Map(old.map((page, index) => [page.ref.number, index]));
  const annotations = new Set<number>();
  for (const [index, page] of now.entries()) {
    const was = there.get(page.ref.number);
    there.delete(page.ref.number);
    if (was === undefined) {
      note({ kind: 'page-added', page: index, area: null, detail: `第 ${index + 1} 页是签署后加入的` });
      continue;
    }
    if (places.get(page.ref.number) !== index && now.length === old.length)
      note({ kind: 'page-changed', page: index, area: null, detail: `第 ${index + 1} 页的次序在签署后改变` });
    if (!(await isDrawnTheSame(comparison, was, page)))
      note({ kind: 'page-changed', page: index, area: null, detail: `第 ${index + 1} 页的内容在签署后改变` });
    const seen = await compareAnnotations(comparison, was, { ...page, index }, fields, note);
    for (const number of seen) annotations.add(number);
  }
  for (const page of there.values()) {
    const number = (places.get(page.ref.number) ?? 0) + 1;
    note({ kind: 'page-removed', page: null, area: null, detail: `原第 ${number} 页在签署后被移除` });
  }
  return annotations;
}

/** Its own entries and those it inherits from the page tree (7.7.3.4). */
async function isDrawnTheSame({ before, after, drawsSame }: Comparison, was: PdfPage, is: PdfPage): Promise<boolean> {
  if (String(was.mediaBox) !== String(is.mediaBox) || was.rotate !== is.rotate) return false;
  const lists = [await before.resolve(was.dict.get('Annots')), await after.resolve(is.dict.get('Annots'))];
  const own = lists.every((list) => list === null || isArray(list)) ? ['Annots'] : [];
  return (await drawsSame(without(was.dict, own), without(is.dict, own))) && drawsSame(was.inherited, is.inherited);
}

/** Nodes above pages have been looked through for what pages inherit; whatever else stands in them must have stayed. */
export async function compareTree(
  { before, after, drawsSame }: Comparison,
  nodes: Iterable<number>,
  note: (change: Change) => void,
): Promise<void> {
  const own = ['Kids', 'Count', 'MediaBox', 'CropBox', 'Rotate', 'Resources'];
  for (const number of nodes) {
    const [was, is] = [await dictAt(before, number), await dictAt(after, number)];
    if (await drawsSame(without(was, own), without(is, own))) continue;
    note({ kind: 'document-changed', page: null, area: null, detail: '页面目录在签署后改变' });
  }
}

async function dictAt(document: PdfDocument, number: number): Promise<PdfDict> {
  const entry = document.entry(number);
  const generation = entry?.in === 'file' ? entry.generation : 0;
  return (await document.dictOf({ kind: 'ref', number, generation })) ?? new Map();
}

/** Nodes above the pages: nobody follows a reference to them while comparing. */
export async function treeNodes(document: PdfDocument, pages: readonly PdfPage[]): Promise<ReadonlySet<number>> {
  const nodes = new Set<number>();
  for (const page of pages) {
    let parent = page.dict.get('Parent');
    for (let depth = 0; depth < 64; depth += 1) {
      if (!isRef(parent) || nodes.has(parent.number)) break;
      const node = await document.resolve(parent);
      if (!isDict(node)) break;
      nodes.add(parent.number);
      parent = node.get('Parent');
    }
  }
  return nodes;
}
