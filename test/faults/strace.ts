import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** strace attached to a running process. */
export interface Trace {
  /** Lets the process go on untouched; resolves with what was written to `output`. */
  end(): Promise<string>;
}

/** Attaches to every thread of `pid`; resolves once attached. */
export async function trace(pid: number, output: string, args: readonly string[]): Promise<Trace> {
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-o', output, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => tracer.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    tracer.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('attached')) resolve();
    });
    tracer.once('exit', () => reject(new Error(`strace: ${said}`)));
    tracer.once('error', reject);
  });
  return {
    end: async () => {
      tracer.kill('SIGINT');
      await ended;
      return existsSync(output) ? readFileSync(output, 'utf8') : '';
    },
  };
}
