import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** Which page may use the certificate control, and for what; the session itself is an interaction. */
export const control: Migration = {
  name: '0010-control',
  up: async (db, dialect) => {
    const strict = dialect === 'sqlite' ? 'strict' : '';
    await sql
      .raw(
        `create table control_session (interaction_id text primary key, origin text not null, operations text not null) ${strict}`,
      )
      .execute(db);
  },
};
