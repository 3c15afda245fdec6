import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createDriverHosts } from '#drivers/host.ts';
import { ownChild } from '#drivers/own-child.ts';
import { systemRandom } from '#kernel/random.ts';
import { quietLog } from '#test/support/store.ts';
import { openTown, runningClock } from './support.ts';

it("a driver finds every door but the hub's own closed: files, processes, threads, sockets, environment", async () => {
  const clock = runningClock();
  const folder = mkdtempSync(join(tmpdir(), 'caihub-spy-'));
  const file = join(folder, 'hub.db');
  writeFileSync(file, 'secret');
  const town = await openTown(clock);
  const spy = fileURLToPath(new URL('./bad/spy.ts', import.meta.url));
  const { command, args } = ownChild();
  const manifest = { id: 'spy', title: 'spy', contract: 1, media: ['mobile'], channels: ['auth'] } as const;
  const program = { command, args: [...args.slice(0, -1), `--allow-fs-read=${spy}`, spy] };
  const hosts = createDriverHosts({
    ...town,
    clock,
    random: systemRandom,
    log: quietLog,
    installed: [{ manifest, program }],
  });
  const authority = await town.authority('beichen');
  const step = await hosts.begin(
    { ...authority, driver: 'spy', manifest: { ...authority.manifest, drivers: {} } },
    'auth',
    {
      exchange: 'e',
      text: JSON.stringify([file, `${town.origin}/phone`]),
      digits: '42',
      platformName: '',
      expiresAt: 0,
      callbackUrl: 'http://127.0.0.1/x',
      returnUrl: 'https://hub.ca.example/check/i/int_1',
    },
  );
  await hosts.stop();
  await town.close();
  rmSync(folder, { recursive: true });
  expect(step).toMatchObject({ step: 'pending', prompt: { message: '' }, state: { state: 10 } });
});

it('a driver leaves when the hub is killed', async () => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL('./bad/parent.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk))),
  );
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20)); // the test's own limit is the deadline
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
