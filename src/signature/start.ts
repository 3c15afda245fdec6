import type { Interaction } from '#interaction/interaction.ts';
import { openTask } from '#interaction/open-task.ts';
import { pageUrlOf } from '#interaction/page-room.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import { BlobTooLarge } from '#store/blobs.ts';
import { nameOfSealed } from '#store/sealed-files.ts';
import type { Tx } from '#store/store.ts';
import { openDocument, plainName, removeFiles } from './documents.ts';
import { inspect } from './inspect.ts';
import { insertSigning, keepFiles } from './repository.ts';
import type { LocalSignRequest, SignatureRequest, StagedDocument, StartedSigning } from './requests.ts';
import type { Room } from './room.ts';
import type { KeptDocument, SigningWords } from './signing.ts';

/** Takes a document in before anybody has asked anything of it. BODY_TOO_LARGE. */
export async function stage(
  room: Room,
  source: AsyncIterable<Bytes>,
  limit: number = limits.document,
): Promise<Result<StagedDocument>> {
  try {
    const { ref, bytes, sm3 } = await room.files.write(source, limit);
    return ok({ ref, bytes, sm3 });
  } catch (error) {
    if (error instanceof BlobTooLarge)
      return refused(refusal('BODY_TOO_LARGE', { limit: `${Math.floor(limit / (1024 * 1024))} MB` }));
    throw error;
  }
}

/**
 * startSignature (readings L36-L39): opens a page on which the document is shown and signed. A repeat gives a fresh link to what lies here already; the
 * document it brought, and that of a refused request, is removed at once.
 */
export async function startSignature(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: SignatureRequest,
): Promise<Result<StartedSigning>> {
  const { document, name, wish, unitCode, answerAs } = request;
  const words: SigningWords = { mode: 'document', posts: true, answerAs, wish, unitCode };
  const kept = await keptOf(room, document, plainName(name ?? '') || `…${request.taskId.slice(-12)}.pdf`);
  const started = kept.ok
    ? await start(room, unit, platform, { request: { ...request, of: 'startSignature' }, words, document: kept.value })
    : kept;
  // Thrown upon the way: nobody can say whether it was taken up, so the sweeper decides.
  if (!started.ok || !started.value.fresh) await removeFiles(room, [document.ref]);
  return started.ok ? ok({ interaction: started.value.interaction, pageUrl: started.value.pageUrl }) : started;
}

/** startiframesign (readings L40): a page on which the person signs a file of his own. */
export async function startLocal(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: LocalSignRequest,
): Promise<Result<StartedSigning>> {
  const { postBack, answerAs } = request;
  const words: SigningWords = { mode: 'local', posts: postBack, answerAs, wish: null, unitCode: null };
  const task = { ...request, standBy: null, of: 'startiframesign' as const };
  const started = await start(room, unit, platform, { request: task, words, document: null });
  return started.ok ? ok({ interaction: started.value.interaction, pageUrl: started.value.pageUrl }) : started;
}

/** The document as the row will have it; existing signatures are judged when somebody looks. */
export async function keptOf(room: Room, staged: StagedDocument, name: string): Promise<Result<KeptDocument>> {
  const open = await openDocument(room.files, [staged.ref], name);
  try {
    const found = await room.looks.through(() => inspect(open));
    if (!found.ok) return found;
    const { pages, notes, certification, signatures } = found.value;
    const { bytes, sm3 } = staged;
    return ok({
      name,
      files: [{ ref: staged.ref, bytes }],
      ...{ came: { bytes, sm3 }, bytes, sm3, pages, notes, certification },
      existing: signatures === 0 ? [] : null,
    });
  } finally {
    await open.close();
  }
}

interface Opening {
  readonly request: Parameters<typeof openTask>[1]['request'];
  readonly words: SigningWords;
  readonly document: KeptDocument | null;
}

/** `fresh`: this very request opened it, and its document is the task's. */
async function start(
  room: Room,
  unit: Unit,
  platform: Platform,
  { request, words, document }: Opening,
): Promise<Result<StartedSigning & { readonly fresh: boolean }>> {
  // A round that lost its race is rolled back, and then the task is another interaction's.
  let inserted: string | undefined;
  const opened = async (tx: Tx, interaction: Interaction): Promise<void> => {
    inserted = interaction.id;
    await insertSigning(tx, {
      ...{ interaction_id: interaction.id, unit_id: interaction.unitId, change: 1 },
      version: document === null ? 0 : 1,
      words_sealed: room.vault.words(interaction.id, words),
      document_sealed: document === null ? null : room.vault.document(interaction.id, document),
      ...{ signer_sealed: null, prepared_id: null, prepared_sealed: null, files_until: null },
      made_sealed: room.vault.made(interaction.id, []),
      ...{ plan_sealed: null, plan_revision: 0 },
      updated_at: room.clock.now(),
    });
    const names = (document?.files ?? []).flatMap(({ ref }) => nameOfSealed(ref) ?? []);
    await keepFiles(tx, interaction.id, names);
  };
  const expiresAt = (): number => room.clock.now() + limits.signLife;
  const task = await openTask(room, { unit, platform, request, expiresAt, opened });
  if (!task.ok) return task;
  const { id } = task.value;
  return ok({ interaction: id, pageUrl: pageUrlOf(room, platform, task.value), fresh: inserted === id });
}
