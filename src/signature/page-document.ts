import type { Interaction } from '#interaction/interaction.ts';
import { actingOn, boundTo, endOf, type Visit } from '#interaction/visit.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { openDocument, plainName, removeFiles } from './documents.ts';
import type { OpenDocument } from './open-document.ts';
import { namesOf } from './prepare.ts';
import { filesOf, forgetFiles, keepFiles } from './repository.ts';
import type { Room } from './room.ts';
import { largestOf } from './signing.ts';
import { keptOf, stage } from './start.ts';
import { inTx, signingOf, write } from './write.ts';

/**
 * What the page shows and what is signed: the very bytes. A version that is not there any more: DOCUMENT_CHANGED; nothing loaded: DOCUMENT_MISSING. Also
 * when the page's work is done, as long as the files are kept.
 */
export async function pageDocument(room: Room, visit: Visit, version?: number): Promise<Result<OpenDocument>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok) return bound;
  const { state } = bound.value;
  const end = endOf(bound.value, room.clock.now());
  if (end !== undefined && state !== 'undelivered' && state !== 'refused') return refused(end);
  const signing = await signingOf(room, visit.interaction);
  const { document } = signing;
  if (document === null) return refused(refusal('DOCUMENT_MISSING'));
  const back = signing.version - (version ?? signing.version);
  if (back < 0 || back >= document.files.length) return refused(refusal('DOCUMENT_CHANGED'));
  const files = document.files.slice(0, document.files.length - back);
  const refs = files.map(({ ref }) => ref);
  return ok(await openDocument(room.files, refs, document.name));
}

/** startiframesign: the person brings a file of his own. What was there, and every signature made on it, is forgotten. */
export async function putLocal(
  room: Room,
  visit: Visit,
  source: AsyncIterable<Bytes>,
  name: string,
): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const before = await signingOf(room, visit.interaction);
  if (before.words.mode !== 'local') return refused(refusal('INPUT_NOT_ALLOWED', {}, 'the document is the task’s'));
  const staged = await stage(room, source, largestOf(before.words));
  if (!staged.ok) return staged;
  const kept = await keptOf(room, staged.value, plainName(name));
  const put = kept.ok
    ? await room.turns.take(`${visit.interaction} prepare`, () => exchange(room, acting.value, kept.value))
    : kept;
  if (!put.ok) await removeFiles(room, [staged.value.ref]);
  return put;
}

async function exchange(
  room: Room,
  interaction: Interaction,
  document: Parameters<Room['vault']['document']>[1],
): Promise<Result<Interaction>> {
  const signing = await signingOf(room, interaction.id);
  const gone = await filesOf(room.store.read, interaction.id);
  const exchanged = await inTx(room, async (tx, need) => {
    await forgetFiles(tx, gone);
    await keepFiles(tx, interaction.id, namesOf(document.files.map(({ ref }) => ref)));
    return need(
      await write(room, tx, {
        ...{ interaction, signing },
        set: {
          version: signing.version + 1,
          document_sealed: room.vault.document(interaction.id, document),
          made_sealed: room.vault.made(interaction.id, []),
          ...{ prepared_id: null, prepared_sealed: null },
        },
        change: { refusal: null },
        journal: { kind: 'sign.loaded', body: { document: document.sm3, bytes: document.bytes } },
      }),
    );
  });
  if (exchanged.ok) await removeFiles(room, gone);
  return exchanged;
}
