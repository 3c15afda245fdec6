import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Ciphertexts the hub gave out, and what is being opened on the decryption pages. */
export const envelope: Migration = {
  name: '0002-envelope',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables)) {
      const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
      await sql.raw(`create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`).execute(db);
    }
    for (const index of indexes) await sql.raw(index).execute(db);
  },
};

const tables: Readonly<Record<string, string>> = {
  encryption: `id text primary key, unit_id text not null, task_index text not null unique, body_index text not null, created_at bigint not null`,
  ciphertext: `id text primary key, encryption_id text not null references encryption, unit_id text not null, hash_index text not null unique,
    key_index text, made_by text not null, bytes bigint not null, opened_at bigint, created_at bigint not null`,
  ciphertext_recipient: `ciphertext_id text not null references ciphertext, certificate_id text not null, primary key (ciphertext_id, certificate_id)`,
  decrypt_item: `id text primary key, interaction_id text not null, unit_id text not null, place bigint not null, kind text not null,
    state text not null, ciphertext_id text, capsule_id text, words_sealed text not null, wraps_sealed text not null, body_sealed text not null,
    bytes bigint not null, opened_by text, opened_at bigint, outbox_id text, held_by text, held_until bigint, refusal_code text,
    refusal_sealed text, updated_at bigint not null`,
  decrypt_recipient: `item_id text not null references decrypt_item, recipient_index text not null, primary key (item_id, recipient_index)`,
};

const indexes: readonly string[] = [
  'create index ciphertext_key on ciphertext (key_index) where key_index is not null',
  'create index ciphertext_task on ciphertext (encryption_id)',
  'create index ciphertext_certificate on ciphertext_recipient (certificate_id)',
  'create unique index decrypt_item_place on decrypt_item (interaction_id, place)',
  'create index decrypt_item_opened_by on decrypt_item (opened_by) where opened_by is not null',
  "create index decrypt_item_held on decrypt_item (held_until) where held_by is not null and state = 'opened'",
  'create index decrypt_recipient_of on decrypt_recipient (recipient_index)',
  // an envelope names certificates by issuer and serial; the issuer is compared afterwards
  'create index certificate_serial on certificate (serial_index)',
];
