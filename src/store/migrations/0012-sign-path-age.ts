import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** When a signed string was last taken, so that it can be forgotten. null: by the version before this one. */
export const signPathAge: Migration = {
  name: '0012-sign-path-age',
  up: async (db, dialect) => {
    const bigint = dialect === 'sqlite' ? 'integer' : 'bigint';
    await sql.raw(`alter table sign_path add column taken_at ${bigint}`).execute(db);
    await sql.raw('create index sign_path_taken on sign_path (taken_at)').execute(db);
  },
};
