import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** How far the hub has come with what it does once, behind its start. */
export const errand: Migration = {
  name: '0013-errand',
  up: async (db, dialect) => {
    const [strict, time] = dialect === 'sqlite' ? ['strict', 'integer'] : ['', 'bigint'];
    await sql
      .raw(`create table errand (name text primary key, reached text not null, done_at ${time}) ${strict}`)
      .execute(db);
  },
};
