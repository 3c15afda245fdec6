import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** The opening's hall: seats, acts that are to be signed, proposals, facts of each bid, confirmations and objections. */
export const hall: Migration = {
  name: '0004-hall',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables)) {
      const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
      await sql.raw(`create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`).execute(db);
    }
    for (const index of indexes) await sql.raw(index).execute(db);
    for (const statement of wall[dialect]) await sql.raw(statement).execute(db);
  },
};

const tables: Readonly<Record<string, string>> = {
  hall: `opening_id text primary key, version bigint not null, closed_at bigint, confirm_until bigint, minutes_sealed text, minutes_digest text,
    minutes_signature text, minutes_key_id text, finished_at bigint, beat_at bigint, created_at bigint not null, updated_at bigint not null`,
  hall_seat: `id text primary key, opening_id text not null, browser_index text not null, person_index text not null,
    record_sealed text not null, state text not null, ends_at bigint not null, created_at bigint not null,
    updated_at bigint not null`,
  hall_act: `id text primary key, opening_id text not null, seat_id text not null references hall_seat, act_sealed text not null,
    state text not null, proof_sealed text not null, created_at bigint not null, done_at bigint`,
  hall_proposal: `id text primary key, opening_id text not null, kind text not null, state text not null, record_sealed text not null,
    proposer_index text not null, decider_index text, decision_sealed text, lapses_at bigint not null, created_at bigint not null,
    decided_at bigint, check (decider_index is null or decider_index <> proposer_index)`,
  hall_lot_end: `opening_id text not null, lot_id text not null, record_sealed text not null, at bigint not null,
    primary key (opening_id, lot_id)`,
  hall_fact: `id text primary key, opening_id text not null, capsule_id text not null, at bigint not null, kind text not null,
    body_sealed text not null, once_index text not null unique`,
  hall_response: `id text primary key, opening_id text not null, bid_id text not null, kind text not null, record_sealed text not null,
    answer_sealed text, at bigint not null, answered_at bigint`,
};

const indexes: readonly string[] = [
  "create index hall_seat_browser on hall_seat (browser_index) where state = 'taken'",
  'create index hall_seat_opening on hall_seat (opening_id, created_at)',
  'create index hall_act_seat on hall_act (seat_id, created_at)',
  'create index hall_proposal_opening on hall_proposal (opening_id, created_at)',
  'create index hall_fact_opening on hall_fact (opening_id, capsule_id, at)',
  // A bidder speaks once on a bid: confirmation and objection exclude each other.
  'create unique index hall_response_bid on hall_response (opening_id, bid_id)',
];

/** Facts are evidence: a later one stands beside the earlier one. */
const wall: Record<'sqlite' | 'postgres', readonly string[]> = {
  sqlite: ['update', 'delete'].map(
    (verb) =>
      `create trigger hall_fact_no_${verb} before ${verb} on hall_fact begin select raise(abort, 'hall_fact is append-only'); end`,
  ),
  postgres: [
    `create function hall_fact_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'hall_fact is append-only'; end $$`,
    'create trigger hall_fact_no_change before update or delete on hall_fact for each row execute function hall_fact_append_only()',
    'create trigger hall_fact_no_truncate before truncate on hall_fact for each statement execute function hall_fact_append_only()',
  ],
};
