import { readFile } from 'node:fs/promises';
import type { Clock } from '#kernel/clock.ts';

/** Counts; true once more than `most` came within one window of `windowMs` milliseconds. */
export function budget(clock: Clock, windowMs: number, most: number): (count: number) => boolean {
  let start = clock.monotonic();
  let spent = 0;
  return (count) => {
    const now = clock.monotonic();
    if (now - start > windowMs) {
      start = now;
      spent = 0;
    }
    spent += count;
    return spent > most;
  };
}

/** Resident set from /proc; 0 where there is no such file (other systems): there only the heap flag of the child bounds it. */
export async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
