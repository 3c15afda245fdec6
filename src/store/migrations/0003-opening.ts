import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/**
 * Openings and the capsules that wait for them. Who bids for what stands here only sealed or as a keyed index: units, tasks, bidders and lots
 * of capsules have no readable column, and their ids and the order of their ids say nothing.
 */
export const opening: Migration = {
  name: '0003-opening',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables)) {
      const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
      await sql.raw(`create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`).execute(db);
    }
    for (const index of indexes) await sql.raw(index).execute(db);
    for (const table of appendOnly) for (const statement of wall(table, dialect)) await sql.raw(statement).execute(db);
  },
};

const tables: Readonly<Record<string, string>> = {
  opening: `id text primary key, unit_id text not null, orgcode text not null, task_index text not null unique, body_index text not null,
    terms_sealed text not null, state text not null, version bigint not null, closes_at bigint not null, opens_at bigint not null,
    window_ms bigint not null, window_ends_at bigint, key_model text not null, threshold bigint not null, recovery_threshold bigint not null,
    public_point text not null, release_point text, release_sealed text, release_at bigint, released_at bigint, ended_at bigint,
    created_at bigint not null, updated_at bigint not null`,
  opening_lot: `id text primary key, opening_id text not null references opening, lot_index text not null, record_sealed text not null,
    place bigint not null`,
  opening_person: `id text primary key, opening_id text not null references opening, role text not null, seat bigint not null,
    sign_index text not null, encrypt_index text not null, record_sealed text not null, share_sealed text, share_commitment text,
    test_sealed text, checked_in_at bigint, released_at bigint, created_at bigint not null`,
  release_share: `id text primary key, opening_id text not null references opening, seat bigint not null, person_id text not null references opening_person,
    wrapped_sealed text not null, wrapped_index text not null, verdict text not null, received_at bigint not null, judged_at bigint`,
  opening_amendment: `id text primary key, opening_id text not null references opening, number bigint not null, record_sealed text not null,
    signature text not null, key_id text not null, created_at bigint not null`,
  opening_event: `id text primary key, opening_id text not null references opening, at bigint not null, body_sealed text not null, digest text not null`,
  capsule: `id text primary key, opening_id text not null references opening, lot_index text not null, owner_index text not null,
    slot_index text not null, upload_index text not null unique, bidder_index text not null, version bigint not null, state text not null,
    record_sealed text not null, head_sealed text not null, blob_id text not null, bytes bigint not null, content_index text not null,
    opens_at bigint not null, sealed_at bigint not null, outcome text, outcome_sealed text, key_sealed text, ended_at bigint, updated_at bigint not null`,
  capsule_wrap: `id text primary key, capsule_id text not null references capsule, kind text not null, spki_index text not null,
    record_sealed text not null, created_at bigint not null`,
  capsule_ko: `capsule_id text primary key references capsule, opening_id text not null references opening, value_sealed text not null,
    verdict text not null, created_at bigint not null`,
  rehearsal: `id text primary key, capsule_id text not null references capsule, wrap_id text not null, test_sealed text not null,
    expires_at bigint not null, verdict text, created_at bigint not null, ended_at bigint`,
  content_link: `token_index text primary key, capsule_id text not null references capsule, unit_id text not null,
    expires_at bigint not null, used_at bigint, created_at bigint not null`,
  recovery_approval: `id text primary key, opening_id text not null references opening, capsule_id text not null references capsule,
    person_id text not null references opening_person, wrapped_sealed text not null, received_at bigint not null`,
  time_trust: `id text primary key, state text not null, reason text not null, evidence_sealed text not null, at bigint not null`,
};

const indexes: readonly string[] = [
  'create index opening_unit on opening (unit_id, created_at)',
  'create index opening_running on opening (opens_at) where ended_at is null',
  'create unique index opening_lot_code on opening_lot (opening_id, lot_index)',
  'create index opening_person_of on opening_person (opening_id, role, seat)',
  'create index opening_person_sign on opening_person (sign_index)',
  'create index opening_person_encrypt on opening_person (encrypt_index)',
  // One share a seat counts, and the same wrapped bytes never twice: a duplicate or replayed release finds its place taken.
  "create unique index release_share_seat on release_share (opening_id, seat) where verdict <> 'bad'",
  'create unique index release_share_bytes on release_share (opening_id, wrapped_index)',
  'create unique index opening_amendment_number on opening_amendment (opening_id, number)',
  'create index opening_event_of on opening_event (opening_id, at)',
  'create index capsule_opening on capsule (opening_id, state)',
  "create unique index capsule_slot on capsule (slot_index) where state = 'sealed'",
  'create unique index capsule_version on capsule (slot_index, version)',
  'create index capsule_content on capsule (content_index)',
  'create index capsule_bidder on capsule (bidder_index)',
  'create index capsule_wrap_of on capsule_wrap (capsule_id, kind)',
  'create index capsule_wrap_key on capsule_wrap (spki_index)',
  'create index capsule_ko_opening on capsule_ko (opening_id)',
  'create index rehearsal_of on rehearsal (capsule_id, created_at)',
  'create index content_link_live on content_link (expires_at) where used_at is null',
  'create unique index recovery_approval_person on recovery_approval (capsule_id, person_id)',
  'create index time_trust_at on time_trust (at)',
];

/** What was sealed, said or amended is never rewritten: a later word stands beside the earlier one. */
const appendOnly = ['opening_event', 'opening_amendment', 'capsule_wrap'] as const;

const wall = (table: string, dialect: 'sqlite' | 'postgres'): readonly string[] =>
  dialect === 'sqlite'
    ? ['update', 'delete'].map(
        (verb) =>
          `create trigger ${table}_no_${verb} before ${verb} on ${table} begin select raise(abort, '${table} is append-only'); end`,
      )
    : [
        `create function ${table}_append_only() returns trigger language plpgsql as
          $$ begin raise exception '${table} is append-only'; end $$`,
        `create trigger ${table}_no_change before update or delete on ${table} for each row execute function ${table}_append_only()`,
        `create trigger ${table}_no_truncate before truncate on ${table} for each statement execute function ${table}_append_only()`,
      ];
