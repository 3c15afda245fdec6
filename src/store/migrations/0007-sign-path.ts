import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Which interface a signed string was taken on, so that the same `sign` is not taken on another (readings L1). */
export const signPath: Migration = {
  name: '0007-sign-path',
  up: async (db, dialect) => {
    const strict = dialect === 'sqlite' ? 'strict' : '';
    await sql
      .raw(
        `create table sign_path (unit_id text not null, digest text not null, path text not null,
          primary key (unit_id, digest)) ${strict}`,
      )
      .execute(db);
  },
};
