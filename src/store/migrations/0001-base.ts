import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/**
 * The first schema. Foreign keys stand only between tables of one room; interaction, outbox and journal name others by id alone,
 * because they are records of what happened and outlive what they name.
 */
export const base: Migration = {
  name: '0001-base',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables))
      await sql.raw(createTable(name, columns, dialect)).execute(db);
    for (const index of indexes) await sql.raw(index).execute(db);
    for (const statement of appendOnly[dialect]) await sql.raw(statement).execute(db);
  },
};

/** `bigint` is 64 bits on both; STRICT makes SQLite as particular about types as PostgreSQL is. */
function createTable(name: string, columns: string, dialect: 'sqlite' | 'postgres'): string {
  const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
  return `create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`;
}

const tables: Readonly<Record<string, string>> = {
  // relying-party
  unit: `id text primary key, name text not null, status text not null, profile text not null, file_key_sealed text not null,
    created_at bigint not null, updated_at bigint not null`,
  unit_secret: `id text primary key, unit_id text not null references unit, secret_sealed text not null, status text not null,
    created_at bigint not null, retired_at bigint`,
  platform: `unit_id text not null references unit, orgcode text not null, name text not null, status text not null,
    callback_base text not null, callback_paths text not null, return_urls text not null, home_url text not null, public_url text,
    origins text not null, private_ranges text not null, created_at bigint not null, updated_at bigint not null,
    primary key (unit_id, orgcode)`,
  // drivers
  authority: `id text primary key, name text not null, driver text not null, status text not null, manifest text not null,
    secrets_sealed text not null, created_at bigint not null, updated_at bigint not null`,
  authority_certificate: `fingerprint text primary key, authority_id text not null references authority, role text not null,
    der text not null, created_at bigint not null`,
  crl: `id text primary key, issuer_key text not null, url text not null, der text not null, this_update bigint not null,
    next_update bigint not null, fetched_at bigint not null`,
  // subscriber
  subscriber: `id text primary key, kind text not null, unit_code_index text not null, id_number_index text not null,
    created_at bigint not null`,
  certificate: `id text primary key, fingerprint_index text not null, issuer_key text not null, serial_index text not null,
    spki_index text not null, purpose text not null, authority_id text not null, subscriber_id text not null references subscriber,
    der_sealed text not null, not_before bigint not null, not_after bigint not null, status text not null, status_at bigint not null,
    created_at bigint not null`,
  enrolment: `id text primary key, unit_id text not null, subscriber_id text not null references subscriber,
    sign_certificate_id text not null references certificate, enc_certificate_id text not null references certificate,
    record_sealed text not null, seal_sealed text not null, content_index text not null, status text not null,
    superseded_by text references enrolment, version bigint not null, created_at bigint not null, updated_at bigint not null`,
  enrolment_history: `id text primary key, enrolment_id text not null references enrolment, change text not null,
    before_sealed text not null, at bigint not null`,
  conflict: `id text primary key, certificate_id text not null references certificate, unit_id text not null, other_unit_id text not null,
    fields text not null, detail_sealed text not null, status text not null, resolution text, created_at bigint not null,
    resolved_at bigint`,
  // interaction
  interaction: `id text primary key, kind text not null, unit_id text not null, orgcode text not null, task_index text not null,
    task_sealed text not null, attempt bigint not null, body_index text not null, standby_sealed text not null,
    return_url_sealed text not null, state text not null, version bigint not null, generation bigint not null, browser_hash text,
    challenge_nonce text, challenge_expires_at bigint, challenge_used_at bigint, exchange_sealed text, exchange_authority text,
    certificate_id text, authority_id text, ticket_used_at bigint, support_code text not null, refusal_code text, refusal_sealed text,
    created_at bigint not null, expires_at bigint not null, ended_at bigint, updated_at bigint not null`,
  // delivery
  outbox: `id text primary key, kind text not null, unit_id text not null, orgcode text not null, interaction_id text not null,
    state_version bigint not null, schedule text not null, body_sealed text not null, state text not null, attempts bigint not null,
    due_at bigint not null, deadline_at bigint not null, lease_owner text, lease_until bigint, generation bigint not null,
    last_error text, created_at bigint not null, done_at bigint`,
  // audit
  journal: `seq bigint not null primary key, at bigint not null, kind text not null, unit_id text, interaction_id text, body text not null,
    prev text not null unique, hash text not null`,
  journal_checkpoint: `seq bigint not null primary key, head text not null, at bigint not null, key_id text not null, signature text not null`,
  // store
  hub_key: `id text primary key, purpose text not null, public_point text not null, private_sealed text not null, status text not null,
    created_at bigint not null`,
};

const indexes: readonly string[] = [
  'create index unit_secret_unit on unit_secret (unit_id, status)',
  'create index authority_certificate_authority on authority_certificate (authority_id)',
  'create unique index crl_source on crl (issuer_key, url)',
  'create unique index subscriber_identity on subscriber (kind, unit_code_index, id_number_index)',
  'create index subscriber_person on subscriber (id_number_index)',
  // Vendor by key, never by name: the same serial of another issuer is another certificate (T26).
  'create unique index certificate_identity on certificate (issuer_key, serial_index)',
  'create unique index certificate_fingerprint on certificate (fingerprint_index)',
  'create index certificate_key on certificate (spki_index)',
  'create index certificate_subscriber on certificate (subscriber_id, status)',
  'create unique index enrolment_key on enrolment (unit_id, sign_certificate_id)',
  'create index enrolment_sign on enrolment (sign_certificate_id, status)',
  'create index enrolment_encrypt on enrolment (enc_certificate_id)',
  'create index enrolment_subscriber on enrolment (subscriber_id, unit_id)',
  'create index enrolment_history_of on enrolment_history (enrolment_id, at)',
  'create index conflict_open on conflict (status, created_at)',
  'create index conflict_certificate on conflict (certificate_id)',
  'create unique index interaction_attempt on interaction (task_index, attempt)',
  'create index interaction_running on interaction (expires_at) where ended_at is null',
  'create index interaction_support on interaction (support_code)',
  'create index interaction_unit on interaction (unit_id, orgcode, created_at)',
  "create index outbox_due on outbox (due_at) where state = 'pending'",
  // One message a state: enqueuing twice is refused, so a receiver never meets two of one version.
  'create unique index outbox_message on outbox (interaction_id, kind, state_version)',
  'create index journal_interaction on journal (interaction_id, seq)',
  'create index journal_unit on journal (unit_id, seq)',
  "create unique index hub_key_live on hub_key (purpose) where status = 'live'",
];

/** A wall against our own mistakes; against a DBA stand the chain and the signed checkpoints. */
const appendOnly: Readonly<Record<'sqlite' | 'postgres', readonly string[]>> = {
  sqlite: ['update', 'delete'].map(
    (verb) =>
      `create trigger journal_no_${verb} before ${verb} on journal begin select raise(abort, 'journal is append-only'); end`,
  ),
  postgres: [
    `create function journal_append_only() returns trigger language plpgsql as
      $$ begin raise exception 'journal is append-only'; end $$`,
    'create trigger journal_no_change before update or delete on journal for each row execute function journal_append_only()',
    'create trigger journal_no_truncate before truncate on journal for each statement execute function journal_append_only()',
  ],
};
