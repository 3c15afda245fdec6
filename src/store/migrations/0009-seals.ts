import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** The seal library. What units sent before stands in their enrolments; the hub takes it in behind its start. */
export const seals: Migration = {
  name: '0009-seals',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables)) {
      const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
      await sql.raw(`create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`).execute(db);
    }
    for (const index of indexes) await sql.raw(index).execute(db);
  },
};

const tables: Readonly<Record<string, string>> = {
  seal: `id text primary key, unit_id text not null, owner_index text not null, content_index text not null,
    content_sealed text not null, facts_sealed text not null, registered bigint not null, state text not null, reason_sealed text not null,
    valid_from bigint, valid_to bigint, uses bigint not null, version bigint not null, created_at bigint not null, updated_at bigint not null,
    unique (unit_id, owner_index, content_index)`,
  enrolment_seal: `enrolment_id text primary key references enrolment, seal_id text not null references seal`,
  seal_power: `seal_id text not null references seal, certificate_index text not null, power text not null, tail text not null,
    given_by text not null, given_at bigint not null, withdrawn_at bigint, withdrawn_by text, primary key (seal_id, certificate_index, power)`,
  seal_use: `id text primary key, seal_id text not null, unit_id text not null, interaction_id text not null, certificate_index text not null,
    tail text not null, document_sm3 text not null, places bigint not null, at bigint not null`,
};

const indexes: readonly string[] = [
  'create index seal_content on seal (content_index)',
  'create index seal_owner on seal (unit_id, owner_index)',
  'create index enrolment_seal_of on enrolment_seal (seal_id)',
  'create index seal_power_of on seal_power (certificate_index, power)',
  'create index seal_use_of on seal_use (seal_id, at)',
];
