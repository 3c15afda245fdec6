import type { DeliveryOutcome, OutboxEvent, Outcome } from '#delivery/dispatcher.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce } from '#interaction/page-room.ts';
import { plainMessage } from '#interaction/plain-message.ts';
import type { Change } from '#interaction/repository-changes.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Tx } from '#store/store.ts';
import type { CapsuleEnd } from './capsule-port.ts';
import { changeItem, eraseBodies, type ItemRow, itemsOf } from './repository-items.ts';
import type { Room } from './room.ts';

const SILENT = '结果未被接受，请返回交易系统重新发起。';

/** How one message's way ended. */
interface End {
  readonly item: 'delivered' | 'undelivered';
  readonly interaction: 'succeeded' | 'refused' | 'undelivered';
  readonly capsule: CapsuleEnd['what'];
  readonly journal: string;
  readonly refusal: Refusal | null;
}

/**
 * What became of one message 7, in the transaction that records the delivery. The interaction ends with its last item: succeeded when all were taken.
 * Its ciphertexts are erased then; the content itself went with the outbox row.
 */
export const createOutcome =
  (room: Room): Outcome =>
  async (tx, event, outcome) => {
    const item = itemNamed(event);
    if (outcome.kind === 'retrying') {
      await note(room, tx, event, 'decrypt.delivery-retrying', { item, attempt: outcome.attempt });
      await touch(room, tx, event.interactionId, {});
      return;
    }
    const end = await endOf(room, tx, event, outcome);
    const won = await changeItem(tx, item, ['opened'], {
      state: end.item,
      refusal_code: end.refusal?.code ?? null,
      refusal_sealed: end.refusal === null ? null : room.vault.sealRefusal(item, end.refusal),
      held_by: null,
      held_until: null,
      updated_at: room.clock.now(),
    });
    // Decrypted again meanwhile, after its holder was lost: an older message's end is no news.
    if (won === undefined || won.outbox_id !== event.id) return;
    tx.afterCommit(() => room.held.drop(item));
    const remark = outcome.kind === 'delivered' && outcome.remark !== undefined ? { remark: outcome.remark } : {};
    await note(room, tx, event, end.journal, { item, ...remark });
    if (won.capsule_id !== null)
      await room.capsules.ended(tx, {
        capsuleId: won.capsule_id,
        interaction: event.interactionId,
        what: end.capsule,
      });
    const present = await finish(room, tx, event, end);
    if (won.opened_by !== null && won.opened_by !== event.interactionId) await touch(room, tx, won.opened_by, {});
    if (present !== undefined) announce(room, tx, present);
  };

const itemNamed = ({ body }: OutboxEvent): string => (typeof body['item'] === 'string' ? body['item'] : '');

async function endOf(
  room: Room,
  tx: Tx,
  event: OutboxEvent,
  outcome: Exclude<DeliveryOutcome, { kind: 'retrying' }>,
): Promise<End> {
  switch (outcome.kind) {
    case 'delivered':
      return {
        item: 'delivered',
        interaction: 'succeeded',
        capsule: 'delivered',
        journal: 'decrypt.delivered',
        refusal: null,
      };
    case 'refused': {
      const platform = await room.relyingParties.platform(tx, event.unitId, event.orgcode);
      const params = { platform: platform?.name ?? '交易系统', message: plainMessage(outcome.message, SILENT) };
      const why = refusal('PLATFORM_REFUSED', params);
      return {
        item: 'undelivered',
        interaction: 'refused',
        capsule: 'refused',
        journal: 'decrypt.platform-refused',
        refusal: why,
      };
    }
    case 'parked': // not with this schedule; were it ever so, nothing is sent later
    case 'lapsed': {
      const why = refusal('PLATFORM_NO_ANSWER');
      return {
        item: 'undelivered',
        interaction: 'undelivered',
        capsule: 'undelivered',
        journal: 'decrypt.undelivered',
        refusal: why,
      };
    }
  }
}

/** The interaction's own end, once no item of it is open or under way; else only a newer version for its page. */
async function finish(room: Room, tx: Tx, event: OutboxEvent, end: End): Promise<Interaction | undefined> {
  const items = await itemsOf(tx, event.interactionId);
  if (items.some(({ state }) => state !== 'delivered' && state !== 'undelivered'))
    return room.interactions.change(tx, event.interactionId, { states: ['claimed', 'proved'] }, {});
  const failed = items.filter(({ state }: ItemRow) => state === 'undelivered');
  const state = failed.length === 0 ? 'succeeded' : end.item === 'undelivered' ? end.interaction : 'undelivered';
  const change: Change = { state, refusal: end.refusal, endedAt: room.clock.now() };
  const ended = await room.interactions.change(tx, event.interactionId, { states: ['proved'] }, change);
  if (ended !== undefined) await eraseBodies(tx, event.interactionId, room.clock.now());
  return ended;
}

async function touch(room: Room, tx: Tx, interaction: string, change: Change): Promise<void> {
  const touched = await room.interactions.change(
    tx,
    interaction,
    { states: ['open', 'claimed', 'proved', 'succeeded', 'refused', 'undelivered'] },
    change,
  );
  if (touched !== undefined) announce(room, tx, touched);
}

const note = (room: Room, tx: Tx, event: OutboxEvent, kind: string, body: JsonObject): Promise<void> =>
  room.journal.append(tx, { kind, unitId: event.unitId, interactionId: event.interactionId, body });
