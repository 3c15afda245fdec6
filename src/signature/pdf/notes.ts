import { type PdfDocument, type PdfPage, pagesOf } from './document.ts';
import { isArray, isDict, isRef, nameOf, type PdfDict, type PdfObject } from './objects.ts';

/** What a person who signs or checks a document should know of it: none of it is a fault, all of it can make it show something else later. */
export type PdfNote = 'form' | 'javascript' | 'layers' | 'attachments' | 'certified';

const ORDER: readonly PdfNote[] = ['certified', 'form', 'javascript', 'layers', 'attachments'];
/** Annotations and fields looked at in a whole document; what lies beyond is a document nobody reads. */
const MOST_LOOKED_AT = 50_000;
const MOST_CHAINED = 64;

/**
 * Fields to fill in, scripts, layers that can be switched, attached files, a certification. Structure only: nothing is run, no page is decoded.
 * `pages`: those of the document where the caller has them already. Throws PdfFault.
 */
export async function notesOf(document: PdfDocument, pages?: readonly PdfPage[]): Promise<readonly PdfNote[]> {
  const notes = new Set<PdfNote>();
  const look: Look = { document, notes, left: MOST_LOOKED_AT };
  await lookAtCatalog(look);
  await lookAtFields(look);
  for (const page of pages ?? (await pagesOf(document))) await lookAtPage(look, page);
  return ORDER.filter((note) => notes.has(note));
}

interface Look {
  readonly document: PdfDocument;
  readonly notes: Set<PdfNote>;
  left: number;
}

async function lookAtCatalog(look: Look): Promise<void> {
  const { document, notes } = look;
  const { dict } = document.catalog;
  const names = await document.dictOf(dict.get('Names'));
  const permissions = await document.dictOf(dict.get('Perms'));
  if (permissions?.has('DocMDP')) notes.add('certified');
  if (await hasEntries(document, dict.get('OCProperties'))) notes.add('layers');
  if (await hasEntries(document, names?.get('JavaScript'))) notes.add('javascript');
  if (await hasEntries(document, names?.get('EmbeddedFiles'))) notes.add('attachments');
  if (await hasEntries(document, dict.get('AF'))) notes.add('attachments');
  if (await hasEntries(document, dict.get('Collection'))) notes.add('attachments');
  await lookAtActions(look, dict, ['OpenAction']);
}

/** Signature fields are no form; XFA is one, whatever its fields are. */
async function lookAtFields(look: Look): Promise<void> {
  const { document, notes } = look;
  const form = await document.dictOf(document.catalog.dict.get('AcroForm'));
  if (form === undefined) return;
  if (form.has('XFA')) notes.add('form');
  const seen = new Set<number>();
  const walk = async (node: PdfObject | undefined, inherited: string | undefined, depth: number): Promise<void> => {
    if (depth > 16 || look.left <= 0 || (isRef(node) && seen.has(node.number))) return;
    if (isRef(node)) seen.add(node.number);
    look.left -= 1;
    const field = await document.dictOf(node);
    if (field === undefined) return;
    const type = nameOf(await document.resolve(field.get('FT'))) ?? inherited;
    if (type !== undefined && type !== 'Sig') notes.add('form');
    await lookAtActions(look, field, ['A']);
    const kids = await document.resolve(field.get('Kids'));
    if (isArray(kids)) for (const kid of kids) await walk(kid, type, depth + 1);
  };
  const fields = await document.resolve(form.get('Fields'));
  if (isArray(fields)) for (const field of fields) await walk(field, undefined, 0);
}

async function lookAtPage(look: Look, page: PdfPage): Promise<void> {
  const { document, notes } = look;
  await lookAtActions(look, page.dict, []);
  const annotations = await document.resolve(page.dict.get('Annots'));
  if (!isArray(annotations)) return;
  for (const one of annotations) {
    if (look.left <= 0) return;
    look.left -= 1;
    const annotation = await document.dictOf(one);
    if (annotation === undefined) continue;
    const subtype = nameOf(await document.resolve(annotation.get('Subtype')));
    if (subtype === 'FileAttachment') notes.add('attachments');
    if (subtype === 'Widget' && ['Tx', 'Btn', 'Ch'].includes(nameOf(annotation.get('FT')) ?? '')) notes.add('form');
    await lookAtActions(look, annotation, ['A']);
  }
}

/** An action with its followers (12.6.2), and the additional actions of the same dictionary. */
async function lookAtActions(look: Look, owner: PdfDict, keys: readonly string[]): Promise<void> {
  if (look.notes.has('javascript')) return;
  const { document } = look;
  const waiting: PdfObject[] = keys.flatMap((key) => owner.get(key) ?? []);
  const additional = await document.dictOf(owner.get('AA'));
  // The standard knows some twenty; a call takes about 100 000 arguments.
  waiting.push(...[...(additional?.values() ?? [])].slice(0, MOST_CHAINED));
  for (let steps = 0; waiting.length > 0 && steps < MOST_CHAINED; steps += 1) {
    const action = await document.resolve(waiting.pop());
    if (isArray(action)) waiting.push(...action.slice(0, MOST_CHAINED).filter((one) => isDict(one) || isRef(one)));
    if (!isDict(action)) continue;
    const kind = nameOf(await document.resolve(action.get('S')));
    if (kind === 'JavaScript' || (kind === 'Rendition' && action.has('JS'))) look.notes.add('javascript');
    const next = action.get('Next');
    if (next !== undefined) waiting.push(next);
  }
}

/** An empty name tree or an empty array is nothing. */
async function hasEntries(document: PdfDocument, object: PdfObject | undefined): Promise<boolean> {
  const value = await document.resolve(object);
  if (isArray(value)) return value.length > 0;
  if (!isDict(value)) return false;
  for (const key of ['Names', 'Kids', 'OCGs']) {
    if (!value.has(key)) continue;
    const list = await document.resolve(value.get(key));
    return isArray(list) && list.length > 0;
  }
  return value.size > 0;
}
