import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';

/**
 * One number that grows with every change of units, their secrets and platforms, whoever makes it (another hub process, an admin command, a DBA): what
 * was read of them is good while it stays the same.
 */
export const parties: Migration = {
  name: '0006-parties',
  up: async (db, dialect) => {
    const [bigint, strict] = dialect === 'sqlite' ? ['integer', 'strict'] : ['bigint', ''];
    await sql
      .raw(
        `create table party_version (id ${bigint} not null primary key check (id = 1), version ${bigint} not null) ${strict}`,
      )
      .execute(db);
    await sql.raw('insert into party_version (id, version) values (1, 1)').execute(db);
    for (const statement of triggers[dialect]) await sql.raw(statement).execute(db);
  },
};

const TABLES = ['unit', 'unit_secret', 'platform'];
const COUNT = 'update party_version set version = version + 1';

const triggers: Readonly<Record<'sqlite' | 'postgres', readonly string[]>> = {
  sqlite: TABLES.flatMap((table) =>
    ['insert', 'update', 'delete'].map(
      (verb) => `create trigger ${table}_${verb}_counts after ${verb} on ${table} begin ${COUNT}; end`,
    ),
  ),
  postgres: [
    `create function count_party_change() returns trigger language plpgsql as $$ begin ${COUNT}; return null; end $$`,
    ...TABLES.map(
      (table) =>
        `create trigger ${table}_counts after insert or update or delete or truncate on ${table}
          for each statement execute function count_party_change()`,
    ),
  ],
};
