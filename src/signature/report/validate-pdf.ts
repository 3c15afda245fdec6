import { hex } from '#kernel/bytes.ts';
import { changesSince, standingOf } from '../pdf/changes.ts';
import { openPdf, type PdfDocument, pagesOf } from '../pdf/document.ts';
import { notesOf } from '../pdf/notes.ts';
import { placesOf, type SignaturePlace } from '../pdf/signature-places.ts';
import { type PdfSignature, signaturesOf } from '../pdf/signatures.ts';
import type { PdfSource } from '../pdf/source.ts';
import { certificationCheck, rangeCheck } from './checks.ts';
import { sm3Of } from './digest-range.ts';
import { judgeContents, nothingFound, type ValidationDeps } from './judge-contents.ts';
import {
  documentVerdict,
  type SealFacts,
  type SignatureReport,
  sentenceOf,
  sentences,
  type ValidationReport,
  verdictOf,
} from './report.ts';

/** Every signature of a PDF, each judged over the bytes that it covers. Throws PdfFault for a file that is none. */
export async function validatePdf(deps: ValidationDeps, source: PdfSource): Promise<ValidationReport> {
  const document = await openPdf(source);
  const pages = await pagesOf(document);
  const found = await signaturesOf(document);
  const places = await placesOf(document, pages, found);
  const formsAllowed = found.some(mayBeFilled);
  const signatures: SignatureReport[] = [];
  for (const signature of found) signatures.push(await reportOn(deps, document, signature, { formsAllowed, places }));
  const verdict = documentVerdict(signatures);
  return {
    v: 1,
    format: 'pdf',
    documentSm3: hex(await sm3Of(deps.gm, source, [[0, source.size]])),
    size: source.size,
    pages: pages.length,
    notes: await notesOf(document, pages),
    checkedAt: deps.now,
    verdict,
    sentence: sentences[verdict],
    signatures,
  };
}

async function reportOn(
  deps: ValidationDeps,
  document: PdfDocument,
  signature: PdfSignature,
  { formsAllowed, places }: { formsAllowed: boolean; places: ReadonlyMap<string, readonly SignaturePlace[]> },
): Promise<SignatureReport> {
  const { rangeFault, byteRange, coveredTo } = signature;
  const changes = rangeFault === null ? await changesSince(document, coveredTo) : [];
  const finding = rangeFault === null ? await judgeContents(deps, document.source, signature) : nothingFound;
  const checks = [rangeCheck(signature), ...finding.checks, ...certificationCheck(signature, changes)];
  const shown = places.get(signature.fieldName) ?? [];
  const verdict = verdictOf(checks);
  const standing = standingOf(changes, formsAllowed && !signature.locksFields);
  return {
    field: signature.fieldName,
    kind: signature.kind,
    verdict,
    standing,
    sentence: sentenceOf(verdict, standing),
    signer: finding.signer,
    time: finding.time,
    coverage: { to: coveredTo, whole: coveredTo === document.source.size, fault: rangeFault },
    seal: finding.seal ?? picturedSeal(signature, shown),
    certification: signature.certification,
    places: shown,
    checks,
    changes,
    diagnostic: {
      byteRange: byteRange.join(' '),
      filter: signature.filter,
      subFilter: signature.subFilter,
      ...finding.diagnostic,
    },
  };
}

/** Only a certification that was itself made properly can let forms be filled (12.8.2.2). */
const mayBeFilled = ({ certification, rangeFault }: PdfSignature): boolean =>
  rangeFault === null && certification !== null && certification >= 2;

/** A picture that only stands on the page: nobody's signature says that it is a seal (readings L22). */
const picturedSeal = ({ kind }: PdfSignature, shown: readonly SignaturePlace[]): SealFacts | null =>
  kind === 'signature' && shown.length > 0 ? { name: '', generation: 'image' } : null;
