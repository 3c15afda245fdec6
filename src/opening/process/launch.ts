import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { HubError } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { type Frame, readFrames } from './frames.ts';
import { oneShotProgram, type Role } from './program.ts';

/** A one-shot process while it runs. */
export interface OneShot {
  readonly pid: number | undefined;
  readonly input: Writable;
  readonly frames: AsyncGenerator<Frame, undefined, undefined>;
  /** Pushes the moment of being killed out to the full deadline again. */
  stillMoving(): void;
}

/**
 * Starts a process for one task, lets `use` talk to it, and sees that it is gone when `use` has ended either way. It has no environment, no file and no network but its two
 * pipes, ends by itself when its task is done or its stdin closes, and is killed when nothing has moved for `deadlineMs`.
 * Throws HubError INTERNAL when it died, was killed or talked out of turn; what `use` throws otherwise.
 */
export async function* withOneShot<T>(
  role: Role,
  use: (process: OneShot) => AsyncGenerator<T, void, undefined>,
  deadlineMs: number = limits.oneShotDeadline,
): AsyncGenerator<T, void, undefined> {
  const child = start(role);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  let killed = false;
  const kill = (): void => {
    killed = true;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(kill, deadlineMs);
  const one: OneShot = {
    pid: child.pid,
    input: child.stdin,
    frames: readFrames(child.stdout),
    stillMoving() {
      clearTimeout(timer);
      timer = setTimeout(kill, deadlineMs);
    },
  };
  let finished = false;
  try {
    yield* use(one);
    finished = true;
    child.stdin.end();
    const fault = await ended;
    if (fault !== '') throw new Error(fault);
  } catch (error) {
    if (error instanceof HubError) throw error;
    const why = killed ? 'killed: nothing moved' : await Promise.race([ended, Promise.resolve('')]);
    throw new HubError('INTERNAL', `${role} process failed ${why}`.trimEnd(), { cause: error });
  } finally {
    clearTimeout(timer);
    if (!finished) child.kill('SIGKILL');
    child.stdout.destroy();
  }
}

/** The one result of a task that gives one. */
export async function resultOf<T>(results: AsyncGenerator<T>): Promise<T> {
  let found: { readonly value: T } | undefined;
  for await (const value of results) found ??= { value };
  if (found === undefined) throw new HubError('INTERNAL', 'a one-shot process gave no result');
  return found.value;
}

function start(role: Role): ChildProcessByStdio<Writable, Readable, null> {
  const { command, args } = oneShotProgram(role);
  // stderr would be the one way by which something of a failure could get out in words
  const child = spawn(command, args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
  child.stdin.on('error', () => undefined); // EPIPE: how it ended tells the story
  return child;
}
