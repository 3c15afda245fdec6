import { spawn } from 'node:child_process';
import type { Clock } from '#kernel/clock.ts';
import { limits } from '#kernel/limits.ts';
import { budget, residentBytes } from './excess.ts';
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
  const tooMany = budget(clock, 1000, limits.driverMessagesPerSecond);
  const tooMuch = budget(clock, 1000, limits.driverBytesPerSecond);

  function kill(why: EndReason): void {
    if (over || reason !== 'exited') return;
    reason = why;
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill('SIGKILL');
  }

  const read = lineReader(
    limits.driverMessage,
    (line) => {
      if (reason !== 'exited') return;
      if (tooMany(1)) return kill('flood');
      const message = readMessage(line);
      if (message === undefined) return kill('garbage');
      options.message(message);
    },
    () => kill('oversized'),
  );
  child.stdout.on('data', (chunk: Buffer) => (tooMuch(chunk.length) ? kill('flood') : read(chunk)));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-300);
    if (tooMuch(chunk.length)) kill('flood');
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
