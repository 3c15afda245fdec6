import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { against, number, type Report, shown, spread } from './figures.ts';
import { pick, type Scale } from './scale.ts';
import type { Rate, SealRound } from './seal-process.ts';

const MOST_MEMORY = 128 * 1024 * 1024;

/** (g) A large file sealed and opened as streams, against the cipher and the tags alone; memory above the idle process. */
export async function sealPart(scale: Scale): Promise<Report> {
  const megabytes = pick(scale, 12, 1000);
  const rounds: SealRound[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-seal-'));
  try {
    for (let round = 1; round <= Math.min(scale.rounds, 3); round += 1) {
      scale.progress(`sealing ${megabytes} MB, round ${round}`);
      rounds.push(await oneRound(folder, megabytes * 1_000_000));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures: Record<string, number> = {};
  const rows = (['seal', 'open'] as const).map((what) => {
    const share = (by: keyof Rate) => spread(rounds.map((round) => (round[what][by] / round.raw[by]) * 100));
    const above = spread(rounds.map((round) => round[what].above / (1024 * 1024)));
    figures[`capsule.${what}.share`] = share('thread').median;
    figures[`capsule.${what}.wallShare`] = share('wall').median;
    figures[`capsule.${what}.megabytesPerSecond`] = spread(rounds.map((round) => round[what].wall)).median;
    figures[`capsule.${what}.memoryAbove`] = above.max;
    return [
      what,
      shown(share('thread'), ' %'),
      `≥ 80 % ${against(share('thread').median, 80)}`,
      shown(share('wall'), ' %'),
      shown(share('process'), ' %'),
      shown(spread(rounds.map((round) => round[what].wall))),
      `${number(above.max)} MB`,
      `≤ 128 MB ${against(-above.max, -MOST_MEMORY / (1024 * 1024))}`,
    ];
  });
  return {
    figures,
    tables: [
      {
        title: `g · a capsule of ${megabytes} MB`,
        head: ['', 'of raw, its thread', 'aim', 'by the clock', 'all threads', 'MB/s', 'memory above idle', 'aim'],
        rows,
        notes: [
          `raw: SM4-CTR and HMAC-SM3 over the same bytes, one call each per 64 KiB: ${shown(spread(rounds.map(({ raw }) => raw.wall)), ' MB/s')}`,
          'the first share is of the CPU time of the thread that seals: what is reached where a second core is free for the SM3 of the content',
          'all threads: the same with that SM3, which the inner signature needs and raw does not have; seal writes a file, open reads it',
        ],
      },
    ],
  };
}

async function oneRound(folder: string, bytes: number): Promise<SealRound> {
  const program = join(import.meta.dirname, 'seal-process.ts');
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', program, folder, String(bytes)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as SealRound;
}
