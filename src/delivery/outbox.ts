import type { Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Random } from '#kernel/random.ts';
import type { FieldCipher, Place } from '#store/field-cipher.ts';
import { prepared } from '#store/prepared.ts';
import type { OutboxTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import type { ScheduleName } from './schedule.ts';

/** What is to be told to a receiver: a domain event, never a wire message. */
export interface NewMessage {
  readonly kind: OutboxTable['kind'];
  readonly unitId: string;
  readonly orgcode: string;
  readonly interactionId: string;
  /** Version of the interaction this message speaks of; one message a version. */
  readonly stateVersion: number;
  readonly body: JsonObject;
  /** UTC ms. Nothing is sent at or after it. */
  readonly deadlineAt: number;
  readonly schedule: ScheduleName;
}

export interface Outbox {
  /** Queues a message in the caller's transaction and returns its id; the dispatcher hears of it at commit. */
  enqueue(tx: Tx, message: NewMessage): Promise<string>;
  /** Makes a waiting message of this interaction due now (the person pressed 重试); what is being sent, or done, stays as it is. */
  expedite(tx: Tx, interactionId: string): Promise<void>;
  /** A waiting message that can never be sent any more: its body goes. What is under way has lost its lease's worth. */
  abandon(tx: Tx, id: string): Promise<void>;
  /** Puts a parked message back in the queue with a new deadline; false when it is not parked. */
  replay(tx: Tx, id: string, deadlineAt: number): Promise<boolean>;
}

/** Topic of `Tx.notify` that wakes every dispatcher. */
export const OUTBOX_TOPIC = 'outbox';

export const bodyPlace = (id: string): Place => ({ table: 'outbox', row: id, column: 'body_sealed' });

const insertion = prepared((db, row: OutboxTable) => db.insertInto('outbox').values(row));

/** A dispatcher of this process that may send a message the moment it is committed; false: it is for whoever finds it. */
export type TakeAtOnce = (tx: Tx, row: OutboxTable) => Promise<boolean>;

export function createOutbox(deps: {
  cipher: FieldCipher;
  clock: Clock;
  random: Random;
  takeAtOnce?: TakeAtOnce;
}): Outbox {
  const { cipher, clock, random, takeAtOnce } = deps;
  return {
    enqueue: async (tx, message) => {
      const id = newId('out', random);
      const now = clock.now();
      const row: OutboxTable = {
        id,
        kind: message.kind,
        unit_id: message.unitId,
        orgcode: message.orgcode,
        interaction_id: message.interactionId,
        state_version: message.stateVersion,
        schedule: message.schedule,
        body_sealed: cipher.seal(bodyPlace(id), JSON.stringify(message.body)),
        state: 'pending',
        attempts: 0,
        due_at: now,
        deadline_at: message.deadlineAt,
        lease_owner: null,
        lease_until: null,
        generation: 0,
        last_error: null,
        created_at: now,
        done_at: null,
      };
      if (await takeAtOnce?.(tx, row)) return id;
      await insertion.run(tx, row);
      tx.notify(OUTBOX_TOPIC);
      return id;
    },
    expedite: async (tx, interactionId) => {
      await tx.db
        .updateTable('outbox')
        .set({ due_at: clock.now() })
        .where('interaction_id', '=', interactionId)
        .where('state', '=', 'pending')
        .execute();
      tx.notify(OUTBOX_TOPIC);
    },
    abandon: async (tx, id) => {
      await tx.db
        .updateTable('outbox')
        .set({ state: 'lapsed', body_sealed: '', last_error: 'abandoned', done_at: clock.now() })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .execute();
    },
    replay: async (tx, id, deadlineAt) => {
      const result = await tx.db
        .updateTable('outbox')
        .set({ state: 'pending', attempts: 0, due_at: clock.now(), deadline_at: deadlineAt, done_at: null })
        .where('id', '=', id)
        .where('state', '=', 'parked')
        .executeTakeFirst();
      tx.notify(OUTBOX_TOPIC);
      return result.numUpdatedRows === 1n;
    },
  };
}
