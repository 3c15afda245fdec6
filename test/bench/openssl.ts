import { execFileSync } from 'node:child_process';

/** Prints figures per second of CPU time, as long as `-elapsed` is not given. */
function speed(args: readonly string[], seconds: number): string {
  return execFileSync('openssl', ['speed', '-seconds', String(seconds), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

export function opensslVersion(): string | undefined {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split(' ')
      .slice(0, 2)
      .join(' ');
  } catch {
    return undefined;
  }
}

/** ` 256 bits SM2 (CurveSM2)   0.0003s   0.0003s   3080.0   3290.0`: the last two figures. */
export function readSm2(text: string): { sign: number; verify: number } {
  const line = /SM2\s*\(CurveSM2\)(.*)$/m.exec(text)?.[1] ?? '';
  const figures = line.trim().split(/\s+/).map(Number);
  return { sign: figures.at(-2) ?? Number.NaN, verify: figures.at(-1) ?? Number.NaN };
}

/** `SM3   324000.12k`: thousands of bytes a second, one column for the one block size asked for. MB/s. */
export function readBlocks(text: string): number {
  const found = [...text.matchAll(/^\S+\s+([\d.]+)k\s*$/gm)].at(-1)?.[1];
  return Number(found) / 1000;
}

export const sm2Speed = (seconds: number): { sign: number; verify: number } => readSm2(speed(['sm2'], seconds));

export const blockSpeed = (algorithm: string, bytes: number, seconds: number): number =>
  readBlocks(speed(['-evp', algorithm, '-bytes', String(bytes)], seconds));
