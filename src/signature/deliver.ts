import type { Outcome } from '#delivery/dispatcher.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce } from '#interaction/page-room.ts';
import { plainMessage } from '#interaction/plain-message.ts';
import type { Change } from '#interaction/repository-changes.ts';
import { actingOn, boundTo, type Visit } from '#interaction/visit.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { openDocument, removeFiles } from './documents.ts';
import type { DocumentSigned } from './event.ts';
import type { OpenDocument } from './open-document.ts';
import { namesOf } from './prepare.ts';
import { changeSigning, findSigning, forgetFiles, type SigningSet } from './repository.ts';
import type { Room } from './room.ts';
import type { Signing } from './signing.ts';
import { inTx, signingOf, write } from './write.ts';

/** What the two rows say when the page's work ends: on its way to the trading system, or the person's own to take away. */
export function submission(room: Room, { words }: Signing): { change: Change; set: SigningSet } {
  const now = room.clock.now();
  const over = { challenge: null, exchange: null, refusal: null } as const;
  return words.posts
    ? { change: { ...over, state: 'proved' }, set: { plan_sealed: null } }
    : {
        change: { ...over, state: 'succeeded', endedAt: now },
        set: { files_until: now + limits.signedLife, plan_sealed: null },
      };
}

/** The message, in the transaction that ended the page's work; nothing where nobody is told. */
export async function submit(room: Room, tx: Tx, row: Interaction, { words, document }: Signing): Promise<void> {
  if (!words.posts || document === null) return;
  const body: DocumentSigned = {
    taskId: row.taskId,
    standBy: row.standBy,
    answerAs: words.answerAs,
    ...{ name: document.name, bytes: document.bytes, sm3: document.sm3 },
    files: document.files.map(({ ref }) => ref),
  };
  await room.outbox.enqueue(tx, {
    kind: 'document.signed',
    unitId: row.unitId,
    orgcode: row.orgcode,
    interactionId: row.id,
    stateVersion: row.version,
    body,
    deadlineAt: room.clock.now() + limits.signedLife,
    schedule: 'document',
  });
}

/** The person is done: the document goes as it stands. NOTHING_SIGNED. */
export async function finish(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  return room.turns.take(`${visit.interaction} prepare`, async () => {
    const signing = await signingOf(room, visit.interaction);
    const { made, document, prepared } = signing;
    if (made.length === 0 || document === null) return refused(refusal('NOTHING_SIGNED'));
    const { change, set } = submission(room, signing);
    const pending = prepared === null ? [] : [prepared.revision.ref];
    const kept = await inTx(room, async (tx, need) => {
      await forgetFiles(tx, namesOf(pending));
      const row = need(
        await write(room, tx, {
          ...{ interaction: acting.value, signing, change },
          set: { ...set, prepared_id: null, prepared_sealed: null },
          journal: { kind: 'sign.finished', body: { document: document.sm3, signatures: made.length } },
        }),
      );
      await submit(room, tx, row, signing);
      return row;
    });
    if (kept.ok) await removeFiles(room, pending);
    return kept;
  });
}

/** The person asks for another try now; outside `proved` there is nothing to send and the present state is the answer. */
export async function redeliver(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok || bound.value.state !== 'proved') return bound;
  await room.store.tx((tx) => room.outbox.expedite(tx, visit.interaction));
  return bound;
}

const SILENT = '签章后的文件未被接受，请返回交易系统重新发起。';

/**
 * What became of message 9, in the transaction that records the delivery. A parked message waits for a person to replay it, as long as it takes: its files
 * stay, and when it is taken after all the interaction has succeeded.
 */
export const createOutcome =
  (room: Room): Outcome =>
  async (tx, event, outcome) => {
    const now = room.clock.now();
    const end = async (change: Change, kind: string, body: JsonObject, keepUntil: number | null): Promise<void> => {
      const row = await room.interactions.change(
        tx,
        event.interactionId,
        { states: ['proved', 'undelivered'] },
        change,
      );
      if (row === undefined) return;
      const signing = await findSigning(tx, event.interactionId);
      if (signing !== undefined)
        await changeSigning(
          tx,
          { interactionId: event.interactionId, change: signing.change },
          { files_until: keepUntil, updated_at: now },
        );
      await room.journal.append(tx, { kind, unitId: event.unitId, interactionId: event.interactionId, body });
      announce(room, tx, row);
    };
    const later = now + limits.signedLife;
    switch (outcome.kind) {
      case 'delivered': {
        const remark = outcome.remark === undefined ? {} : { remark: outcome.remark };
        return end({ state: 'succeeded', refusal: null, endedAt: now }, 'sign.delivered', remark, later);
      }
      case 'refused': {
        const platform = await room.relyingParties.platform(tx, event.unitId, event.orgcode);
        const params = { platform: platform?.name ?? '交易系统', message: plainMessage(outcome.message, SILENT) };
        const why = refusal('PLATFORM_REFUSED', params);
        return end({ state: 'refused', refusal: why, endedAt: now }, 'sign.platform-refused', {}, later);
      }
      case 'retrying':
        return end({}, 'sign.delivery-retrying', { attempt: outcome.attempt }, null);
      case 'parked':
        return end(
          { state: 'undelivered', refusal: refusal('SIGNED_NOT_DELIVERED'), endedAt: now },
          'sign.parked',
          {},
          null,
        );
      case 'lapsed':
        return end(
          { state: 'undelivered', refusal: refusal('SIGNED_NOT_DELIVERED'), endedAt: now },
          'sign.undelivered',
          {},
          later,
        );
    }
  };

/** The document of a message that is being sent. Throws HubError INTERNAL when it is gone. */
export async function signedDocument(room: Room, body: JsonObject): Promise<OpenDocument> {
  const { files, name } = body;
  if (!Array.isArray(files) || !files.every((ref) => typeof ref === 'string'))
    throw new HubError('INTERNAL', 'no document in the event');
  return openDocument(room.files, files, typeof name === 'string' ? name : '');
}
