import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Job, JobResult } from './jobs.ts';

/** A program of the bench in a process of its own, spoken to by messages. It ends with its pipe. */
export interface Companion {
  readonly pid: number | undefined;
  /** Sends and waits for the next message. */
  ask(message: object): Promise<Record<string, unknown>>;
  stop(): void;
}

export async function startCompanion(file: string, args: readonly string[] = []): Promise<Companion> {
  const child = fork(join(import.meta.dirname, file), [...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const next = (): Promise<Record<string, unknown>> => nextMessage(child, () => complaint);
  // The client says nothing until it is asked.
  if (args.length > 0) await next();
  return {
    pid: child.pid,
    ask(message) {
      const answer = next();
      child.send(message);
      return answer;
    },
    stop: () => void child.kill(),
  };
}

function nextMessage(child: ChildProcess, complaint: () => string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const heard = (message: unknown): void => {
      child.off('exit', gone);
      resolve(message as Record<string, unknown>);
    };
    const gone = (): void => {
      child.off('message', heard);
      reject(new Error(`a process of the bench ended: ${complaint()}`));
    };
    child.once('message', heard);
    child.once('exit', gone);
  });
}

export async function runJob(client: Companion, job: Job): Promise<JobResult> {
  const answer = (await client.ask(job)) as { ok: boolean; result: JobResult; error?: string };
  if (!answer.ok) throw new Error(answer.error);
  return answer.result;
}
