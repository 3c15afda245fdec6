import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROKER, startPostgres } from './postgres.ts';

/** Vitest global setup: one PostgreSQL for the whole run, started when the first test file asks for it, and not at all when none does. */
export default function setup(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-broker-'));
  const path = join(folder, 'socket');
  let starting: ReturnType<typeof startPostgres> | undefined;
  const broker = createServer((asking) => {
    asking.on('error', () => undefined);
    starting ??= startPostgres();
    starting.then(
      (server) => asking.end(server.url),
      (error: unknown) => asking.end(String(error)),
    );
  });
  broker.listen(path);
  process.env[BROKER] = path;
  return async () => {
    broker.close();
    const server = await starting?.catch(() => undefined);
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
