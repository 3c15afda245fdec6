import { announce } from '#interaction/page-room.ts';
import { openDocument } from './documents.ts';
import { openPdf } from './pdf/document.ts';
import { PdfFault } from './pdf/objects.ts';
import { signaturesOf } from './pdf/signatures.ts';
import type { PdfSource } from './pdf/source.ts';
import type { SignatureReport } from './report/report.ts';
import { validatePdf } from './report/validate-pdf.ts';
import { changeSigning, findSigning } from './repository.ts';
import type { Room } from './room.ts';
import type { ExistingSignature } from './signing.ts';
import { judgesOf } from './validation.ts';

/** Each is judged over all that it covers: beyond this many, or this much to hash, the signer is told their names alone. */
const MOST_JUDGED = 30;
const MOST_HASHED = 1024 * 1024 * 1024;

/**
 * Finds out what the signatures are worth that a document brought along, once, when somebody looks at it: status lists may have to be fetched. The page
 * learns it by a newer version.
 */
export function judgeExisting(room: Room, interactionId: string): Promise<void> {
  return room.turns.take(`${interactionId} existing`, async () => {
    const row = await findSigning(room.store.read, interactionId);
    const document = row && room.vault.open(row).document;
    const [base] = document?.files ?? [];
    if (document === undefined || document === null || base === undefined || document.existing !== null) return;
    const open = await openDocument(room.files, [base.ref], document.name);
    let existing: readonly ExistingSignature[];
    try {
      existing = await judged(room, open);
    } finally {
      await open.close();
    }
    await write(room, interactionId, base.ref, existing);
  });
}

async function judged(room: Room, source: PdfSource): Promise<readonly ExistingSignature[]> {
  try {
    const signatures = await signaturesOf(await openPdf(source));
    if (signatures.length > MOST_JUDGED || signatures.length * source.size > MOST_HASHED)
      return signatures.map(({ claimed }) => ({ signer: claimed.name ?? '', at: null, verdict: 'indeterminate' }));
    const report = await validatePdf(
      { gm: room.gm, judges: judgesOf({ ...room, sealMakers: room.seals.makers }), now: room.clock.now() },
      source,
    );
    return report.signatures.map(shown);
  } catch (error) {
    if (!(error instanceof PdfFault)) throw error;
    room.log.warn({ fault: error.fault }, 'the signatures of a document could not be judged');
    return [];
  }
}

const shown = ({ signer, time, verdict, standing }: SignatureReport): ExistingSignature => ({
  signer: signer?.name ?? '',
  at: time?.at ?? null,
  verdict: verdict === 'valid' && standing === 'changed' ? 'valid-changed' : verdict,
});

/** Only under the document that was judged: the person may have loaded another one meanwhile. */
const write = (room: Room, id: string, ref: string, existing: readonly ExistingSignature[]): Promise<void> =>
  room.store.tx(async (tx) => {
    const row = await findSigning(tx, id);
    const document = row && room.vault.open(row).document;
    if (row === undefined || document === undefined || document === null || document.files[0]?.ref !== ref) return;
    const sealed = room.vault.document(id, { ...document, existing });
    if (!(await changeSigning(tx, { interactionId: id, change: row.change }, { document_sealed: sealed }))) return;
    const touched = await room.interactions.change(tx, id, { states: ['open', 'claimed', 'proved'] }, {});
    if (touched !== undefined) announce(room, tx, touched);
  });
