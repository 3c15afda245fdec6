import { readFileSync } from 'node:fs';

/** Operations per second of this process's own CPU time: a busy machine slows the clock on the wall, not this one. */
export async function perCpuSecond(count: number, work: (index: number) => unknown): Promise<number> {
  const began = process.cpuUsage();
  for (let index = 0; index < count; index += 1) await work(index);
  const { user, system } = process.cpuUsage(began);
  return count / Math.max(1e-6, (user + system) / 1e6);
}

/** Clock ticks of Linux's /proc are hundredths of a second everywhere that Node runs. */
const TICKS = 100;

/** CPU seconds a process has used so far, all its threads; NaN where there is no /proc. */
export function cpuSecondsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return Number.NaN;
  }
}

/** `1.23 0.98 0.75`, as of now; empty where there is no /proc. */
export function loadAverage(): string {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  } catch {
    return '';
  }
}
