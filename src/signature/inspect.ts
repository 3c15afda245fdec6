import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { looksZipped } from './ofd/package.ts';
import { openPdf, pagesOf } from './pdf/document.ts';
import { notesOf } from './pdf/notes.ts';
import { PdfFault } from './pdf/objects.ts';
import { seenSize } from './pdf/placement.ts';
import { signaturesOf } from './pdf/signatures.ts';
import type { PdfSource } from './pdf/source.ts';
import type { KeptDocument } from './signing.ts';
import { refusalOf } from './validation.ts';

export type Inspected = Pick<KeptDocument, 'pages' | 'notes' | 'certification'> & {
  /** Signatures and stamps in it. */
  readonly signatures: number;
};

/**
 * Whether a document can be signed at all, and what its signer should know of it. DOCUMENT_NOT_PDF, DOCUMENT_FORMAT for OFD and office documents, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN,
 * DOCUMENT_TOO_COMPLEX; DOCUMENT_CERTIFIED where its certification allows nothing more.
 */
export async function inspect(source: PdfSource): Promise<Result<Inspected>> {
  try {
    const document = await openPdf(source);
    const pages = await pagesOf(document);
    const signatures = await signaturesOf(document);
    const levels = signatures.flatMap(({ certification }) => certification ?? []);
    const certification = levels.length === 0 ? null : (Math.min(...levels) as 1 | 2 | 3);
    if (certification === 1) return refused(refusal('DOCUMENT_CERTIFIED'));
    const notes = await notesOf(document, pages);
    return ok({ pages: runs(pages.map(seenSize)), notes, certification, signatures: signatures.length });
  } catch (error) {
    if (!(error instanceof PdfFault)) throw error;
    const zipped = error.fault === 'not-pdf' && looksZipped(await source.read(0, 4));
    return refused(zipped ? refusal('DOCUMENT_FORMAT', {}, 'an archive') : refusalOf(error));
  }
}

/** Most documents have pages of one size. */
function runs(sizes: readonly { width: number; height: number }[]): KeptDocument['pages'] {
  const found: [number, number, number][] = [];
  for (const { width, height } of sizes) {
    const [w, h] = [rounded(width), rounded(height)];
    const last = found.at(-1);
    if (last !== undefined && last[0] === w && last[1] === h) last[2] += 1;
    else found.push([w, h, 1]);
  }
  return found;
}

/** A thousandth of a millimetre. */
const rounded = (mm: number): number => Math.round(mm * 1000) / 1000;
