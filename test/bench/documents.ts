import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DocumentRound } from './documents-process.ts';
import { against, number, type Report, ratios, shown, spread } from './figures.ts';
import type { Scale } from './scale.ts';

const MB = 1_000_000;
const MOST_MEMORY_MB = 128;

/** (h) Documents prepared, signed and embedded, against the SM3 of the same bytes; memory above the idle process; a report on many pages. */
export async function documentsPart(scale: Scale): Promise<Report> {
  const sizes = scale.size === 'tiny' ? [1] : [1, 10, 50, 200];
  const rounds = Math.min(scale.rounds, 5);
  const folder = mkdtempSync(join(tmpdir(), 'bench-documents-'));
  const figures: Record<string, number> = {};
  const rows: string[][] = [];
  const validations: number[] = [];
  try {
    for (const megabytes of sizes) {
      const found: DocumentRound[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        scale.progress(`documents of ${megabytes} MB, round ${round}`);
        found.push(await oneRound(folder, megabytes * MB));
      }
      const of = (by: keyof DocumentRound) => found.map((round) => round[by]);
      const share = spread(ratios(of('sign'), of('raw')).map((ratio) => ratio * 100));
      const above = spread(of('above').map((bytes) => bytes / (1024 * 1024)));
      figures[`documents.sign${megabytes}.share`] = share.median;
      figures[`documents.sign${megabytes}.megabytesPerSecond`] = spread(of('signWall')).median;
      figures[`documents.sign${megabytes}.memoryAbove`] = above.max;
      rows.push([
        `${megabytes} MB`,
        shown(spread(of('signWall'))),
        shown(spread(of('rawWall'))),
        shown(share, ' %'),
        `${number(above.max)} MB`,
        `≤ ${MOST_MEMORY_MB} MB ${against(above.max, MOST_MEMORY_MB, 'less')}`,
      ]);
    }
    for (let round = 1; round <= rounds; round += 1) validations.push((await oneRound(folder, 0)).validate);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  figures['documents.validate.milliseconds'] = spread(validations).median;
  return {
    figures,
    tables: [
      {
        title: 'h · documents signed over a file handle',
        head: ['', 'MB/s', 'raw SM3, MB/s', 'of raw, its thread', 'memory above idle', 'aim'],
        rows,
        notes: [
          'prepare (structure read, digest over the file), SM2 signature, container, revision appended; raw: the same bytes read and digested, nothing else',
          'a small document is mostly its picture and its signature: the share says what a byte costs from 10 MB on',
        ],
      },
      {
        title: 'h · a report on 100 pages with five signatures',
        head: ['', 'milliseconds'],
        rows: [['five signatures, four revisions compared', shown(spread(validations))]],
        notes: ['every signature verified, every page and annotation compared with what it was at each signature'],
      },
    ],
  };
}

async function oneRound(folder: string, bytes: number): Promise<DocumentRound> {
  const program = join(import.meta.dirname, 'documents-process.ts');
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', program, folder, String(bytes)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as DocumentRound;
}
