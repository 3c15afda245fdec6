import { type Kysely, sql } from 'kysely';
import type { Logger } from '#kernel/log.ts';
import { StoreStartError } from './faults.ts';
import { base } from './migrations/0001-base.ts';
import { envelope } from './migrations/0002-envelope.ts';
import { opening } from './migrations/0003-opening.ts';
import { hall } from './migrations/0004-hall.ts';
import { nonce } from './migrations/0005-nonce.ts';
import { parties } from './migrations/0006-parties.ts';
import { signPath } from './migrations/0007-sign-path.ts';
import { signature } from './migrations/0008-signature.ts';
import { seals } from './migrations/0009-seals.ts';
import { control } from './migrations/0010-control.ts';
import { offline } from './migrations/0011-offline.ts';
import { signPathAge } from './migrations/0012-sign-path-age.ts';
import { errand } from './migrations/0013-errand.ts';
import { signingPlan } from './migrations/0014-signing-plan.ts';
import type { DB } from './schema.ts';

export interface Migration {
  readonly name: string;
  /** Additive first (expand), removals one release later (contract): the previous version keeps running beside this one. */
  up(db: Kysely<DB>, dialect: 'sqlite' | 'postgres'): Promise<void>;
}

/** In order; a name once released never changes. */
const migrations: readonly Migration[] = [
  base,
  envelope,
  opening,
  hall,
  nonce,
  parties,
  signPath,
  signature,
  seals,
  control,
  offline,
  signPathAge,
  errand,
  signingPlan,
];

const MIGRATORS = 0x6361_6d69;

/**
 * Brings the schema up to date inside the caller's one transaction: all pending steps or none.
 * BEGIN IMMEDIATE (SQLite) or the advisory lock (PostgreSQL) lets one process migrate while the others wait.
 */
export async function migrate(db: Kysely<DB>, dialect: 'sqlite' | 'postgres', log: Logger): Promise<void> {
  if (dialect === 'postgres') {
    await sql`set local statement_timeout = 0`.execute(db);
    await sql`set local lock_timeout = 0`.execute(db);
    await sql`select pg_advisory_xact_lock(${MIGRATORS})`.execute(db);
  }
  await sql`create table if not exists hub_migration (name text primary key, at text not null default current_timestamp)`.execute(
    db,
  );
  const { rows } = await sql<{ name: string }>`select name from hub_migration order by name`.execute(db);
  const done = new Set(rows.map((row) => row.name));
  const newest = rows.at(-1)?.name ?? '';
  const known = new Set(migrations.map((migration) => migration.name));
  for (const name of done)
    if (!known.has(name)) log.warn({ migration: name }, 'the database was already migrated by a newer version');
  for (const migration of migrations) {
    if (done.has(migration.name)) continue;
    if (migration.name < newest)
      throw new StoreStartError(
        `数据库缺少升级步骤 ${migration.name}，请从备份恢复。The database lacks migration ${migration.name} although later ones were applied: restore a backup.`,
      );
    await migration.up(db, dialect);
    await sql`insert into hub_migration (name) values (${migration.name})`.execute(db);
    log.info({ migration: migration.name }, 'migrated');
  }
}
