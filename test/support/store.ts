import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createLog, type Logger } from '#kernel/log.ts';
import { type Dialect, openStore, type Store, type StoreOptions } from '#store/store.ts';
import { sharedPostgres, type TestPostgres } from './postgres.ts';

/** Only what would stop a process reaches the test's output. */
export const quietLog: Logger = createLog('fatal');

export interface Databases {
  readonly dialect: Dialect;
  /** A migrated store over a database of its own; closed and removed after the file. */
  open(): Promise<Store>;
  /** Options of a fresh database, for tests that open it several times (as several hub processes would). SQLite: `admin` beside each other. */
  options(): Promise<StoreOptions>;
}

/**
 * Declares the same tests once for SQLite and once for PostgreSQL:
 * `describeOnBothDatabases('units', ({ open }) => { it('…', async () => { const store = await open(); … }); });`
 */
export function describeOnBothDatabases(name: string, tests: (databases: Databases) => void): void {
  describe.each<Dialect>(['sqlite', 'postgres'])(`${name} on %s`, (dialect) => {
    const stores: Store[] = [];
    const urls: string[] = [];
    let postgres: TestPostgres | undefined;
    let folder = '';
    let files = 0;

    beforeAll(async () => {
      if (dialect === 'postgres') postgres = await sharedPostgres();
      else folder = mkdtempSync(join(tmpdir(), 'caihub-test-'));
    });
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
      for (const url of urls) await postgres?.dropDatabase(url);
      await postgres?.stop();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    const options = async (): Promise<StoreOptions> => {
      if (postgres) {
        const url = await postgres.createDatabase();
        urls.push(url);
        return { kind: 'postgres', url, poolSize: 4 };
      }
      files += 1;
      return { kind: 'sqlite', file: join(folder, `${files}.db`), admin: true };
    };
    tests({
      dialect,
      options,
      open: async () => {
        const store = await openStore(await options(), { log: quietLog });
        stores.push(store);
        return store;
      },
    });
  });
}
