import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Documents that are being signed on the signing pages. */
export const signature: Migration = {
  name: '0008-signature',
  up: async (db, dialect) => {
    for (const [name, columns] of Object.entries(tables)) {
      const portable = dialect === 'sqlite' ? columns.replaceAll(' bigint', ' integer') : columns;
      await sql.raw(`create table ${name} (${portable}) ${dialect === 'sqlite' ? 'strict' : ''}`).execute(db);
    }
    for (const index of indexes) await sql.raw(index).execute(db);
  },
};

const tables: Readonly<Record<string, string>> = {
  signing: `interaction_id text not null primary key, unit_id text not null, version bigint not null, change bigint not null,
    words_sealed text not null, document_sealed text, signer_sealed text, prepared_id text, prepared_sealed text, made_sealed text not null,
    files_until bigint, updated_at bigint not null`,
  signing_file: `name text not null primary key, interaction_id text not null references signing`,
};

const indexes: readonly string[] = [
  'create index signing_until on signing (files_until) where files_until is not null',
  'create index signing_file_of on signing_file (interaction_id)',
];
