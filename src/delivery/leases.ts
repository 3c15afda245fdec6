import { type RawBuilder, sql } from 'kysely';
import { type Clock, FUTURE_MS } from '#kernel/clock.ts';
import { prepared } from '#store/prepared.ts';
import type { OutboxTable } from '#store/schema.ts';
import type { Dialect, Store, Tx } from '#store/store.ts';
import { type Next, REFUSED } from './schedule.ts';

/** A row that this dispatcher may send now. `generation` is the fence: whoever claims later gets a higher one. */
export type Claim = OutboxTable;

export interface Leases {
  /** Writes a new row that this dispatcher already holds: one commit for the message and its first lease. */
  insertHeld(tx: Tx, row: OutboxTable): Promise<Claim>;
  /** Takes due rows, at most `room` in all and `perEndpoint` a receiver beside those already in flight. */
  claim(busy: ReadonlyMap<string, number>, room: number): Promise<Claim[]>;
  /** Extends the lease; false when another dispatcher has taken the row. */
  renew(claim: Claim): Promise<boolean>;
  /** Records what follows, only while the fence holds; false when it does not, and then nothing was written. */
  finish(tx: Tx, claim: Claim, next: Next): Promise<boolean>;
  /** Milliseconds until another row becomes due or a foreign lease runs out; undefined when nothing waits. */
  untilNext(): Promise<number | undefined>;
}

export const endpointOf = (row: { unit_id: string; orgcode: string }): string => `${row.unit_id} ${row.orgcode}`;

/** On PostgreSQL the database's clock decides about leases, so that hubs with different clocks agree; on SQLite there is one machine. */
const leaseNow = (dialect: Dialect, now: number): RawBuilder<number> =>
  dialect === 'postgres'
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast(${now} as integer)`;
const leaseEnd = (dialect: Dialect, now: number, leaseMs: number): RawBuilder<number> =>
  sql<number>`${leaseNow(dialect, now)} + cast(${leaseMs} as bigint)`;

const WINDOW = 64;

export function createLeases(
  store: Store,
  options: { clock: Clock; owner: string; leaseMs: number; perEndpoint: number },
): Leases {
  const { clock, owner, leaseMs, perEndpoint } = options;
  const { dialect } = store;
  const now = (): RawBuilder<number> => leaseNow(dialect, clock.now());
  const end = (): RawBuilder<number> => leaseEnd(dialect, clock.now(), leaseMs);

  const claim = (busy: ReadonlyMap<string, number>, room: number): Promise<Claim[]> =>
    store.lease(async (db) => {
      const full = [...busy].filter(([, count]) => count >= perEndpoint).map(([endpoint]) => endpoint);
      let due = db
        .selectFrom('outbox')
        .select(['id', 'unit_id', 'orgcode'])
        .where('state', '=', 'pending')
        // Written under a clock that has been set back since: due now, and no lease reaches so far.
        .where((is) => is.or([is('due_at', '<=', clock.now()), is('created_at', '>', clock.now() + FUTURE_MS)]))
        .where((is) =>
          is.or([
            is('lease_until', 'is', null),
            is('lease_until', '<=', now()),
            is('lease_until', '>', leaseEnd(dialect, clock.now(), leaseMs + FUTURE_MS)),
          ]),
        )
        .orderBy('due_at')
        .limit(WINDOW);
      // A receiver that answers nothing must not fill the window and starve the others.
      for (const endpoint of full) due = due.where(sql<boolean>`unit_id || ' ' || orgcode <> ${endpoint}`);
      const candidates = await (store.dialect === 'postgres' ? due.forUpdate().skipLocked() : due).execute();
      const chosen = choose(candidates, busy, { room, perEndpoint });
      if (chosen.length === 0) return [];
      return db
        .updateTable('outbox')
        .set((row) => ({
          lease_owner: owner,
          lease_until: end(),
          generation: row('generation', '+', 1),
          attempts: row('attempts', '+', 1),
        }))
        .where('id', 'in', chosen)
        .returningAll()
        .execute();
    });

  const heldInsertion = prepared((db, { now, leaseMs, ...row }: OutboxTable & { now: number; leaseMs: number }) =>
    db.insertInto('outbox').values({ ...row, lease_until: leaseEnd(dialect, now, leaseMs) }),
  );
  const finishing = prepared(
    (db, { id, generation, ...set }: Partial<OutboxTable> & Pick<OutboxTable, 'id' | 'generation'>) =>
      db
        .updateTable('outbox')
        .set({ ...set, lease_owner: null, lease_until: null })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .where('lease_owner', '=', owner)
        .where('generation', '=', generation),
  );

  return {
    insertHeld: async (tx, row) => {
      const claim = { ...row, lease_owner: owner, generation: 1, attempts: 1 };
      await heldInsertion.run(tx, { ...claim, now: clock.now(), leaseMs });
      return claim;
    },
    claim,
    renew: async (claim) => {
      const result = await store.lease((db) =>
        db
          .updateTable('outbox')
          .set({ lease_until: end() })
          .where('id', '=', claim.id)
          .where('lease_owner', '=', owner)
          .where('generation', '=', claim.generation)
          .executeTakeFirst(),
      );
      return result.numUpdatedRows === 1n;
    },
    finish: async (tx, { id, generation }, next) =>
      (await finishing.run(tx, { id, generation, ...columnsOf(next, clock.now()) })) === 1,
    untilNext: async () => {
      const at = clock.now();
      const waiting = await store.read.db
        .selectFrom('outbox')
        .select((row) => [
          row.fn.min(sql<number | null>`case when due_at > ${at} then due_at - ${at} end`).as('due'),
          row.fn.min(sql<number | null>`case when lease_until > ${now()} then lease_until - ${now()} end`).as('lease'),
        ])
        .where('state', '=', 'pending')
        .executeTakeFirst();
      const times = [waiting?.due, waiting?.lease].filter((time) => typeof time === 'number');
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}

function choose(
  candidates: readonly { id: string; unit_id: string; orgcode: string }[],
  busy: ReadonlyMap<string, number>,
  limit: { room: number; perEndpoint: number },
): string[] {
  const counts = new Map(busy);
  const chosen: string[] = [];
  for (const row of candidates) {
    const endpoint = endpointOf(row);
    const count = counts.get(endpoint) ?? 0;
    if (chosen.length >= limit.room || count >= limit.perEndpoint) continue;
    counts.set(endpoint, count + 1);
    chosen.push(row.id);
  }
  return chosen;
}

/** The plaintext's sealed copy goes in the same statement that ends the message (readings L54). */
function columnsOf(next: Next, now: number): Partial<OutboxTable> {
  switch (next.kind) {
    case 'delivered':
      return { state: 'delivered', body_sealed: '', last_error: null, done_at: now };
    case 'refused':
      return { state: 'refused', body_sealed: '', last_error: REFUSED, done_at: now };
    case 'lapsed':
      return { state: 'lapsed', body_sealed: '', last_error: next.reason, done_at: now };
    case 'parked':
      return { state: 'parked', last_error: next.reason };
    case 'retry':
      return { due_at: next.at, last_error: next.reason };
  }
}
