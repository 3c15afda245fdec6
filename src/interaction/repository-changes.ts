import type { Updateable } from 'kysely';
import type { Refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
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
export async function compareAndSet(
  codec: RowCodec,
  kind: InteractionKind,
  now: number,
  tx: Tx,
  id: string,
  expect: Expect,
  change: Change,
): Promise<Row | undefined> {
  let query = tx.db
    .updateTable('interaction')
    .set(columns(codec, now, id, change))
    .set((eb) => ({
      ...(change.quiet !== true && { version: eb('version', '+', 1) }),
      ...(change.nextGeneration === true && { generation: eb('generation', '+', 1) }),
    }))
    .where('id', '=', id)
    .where('kind', '=', kind)
    .where('state', 'in', [...expect.states]);
  if (expect.generation !== undefined) query = query.where('generation', '=', expect.generation);
  if (expect.nonce !== undefined) query = query.where('challenge_nonce', '=', expect.nonce);
  if (expect.challengeUsed !== undefined)
    query = query.where('challenge_used_at', expect.challengeUsed ? 'is not' : 'is', null);
  if (expect.challengeLiveAt !== undefined) query = query.where('challenge_expires_at', '>', expect.challengeLiveAt);
  if (expect.liveAt !== undefined) query = query.where('expires_at', '>', expect.liveAt);
  if (expect.overdueAt !== undefined) query = query.where('expires_at', '<=', expect.overdueAt);
  if (expect.version !== undefined) query = query.where('version', '=', expect.version);
  if (expect.ticketUnused === true) query = query.where('ticket_used_at', 'is', null);
  return query.returningAll().executeTakeFirst();
}

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
