/** Tools of the machine that some faults need. Where one is missing the form that needs it says 未运行; with CI=true it fails. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  resize(megabytes: number): void;
  remove(): void;
}

/** A file system of its own in memory; undefined where this process may not mount. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'caihub-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (mounted.status !== 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    resize: (size) => void execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
    remove: () => {
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether strace is here and may attach to our own children. */
export function canTrace(): boolean {
  return spawnSync('strace', ['-f', '-e', 'trace=none', '-o', '/dev/null', 'true']).status === 0;
}

/** libfaketime for LD_PRELOAD; undefined where it is not installed. */
export function fakeTimeLibrary(): string | undefined {
  for (const base of ['/usr/lib', '/usr/local/lib']) {
    if (!existsSync(base)) continue;
    for (const folder of ['faketime', ...readdirSync(base).map((name) => join(name, 'faketime'))]) {
      const library = join(base, folder, 'libfaketime.so.1');
      if (existsSync(library)) return library;
    }
  }
  return undefined;
}

/** For a fault that this machine cannot produce. Never silent, and never green where the machine is ours to equip (CI=true). */
export function notRun(what: string, install: string): void {
  const line = `未运行：${what}。${install}`;
  if (process.env['CI'] === 'true') throw new Error(line);
  console.error(line);
}
