import type { Updateable } from 'kysely';
import type { Refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import { prepared } from '#store/prepared.ts';
import type { InteractionKind, InteractionState, InteractionTable } from '#store/schema.ts';
import type { Tx } from '#store/store.ts';
import type { Row, RowCodec } from './repository-rows.ts';

/** What must still be true of the row for a change to happen; everything named is compared in the UPDATE itself. */
export interface Expect {
  readonly states: readonly InteractionState[];
  readonly generation?: number;
  readonly nonce?: string;
  /** true: consumed; false: not yet. */
  readonly challengeUsed?: boolean;
  readonly challengeLiveAt?: number;
  /** Its life has not ended at this time. */
  readonly liveAt?: number;
  /** Its life has ended at this time. */
  readonly overdueAt?: number;
  /** Written later than this: the clock was set back since. */
  readonly writtenAfter?: number;
  readonly version?: number;
  readonly ticketUnused?: boolean;
}

export interface Change {
  /** Nothing a page or receiver may see: the version stays. */
  readonly quiet?: boolean;
  readonly state?: InteractionState;
  readonly nextGeneration?: true;
  readonly browserHash?: string | null;
  readonly challenge?: { nonce: string; expiresAt: number } | null;
  readonly challengeUsedAt?: number;
  readonly exchange?: { authority: string; body: Json } | null;
  readonly certificateId?: string;
  readonly authorityId?: string;
  readonly ticketUsedAt?: number;
  readonly refusal?: Refusal | null;
  readonly expiresAt?: number;
  readonly endedAt?: number;
}

/** One conditional UPDATE: nothing is read before, so two of them cannot both win. */
export const compareAndSet = (
  codec: RowCodec,
  kind: InteractionKind,
  now: number,
  tx: Tx,
  id: string,
  expect: Expect,
  change: Change,
): Promise<Row | undefined> =>
  conditionalUpdate.first(tx, {
    id,
    kind,
    ...under('set.', columns(codec, now, id, change)),
    ...under('state.', expect.states),
    ...(change.quiet !== true && { 'raise.version': null }),
    ...(change.nextGeneration === true && { 'raise.generation': null }),
    ...under('if.', conditions(expect)),
  });

/** Members of one statement, flat: their names decide about its shape (prepared.ts), so that equal shapes share it. */
type Members = { readonly id: string; readonly kind: InteractionKind } & Readonly<Record<string, Value>>;
type Value = string | number | null;

const under = (prefix: string, members: object): Record<string, Value> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [prefix + name, value as Value]));

const conditionalUpdate = prepared((db, { id, kind, ...members }: Members) => {
  const of = (prefix: string): [string, Value][] =>
    Object.entries(members).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    );
  let query = db
    .updateTable('interaction')
    .set(Object.fromEntries(of('set.')) as Updateable<InteractionTable>)
    .set((eb) => Object.fromEntries(of('raise.').map(([column]) => [column, eb(column as 'version', '+', 1)])))
    .where('id', '=', id)
    .where('kind', '=', kind)
    .where('state', 'in', of('state.').map(([, state]) => state) as InteractionState[]);
  for (const [name, value] of of('if.')) query = query.where((eb) => eb(...CONDITIONS[name as Condition](value)));
  return query.returningAll();
});

type Condition =
  | 'generation'
  | 'nonce'
  | 'used'
  | 'unused'
  | 'challengeLive'
  | 'live'
  | 'overdue'
  | 'writtenAfter'
  | 'version'
  | 'ticketUnused';
type Comparison = [column: keyof InteractionTable, operator: '=' | '>' | '<=' | 'is' | 'is not', value: Value];

const CONDITIONS: Readonly<Record<Condition, (value: Value) => Comparison>> = {
  generation: (value) => ['generation', '=', value],
  nonce: (value) => ['challenge_nonce', '=', value],
  used: () => ['challenge_used_at', 'is not', null],
  unused: () => ['challenge_used_at', 'is', null],
  challengeLive: (value) => ['challenge_expires_at', '>', value],
  live: (value) => ['expires_at', '>', value],
  overdue: (value) => ['expires_at', '<=', value],
  writtenAfter: (value) => ['created_at', '>', value],
  version: (value) => ['version', '=', value],
  ticketUnused: () => ['ticket_used_at', 'is', null],
};

const conditions = (expect: Expect): Partial<Record<Condition, Value>> => ({
  ...(expect.generation !== undefined && { generation: expect.generation }),
  ...(expect.nonce !== undefined && { nonce: expect.nonce }),
  ...(expect.challengeUsed !== undefined && { [expect.challengeUsed ? 'used' : 'unused']: null }),
  ...(expect.challengeLiveAt !== undefined && { challengeLive: expect.challengeLiveAt }),
  ...(expect.liveAt !== undefined && { live: expect.liveAt }),
  ...(expect.overdueAt !== undefined && { overdue: expect.overdueAt }),
  ...(expect.writtenAfter !== undefined && { writtenAfter: expect.writtenAfter }),
  ...(expect.version !== undefined && { version: expect.version }),
  ...(expect.ticketUnused === true && { ticketUnused: null }),
});

function columns(codec: RowCodec, now: number, id: string, change: Change): Updateable<InteractionTable> {
  const set: Updateable<InteractionTable> = { updated_at: now };
  if (change.state !== undefined) set.state = change.state;
  if (change.browserHash !== undefined) set.browser_hash = change.browserHash;
  if (change.challenge !== undefined) {
    set.challenge_nonce = change.challenge?.nonce ?? null;
    set.challenge_expires_at = change.challenge?.expiresAt ?? null;
    set.challenge_used_at = null;
  }
  if (change.challengeUsedAt !== undefined) set.challenge_used_at = change.challengeUsedAt;
  if (change.exchange !== undefined) {
    set.exchange_authority = change.exchange?.authority ?? null;
    set.exchange_sealed = change.exchange === null ? null : codec.seal(id, 'exchange_sealed', change.exchange.body);
  }
  if (change.certificateId !== undefined) set.certificate_id = change.certificateId;
  if (change.authorityId !== undefined) set.authority_id = change.authorityId;
  if (change.ticketUsedAt !== undefined) set.ticket_used_at = change.ticketUsedAt;
  if (change.refusal !== undefined) {
    set.refusal_code = change.refusal?.code ?? null;
    set.refusal_sealed =
      change.refusal === null ? null : codec.seal(id, 'refusal_sealed', { ...change.refusal.params });
  }
  if (change.expiresAt !== undefined) set.expires_at = change.expiresAt;
  if (change.endedAt !== undefined) set.ended_at = change.endedAt;
  return set;
}
