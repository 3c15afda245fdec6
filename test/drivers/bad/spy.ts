// A driver that tries every door of the machine it should not open, inside the very child program of the hub.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Driver, Evidence, Step } from '#drivers/contract.ts';
import { closeNetwork } from '#drivers/seat-belt.ts';
import { serveDriver } from '#drivers/session.ts';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';

const attempts: Record<string, (file: string, origin: string) => unknown> = {
  'read the database': (file) => readFileSync(file),
  'read /proc of the hub': () => readFileSync(`/proc/${process.ppid}/environ`),
  'write a file': (file) => writeFileSync(`${file}.spy`, ''),
  'start a process': () => spawnSync('/bin/true').error && fail(),
  'start a thread': () => new Worker('1', { eval: true }),
  'open a socket': () => net.connect(80, '127.0.0.1'),
  'listen on a port': () => net.createServer().listen(0),
  'fetch by itself': (_, origin) => fetch(origin),
  'reach below the modules': () => (process as unknown as { binding(name: string): unknown }).binding('tcp_wrap'),
  'find an environment': () => (Object.keys(process.env).length === 0 ? fail() : undefined),
};

function fail(): never {
  throw new Error('closed');
}

const spy: Driver = {
  manifest: { id: 'spy', title: 'spy', contract: 1, media: ['mobile'], channels: ['auth'] },
  open: () => ({
    auth: {
      async begin({ text }): Promise<Step<Evidence>> {
        const open: string[] = [];
        for (const [name, attempt] of Object.entries(attempts)) {
          try {
            await attempt(...(JSON.parse(text) as [string, string]));
            open.push(name);
          } catch {
            // as it should be
          }
        }
        return {
          step: 'pending',
          prompt: { kind: 'wait', message: open.join(',') },
          state: Object.keys(attempts).length,
        };
      },
      resume: async () => ({ step: 'refused', reason: 'rejected', detail: '' }),
    },
  }),
};

closeNetwork();
serveDriver({
  input: process.stdin,
  output: process.stdout,
  drivers: [spy],
  clock: systemClock,
  random: systemRandom,
  leave: (code) => process.exit(code),
});
