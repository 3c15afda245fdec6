import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '#kernel/errors.ts';
import { openStore, type Store, StoreStartError } from '#store/store.ts';
import { eventually } from '#test/support/receiver.ts';
import { quietLog } from '#test/support/store.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'caihub-sqlite-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fresh = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};
const hub = (file: string): Promise<Store> => openStore({ kind: 'sqlite', file }, { log: quietLog });
const beside = (file: string): Promise<Store> => openStore({ kind: 'sqlite', file, admin: true }, { log: quietLog });
const write = (store: Store, id: string): Promise<unknown> =>
  store.tx((tx) =>
    tx.db
      .insertInto('crl')
      .values({ id, issuer_key: id, url: id, der: 'x'.repeat(5_000), this_update: 0, next_update: 0, fetched_at: 0 })
      .execute(),
  );

describe('the SQLite store', () => {
  it('acknowledges nothing that is not on the disk: WAL with synchronous=FULL, read back from the writing connection', async () => {
    const store = await hub(fresh());
    const pragma = async (name: string): Promise<unknown> =>
      store.tx(async (tx) => Object.values((await sql.raw<object>(`pragma ${name}`).execute(tx.db)).rows[0] ?? {})[0]);
    await write(store, 'a');
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    await store.close();
  });

  it('belongs to one hub process at a time; admin commands may write beside it', async () => {
    const file = fresh();
    const first = await hub(file);
    const second = await hub(file).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(StoreStartError);
    expect(String(second)).toContain('正在被另一个互认平台进程使用');
    expect(String(second)).toContain('Another hub process');
    const admin = await beside(file);
    await write(admin, 'a');
    expect(await first.read.db.selectFrom('crl').selectAll().execute()).toHaveLength(1);
    await admin.close();
    await first.close();
    await (await hub(file)).close();
  });

  it('is free again when the hub process is killed', async () => {
    const file = fresh();
    const program = `
      const { openStore } = await import('#store/store.ts');
      const { createLog } = await import('#kernel/log.ts');
      await openStore({ kind: 'sqlite', file: ${JSON.stringify(file)} }, { log: createLog('fatal') });
      console.log('open');
      setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => other.stdout.once('data', resolve));
    await expect(hub(file)).rejects.toThrow('Another hub process');
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    await (await hub(file)).close();
  });

  it('keeps the file to its owner', async () => {
    const file = fresh();
    const store = await hub(file);
    await write(store, 'a');
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o077, name).toBe(0);
    await store.close();
  });

  it('waits for an admin command’s lock without blocking the process, and answers SERVICE_BUSY when it lasts', async () => {
    const file = fresh();
    const store = await hub(file);
    const other = new Database(file);
    other.exec('begin immediate');
    const waiting = write(store, 'b');
    setTimeout(() => other.exec('commit'), 50);
    await waiting;
    other.exec('begin immediate');
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
    }, 10);
    const refused = await Promise.all(
      Array.from({ length: 30 }, (_, i) => write(store, `a${i}`).catch((error: unknown) => refusalOf(error))),
    );
    clearInterval(ticking);
    for (const one of refused) expect(one).toMatchObject({ code: 'SERVICE_BUSY', params: { seconds: '5' } });
    expect(ticks).toBeGreaterThan(10);
    other.exec('commit');
    await eventually('writing again', () =>
      write(store, 'c').then(
        () => true,
        () => false,
      ),
    );
    other.close();
    await store.close();
  });

  it('refuses writes while the disk is full, keeps reading, and goes on by itself', async () => {
    const store = await hub(fresh());
    await write(store, 'a');
    const pages =
      (await sql<{ page_count: number }>`pragma page_count`.execute(store.read.db)).rows[0]?.page_count ?? 0;
    await store.tx((tx) => sql.raw(`pragma max_page_count = ${pages}`).execute(tx.db));
    const refused = await store
      .tx(async (tx) => {
        for (let i = 0; i < 50; i += 1)
          await sql`insert into crl values (${`f${i}`}, ${`f${i}`}, '', ${'x'.repeat(5_000)}, 0, 0, 0)`.execute(tx.db);
      })
      .catch((error: unknown) => refusalOf(error));
    expect(refused).toMatchObject({ code: 'SERVICE_BUSY' });
    expect(await store.read.db.selectFrom('crl').select('id').execute()).toEqual([{ id: 'a' }]);
    await store.tx((tx) => sql.raw('pragma max_page_count = 1000000').execute(tx.db));
    await write(store, 'b');
    await store.close();
  });

  it('finds damage of its file when it is asked to read all of it', async () => {
    const file = fresh();
    const first = await hub(file);
    for (let i = 0; i < 40; i += 1) await write(first, `r${i}`);
    expect(await first.inspect()).toBeUndefined();
    await first.close();
    const store = await hub(file);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, bytes.length - 40_000, bytes.length - 4_096);
    writeFileSync(file, bytes);
    const found = await store.inspect().catch((error: unknown) => String(error));
    expect(found).toMatch(/malformed|invalid|error|Tree|Page|page|row/);
    await store.close().catch(() => undefined);
  });

  it('does not start on a damaged file', async () => {
    const file = fresh();
    const store = await hub(file);
    for (let i = 0; i < 40; i += 1) await write(store, `r${i}`);
    await store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 8_192, bytes.length - 4_096);
    writeFileSync(file, bytes);
    await expect(hub(file)).rejects.toThrow(StoreStartError);
    truncateSync(file, 100);
    await expect(hub(file)).rejects.toThrow(StoreStartError);
    writeFileSync(file, 'this is not a database, and long enough to look at'.repeat(100));
    await expect(hub(file)).rejects.toThrow(StoreStartError);
  });

  it('leaves no file behind in memory mode', async () => {
    const store = await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog });
    await write(store, 'a');
    expect(await store.read.db.selectFrom('crl').select('id').execute()).toEqual([{ id: 'a' }]);
    await store.close();
  });
});
