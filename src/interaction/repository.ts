import { type Clock, FUTURE_MS } from '#kernel/clock.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import { prepared } from '#store/prepared.ts';
import type { InteractionKind } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { Interaction } from './interaction.ts';
import { type Change, compareAndSet, type Expect } from './repository-changes.ts';
import { type NewInteraction, type Row, rowCodec } from './repository-rows.ts';

/** Interactions of one kind; rows of another kind do not exist for it. */
export interface Interactions {
  find(h: Handle, id: string): Promise<Interaction | undefined>;
  /** The newest attempt of one unit's taskId; other units' tasks cannot be named (T44). */
  latest(h: Handle, unitId: string, taskId: string, of?: string): Promise<Interaction | undefined>;
  /** Throws the unique violation of (task, attempt) when another request was first. */
  insert(tx: Tx, fresh: NewInteraction): Promise<Interaction>;
  /** Compare and set: one conditional UPDATE that raises the version. undefined: the row no longer met `expect`. */
  change(tx: Tx, id: string, expect: Expect, change: Change): Promise<Interaction | undefined>;
  /** Ids still waiting for a person although their life has ended. */
  overdue(h: Handle, now: number, limit: number): Promise<string[]>;
  /** Ids that wait for a person and were begun under a clock that has been set back since: they would live longer than anything may. */
  ofTheFuture(h: Handle, now: number, limit: number): Promise<string[]>;
  /** Ids with a vendor's exchange under way. */
  exchanging(h: Handle, now: number, limit: number): Promise<string[]>;
  /** Version of each of `ids` that exists. */
  versions(h: Handle, ids: readonly string[]): Promise<Map<string, number>>;
  /** How the delivery of its result stands; undefined: nothing to deliver. */
  delivery(h: Handle, id: string): Promise<{ attempts: number; dueAt: number } | undefined>;
  contentIndex(content: string): string;
}

const byId = prepared((db, { id, kind }: { id: string; kind: InteractionKind }) =>
  db.selectFrom('interaction').selectAll().where('id', '=', id).where('kind', '=', kind),
);
const newestOfTask = prepared((db, { unitId, taskIndex }: { unitId: string; taskIndex: string }) =>
  db
    .selectFrom('interaction')
    .selectAll()
    .where('task_index', '=', taskIndex)
    .where('unit_id', '=', unitId)
    .orderBy('attempt', 'desc')
    .limit(1),
);
const newestMessage = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('outbox')
    .select(['attempts', 'due_at as dueAt'])
    .where('interaction_id', '=', id)
    .orderBy('created_at', 'desc')
    .limit(1),
);
const insertion = prepared((db, row: Row) => db.insertInto('interaction').values(row));

export function createInteractions(deps: { cipher: FieldCipher; clock: Clock }, kind: InteractionKind): Interactions {
  const { cipher, clock } = deps;
  const codec = rowCodec(cipher);
  const taskIndex = (unitId: string, taskId: string, of?: string): string =>
    cipher.index('interaction.task', unitId, kind, taskId, ...(of === undefined ? [] : [of]));
  const contentIndex = (content: string): string => cipher.index('interaction.body', content);
  const one = (row: Row | undefined): Interaction | undefined => (row === undefined ? undefined : codec.fromRow(row));

  return {
    contentIndex,
    find: async (h, id) => one(await byId.first(h, { id, kind })),
    latest: async (h, unitId, taskId, of) =>
      one(await newestOfTask.first(h, { unitId, taskIndex: taskIndex(unitId, taskId, of) })),
    insert: async (tx, fresh) => {
      const row = codec.newRow(
        kind,
        fresh,
        taskIndex(fresh.unitId, fresh.taskId, fresh.of),
        contentIndex(fresh.content),
        clock.now(),
      );
      await insertion.run(tx, row);
      return codec.fromRow(row);
    },
    change: async (tx, id, expect, change) =>
      one(await compareAndSet(codec, kind, clock.now(), tx, id, expect, change)),
    overdue: async (h, now, limit) =>
      ids(
        await h.db
          .selectFrom('interaction')
          .select('id')
          .where('kind', '=', kind)
          .where('ended_at', 'is', null)
          .where('state', 'in', ['open', 'claimed'])
          .where('expires_at', '<=', now)
          .limit(limit)
          .execute(),
      ),
    ofTheFuture: async (h, now, limit) =>
      ids(
        await h.db
          .selectFrom('interaction')
          .select('id')
          .where('kind', '=', kind)
          .where('ended_at', 'is', null)
          .where('state', 'in', ['open', 'claimed'])
          .where('created_at', '>', now + FUTURE_MS)
          .limit(limit)
          .execute(),
      ),
    exchanging: async (h, now, limit) =>
      ids(
        await h.db
          .selectFrom('interaction')
          .select('id')
          .where('kind', '=', kind)
          .where('ended_at', 'is', null)
          .where('state', '=', 'claimed')
          .where('exchange_authority', 'is not', null)
          .where('challenge_used_at', 'is', null)
          .where('expires_at', '>', now)
          .limit(limit)
          .execute(),
      ),
    delivery: (h, id) => newestMessage.first(h, { id }),
    versions: async (h, wanted) => {
      if (wanted.length === 0) return new Map();
      const rows = await h.db
        .selectFrom('interaction')
        .select(['id', 'version'])
        .where('id', 'in', [...wanted])
        .where('kind', '=', kind)
        .execute();
      return new Map(rows.map((row) => [row.id, row.version]));
    },
  };
}

const ids = (rows: readonly { id: string }[]): string[] => rows.map((row) => row.id);
