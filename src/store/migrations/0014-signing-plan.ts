import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/** What a person has placed on a signing page and not signed yet. */
export const signingPlan: Migration = {
  name: '0014-signing-plan',
  up: async (db, dialect) => {
    const bigint = dialect === 'sqlite' ? 'integer' : 'bigint';
    await sql.raw('alter table signing add column plan_sealed text').execute(db);
    await sql.raw(`alter table signing add column plan_revision ${bigint} not null default 0`).execute(db);
  },
};
