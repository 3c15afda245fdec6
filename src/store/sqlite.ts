import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import type { Engine } from './engine.ts';
import { databaseFault, StoreStartError } from './faults.ts';
import { createGroupCommit } from './group-commit.ts';
import type { Run } from './prepared.ts';
import {
  BUSY_MS,
  execute,
  isLocked,
  type SqliteConnection,
  sqliteConnection,
  sqliteTransactions,
} from './sqlite-driver.ts';

/**
 * One writing and one read-only connection on the same file, so that a read through `store.read` never waits for a running transaction.
 * `:memory:` is a private temporary file (removed from its folder at once): the same code path as in production, two connections included.
 */
export async function openSqlite(file: string, options: { admin: boolean; patienceMs: number }): Promise<Engine> {
  const Database = await loadDriver();
  const folder = file === ':memory:' ? mkdtempSync(join(tmpdir(), 'caihub-')) : undefined;
  const path = folder === undefined ? file : join(folder, 'hub.db');
  const lock = folder === undefined && !options.admin ? lockHub(Database, path) : undefined;
  try {
    if (folder === undefined) prepareFile(path);
    const write = new Database(path, { timeout: BUSY_MS });
    configureWriter(write, path);
    const read = new Database(path, { timeout: BUSY_MS, readonly: true });
    read.prepare('select count(*) from sqlite_schema').get();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 0 });
    const writer = sqliteConnection(write);
    const reader = sqliteConnection(read);
    const plainly = sqliteTransactions(writer);
    const grouped = createGroupCommit(plainly, options.patienceMs);
    return {
      db: reader.db,
      run: committed(writer, reader),
      inspect: async () => wordOf(read.pragma('quick_check(1)', { simple: true })),
      plainly,
      queued: grouped,
      apart: grouped,
      close: async () => {
        // The writer last: a read-only connection could not fold the write-ahead log into the file. Kysely itself closes only what it has used.
        await reader.db.destroy();
        read.close();
        await writer.db.destroy();
        write.close();
        lock?.close();
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    lock?.close();
    if (error instanceof StoreStartError) throw error;
    throw new StoreStartError(`无法打开数据库文件 ${path}。Cannot open the database file ${path}.`, error);
  }
}

/**
 * Committed state. While the writing connection is in no transaction it answers: each commit empties the page cache of every other connection, so that
 * the read-only one would read the same pages from the file again and again.
 */
function committed(writer: SqliteConnection, reader: SqliteConnection): Run {
  return async (text, values) => {
    const warm = writer.raw.inTransaction ? undefined : writer.statement(text);
    if (warm === undefined || !warm.readonly || !warm.reader) return execute(reader.statement(text), values);
    try {
      return { rows: warm.all(values), changed: 0 };
    } catch (error) {
      if (!isLocked(error)) throw databaseFault(error);
      return execute(reader.statement(text), values); // it waits where the writing one would not
    }
  };
}

type DatabaseClass = typeof BetterSqlite3;
type Database = BetterSqlite3.Database;

/** The prebuilt add-on speaks Node-API 10; without it Node would die with a bare dlopen message. */
async function loadDriver(): Promise<DatabaseClass> {
  const level = Number(process.versions['napi'] ?? 0);
  if (level < 10)
    throw new StoreStartError(
      `当前 Node ${process.version} 过旧（Node-API ${level}），请使用 Node 22.14 或更高版本。Node ${process.version} is too old (Node-API ${level}): use Node 22.14 or newer.`,
    );
  return (await import('better-sqlite3')).default;
}

/** NFS, SMB, CIFS, SMB2: their locks cannot be trusted with a write-ahead log. */
const NETWORK_FILE_SYSTEMS = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (NETWORK_FILE_SYSTEMS.has(statfsSync(dirname(path)).type))
    throw new StoreStartError(
      `数据库文件 ${path} 位于网络文件系统，不能保证数据安全，请改用本机磁盘或 PostgreSQL。The database file ${path} is on a network file system: use a local disk or PostgreSQL.`,
    );
  // Created by us first: -wal and -shm inherit the mode.
  closeSync(openSync(path, 'a', 0o600));
}

/**
 * Exactly one hub process a file: an exclusive lock on `<file>.hub-lock`, held by the operating system and so gone with the process, however it ends.
 * Admin commands do not take it and may write beside the hub.
 */
function lockHub(Database: DatabaseClass, path: string): Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = new Database(`${path}.hub-lock`, { timeout: 0 });
  try {
    lock.pragma('journal_mode = memory');
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw new StoreStartError(
      `数据库文件 ${path} 正在被另一个互认平台进程使用，请先停止它，或为本进程换一个数据库文件。Another hub process is using the database file ${path}: stop it first, or give this one a file of its own.`,
      error,
    );
  }
}

/** Every COMMIT reaches the disk before it is acknowledged: better-sqlite3 is built with WAL NORMAL, so FULL is set and then read back. */
function configureWriter(db: Database, path: string): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  const mode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  const foreignKeys = db.pragma('foreign_keys', { simple: true });
  if (mode !== 'wal' || synchronous !== 2 || foreignKeys !== 1)
    throw new StoreStartError(
      `数据库 ${path} 无法启用安全写入模式（${mode}/${synchronous}）。SQLite did not accept WAL with synchronous=FULL for ${path} (${mode}/${synchronous}).`,
    );
  if (damageOf(db) !== undefined)
    throw new StoreStartError(
      `数据库文件 ${path} 已损坏，请从备份恢复。The database file ${path} is damaged: restore a backup.`,
    );
  // From here on the lock is waited for by `begin` below, without blocking the event loop.
  db.pragma('busy_timeout = 0');
}

/** About a third of a second. */
const CHECKED_WHOLE = 128 * 1024 * 1024;
const CHECKED_ROWS = 20_000;

/**
 * What is looked at before the hub starts: all of a small file; of a large one the tables that do not grow for ever, because an operator waits for his hub
 * (`inspect` reads the rest). Damage elsewhere shows when its page is read: SQLite says so, and nothing is written over it.
 */
function damageOf(db: Database): string | undefined {
  const pages = Number(db.pragma('page_count', { simple: true }));
  const bytes = pages * Number(db.pragma('page_size', { simple: true }));
  if (bytes <= CHECKED_WHOLE) return wordOf(db.pragma('quick_check(1)', { simple: true }));
  const tables = db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'").pluck();
  for (const name of tables.all() as string[]) {
    const newest = Number(db.prepare(`select max(rowid) from "${name}"`).pluck().get() ?? 0);
    const fault = newest > CHECKED_ROWS ? undefined : wordOf(db.pragma(`quick_check("${name}")`, { simple: true }));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const wordOf = (checked: unknown): string | undefined => (checked === 'ok' ? undefined : String(checked));
