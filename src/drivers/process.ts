import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#kernel/clock.ts';
import { limits } from '#kernel/limits.ts';
import { lineReader } from './lines.ts';
import { type DriverMessage, driverMessage, type HostMessage } from './messages.ts';

/** Why a driver process was ended or ended itself; stands in the log and in the detail of refusals. */
export type EndReason =
  | 'exited'
  | 'overrun'
  | 'garbage'
  | 'oversized'
  | 'flood'
  | 'deaf'
  | 'memory'
  | 'closed'
  | 'failed';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export interface DriverProcess {
  readonly pid: number | undefined;
  send(message: HostMessage): void;
  /** SIGKILL; `ended` follows with this reason. */
  kill(reason: EndReason): void;
  /** Closes stdin, the polite way; kills after `graceMs`. Resolves when the process is gone. */
  close(graceMs: number): Promise<void>;
}

/**
 * This hub's own child program: beside this file, with this file's extension (.ts in the tree, one bundled .js in the package).
 * Node's permission flags leave it its own code to read and nothing else: no other file, no process, no thread, no add-on.
 */
export function ownChild(): Program {
  const here = fileURLToPath(import.meta.url);
  const inTree = extname(here) === '.ts';
  const readable = inTree
    ? ['./', '../kernel/', '../crypto/', '../pki/', '../../node_modules/', '../../package.json']
    : ['./', '../package.json'];
  return {
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=192',
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${fileURLToPath(new URL(path, import.meta.url))}`),
      fileURLToPath(new URL(`./child${extname(here)}`, import.meta.url)),
    ],
  };
}

const WINDOW_MS = 1000;

/** One driver process: empty environment, three pipes, every line checked, every excess answered with SIGKILL. */
export function startProcess(options: {
  program: Program;
  clock: Clock;
  message: (message: DriverMessage) => void;
  /** Last 300 characters of stderr, for the operator's debug log only. */
  ended: (reason: EndReason, stderr: string) => void;
}): DriverProcess {
  const { program, clock } = options;
  const child = spawn(program.command, [...program.args], {
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let reason: EndReason = 'exited';
  let stderr = '';
  let over = false;
  let windowStart = clock.monotonic();
  let windowMessages = 0;
  let windowBytes = 0;

  function kill(why: EndReason): void {
    if (over || reason !== 'exited') return;
    reason = why;
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGKILL');
  }

  function tooMuch(messages: number, bytes: number): boolean {
    const now = clock.monotonic();
    if (now - windowStart > WINDOW_MS) {
      windowStart = now;
      windowMessages = 0;
      windowBytes = 0;
    }
    windowMessages += messages;
    windowBytes += bytes;
    return windowMessages > limits.driverMessagesPerSecond || windowBytes > limits.driverBytesPerSecond;
  }

  const read = lineReader(
    limits.driverMessage,
    (line) => {
      if (reason !== 'exited') return;
      if (tooMuch(1, 0)) return kill('flood');
      const message = readMessage(line);
      if (message === undefined) return kill('garbage');
      options.message(message);
    },
    () => kill('oversized'),
  );
  child.stdout.on('data', (chunk: Buffer) => (tooMuch(0, chunk.length) ? kill('flood') : read(chunk)));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-300);
    if (tooMuch(0, chunk.length)) kill('flood');
  });
  child.stdin.on('error', () => undefined); // EPIPE: the exit event tells the story

  const gone = new Promise<void>((resolve) => {
    const finish = (): void => {
      if (over) return;
      over = true;
      clearInterval(watch);
      resolve();
      options.ended(reason, stderr);
    };
    child.once('close', finish);
    child.once('exit', () => setTimeout(finish, 200)); // a grandchild may hold the pipes open
    child.once('error', () => {
      if (child.pid !== undefined) return;
      reason = 'failed';
      finish();
    });
  });

  const watch = setInterval(() => {
    residentBytes(child.pid).then((bytes) => bytes > limits.driverMemory && kill('memory'));
  }, 2000).unref();

  return {
    pid: child.pid,
    send(message) {
      if (over || child.stdin.destroyed) return;
      child.stdin.write(`${JSON.stringify(message)}\n`);
      if (child.stdin.writableLength > 4 * limits.driverMessage) kill('deaf');
    },
    kill,
    close(graceMs) {
      if (reason === 'exited') reason = 'closed';
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      return gone.finally(() => clearTimeout(timer));
    },
  };
}

function readMessage(line: string): DriverMessage | undefined {
  try {
    const parsed = driverMessage.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Resident set from /proc; 0 where there is no such file (other systems): there only the heap flag of the child bounds it. */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
