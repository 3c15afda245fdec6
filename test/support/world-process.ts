/** `npm start` as a stranger runs it: a process of its own, found again by a mark in its environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { WorldDescription } from '#fixtures/world/description.ts';

export interface WorldProcess {
  readonly child: ChildProcess;
  readonly world: WorldDescription;
  readonly mark: string;
  /** What it printed so far. */
  output(): string;
  /** Ids of living processes that carry the mark. */
  living(): number[];
  end(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');

/** Starts `npm start -- --world FILE` in a process group of its own and waits for FILE. */
export async function npmStart(args: readonly string[] = [], temp?: string): Promise<WorldProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-start-'));
  const file = join(folder, 'world.json');
  const mark = randomUUID();
  const child = spawn('npm', ['start', '--silent', '--', '--world', file, ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CAHUB_TEST_MARK: mark, ...(temp !== undefined && { TMPDIR: temp }) },
  });
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const started: WorldProcess = {
    child,
    world: await waitForWorld(file, child, () => printed),
    mark,
    output: () => printed,
    living: () => marked(mark),
    end: async () => {
      for (const pid of marked(mark)) kill(pid, 'SIGTERM');
      await gone(() => marked(mark).length === 0, 10_000);
      for (const pid of marked(mark)) kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return started;
}

async function waitForWorld(file: string, child: ChildProcess, printed: () => string): Promise<WorldDescription> {
  for (let i = 0; i < 1_200; i += 1) {
    if (existsSync(file)) {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as WorldDescription;
      } catch {
        // being written
      }
    }
    if (child.exitCode !== null) throw new Error(`npm start ended early:\n${printed()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`npm start never wrote its world:\n${printed()}`);
}

/** Processes whose environment carries the mark (their children inherit it). */
function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark) &&
          !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false;
      }
    });
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // already gone
  }
}

/** Polls until `check` holds or `withinMs` is over; says which. */
export async function gone(check: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if (await check()) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return await check();
}
