import { type Bytes, concat } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import type { PdfSource } from '../pdf/source.ts';
import { resolveLoc } from './entry-name.ts';
import { OfdFault } from './fault.ts';
import { childOf, childrenOf, type Element, parseXml, textOf } from './xml.ts';
import { type Archive, openArchive, type Part } from './zip.ts';

/** An OFD package (GB/T 33190 clause 7): its parts, its documents, and where their lists of signatures are. */
export interface OfdPackage {
  readonly archive: Archive;
  readonly documents: readonly OfdDocument[];
  /** What can make it show something else than its first document. */
  readonly notes: readonly OfdNote[];
  /** Files that are carried along and are no part of a page, whatever they are. */
  readonly attached: ReadonlySet<Part>;
  /** A part as XML. What is read altogether is bounded. Throws OfdFault. */
  xml(part: Part): Promise<Element>;
  bytes(part: Part, most: number): Promise<Bytes>;
  parse(bytes: Bytes): Element;
}

export type OfdNote = 'attachments' | 'documents' | 'versions';

export interface OfdDocument {
  /** Document.xml. */
  readonly root: Part;
  readonly pages: readonly OfdPage[];
  /** undefined: the document lists no signatures. */
  readonly signatures: Part | undefined;
}

export interface OfdPage {
  readonly id: string;
  /** Its content; undefined: the package has none at that place. */
  readonly content: Part | undefined;
}

const ENTRANCE = 'OFD.xml';
const MOST_DOCUMENTS = 50;
const MOST_PAGES = 20_000;

/** Is this a ZIP archive at all? Its first four bytes say so. */
export const looksZipped = (head: Bytes): boolean =>
  Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PK\u0003\u0004';

/** Throws OfdFault: `not-ofd` for any other archive. */
export async function openPackage(source: PdfSource): Promise<OfdPackage> {
  if (!looksZipped(await source.read(0, 4))) throw new OfdFault('not-ofd', 'no ZIP archive');
  const archive = await openArchive(source);
  const entrance = archive.find(ENTRANCE);
  if (entrance === undefined) throw new OfdFault('not-ofd', 'an archive without OFD.xml');
  let total = 0;
  const bytes = async (part: Part, most: number): Promise<Bytes> => {
    total += part.size;
    if (part.size > most || total > limits.ofdXmlTotal)
      throw new OfdFault('too-large', 'a part beyond the allowed size');
    const pieces: Bytes[] = [];
    for await (const piece of archive.read(part)) pieces.push(piece);
    return concat(...pieces);
  };
  const xml = async (part: Part): Promise<Element> => parseXml(await bytes(part, limits.ofdXml));

  const root = await xml(entrance);
  if (root.name !== 'OFD') throw new OfdFault('not-ofd', 'OFD.xml is none');
  // GM/T 0099: parts whose plain content only the key's holder has.
  if (childOf(root, 'Encryptions') !== undefined) throw new OfdFault('encrypted', 'encrypted parts');
  const bodies = childrenOf(root, 'DocBody');
  if (bodies.length === 0 || bodies.length > MOST_DOCUMENTS) throw new OfdFault('broken', 'no document, or too many');
  const documents: OfdDocument[] = [];
  const attached = new Set<Part>();
  const notes = new Set<OfdNote>(bodies.length > 1 ? ['documents'] : []);
  for (const body of bodies) {
    const { document, attachments } = await readDocument({ archive, xml }, body, entrance);
    documents.push(document);
    for (const part of attachments) attached.add(part);
    if (childOf(body, 'Versions') !== undefined) notes.add('versions');
  }
  // Whatever a page shows is judged as a page's.
  for (const { root, pages } of documents)
    for (const part of [root, ...pages.map(({ content }) => content)]) if (part) attached.delete(part);
  if (attached.size > 0) notes.add('attachments');
  return { archive, documents, attached, notes: [...notes], xml, bytes, parse: parseXml };
}

async function readDocument(
  { archive, xml }: Pick<OfdPackage, 'archive' | 'xml'>,
  body: Element,
  entrance: Part,
): Promise<{ document: OfdDocument; attachments: readonly Part[] }> {
  const root = locate(archive, textOf(body, 'DocRoot'), entrance);
  if (root === undefined) throw new OfdFault('broken', 'a document whose root is not there');
  const element = await xml(root);
  if (element.name !== 'Document') throw new OfdFault('broken', 'a document whose root is none');
  const list = textOf(body, 'Signatures');
  const signatures = locate(archive, list, entrance);
  if (list !== undefined && signatures === undefined)
    throw new OfdFault('broken', 'a list of signatures that is not there');
  const pages = childrenOf(childOf(element, 'Pages'), 'Page').map((page) => ({
    id: page.attributes.get('ID') ?? '',
    content: locate(archive, page.attributes.get('BaseLoc'), root),
  }));
  if (pages.length > MOST_PAGES) throw new OfdFault('too-large', 'too many pages');
  const index = locate(archive, textOf(element, 'Attachments'), root);
  const attachments = index === undefined ? [] : childrenOf(await xml(index), 'Attachment');
  return {
    document: { root, pages, signatures },
    attachments:
      index === undefined ? [] : attachments.flatMap((one) => locate(archive, textOf(one, 'FileLoc'), index) ?? []),
  };
}

/** The part that a location names, written in `from`. */
export function locate(archive: Archive, loc: string | undefined, from: Part): Part | undefined {
  const path = loc === undefined ? undefined : resolveLoc(loc, from.name);
  return path === undefined ? undefined : archive.find(path);
}
