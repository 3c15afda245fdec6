/**
 * `npm run bench [part…] [--full] [--rounds N] [--json FILE]`: prints ratios, each side measured in this same run. Nothing here asserts: a machine that
 * is busy with something else may print what it likes.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadAverage } from './cpu.ts';
import { printed } from './figures.ts';
import { parts } from './parts.ts';
import { scaleOf } from './scale.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
});
const names = positionals.length === 0 ? Object.keys(parts) : positionals;
const unknown = names.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`unknown part ${unknown.join(', ')}; there are: ${Object.keys(parts).join(' ')}`);
  process.exit(2);
}
const progress = (line: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
};
const rounds = values.rounds === undefined ? undefined : Math.max(1, Number(values.rounds));
const scale = scaleOf(values.full ? 'full' : values.tiny ? 'tiny' : 'normal', progress, rounds);
const began = performance.now();

console.log(
  `# bench · Node ${process.version} · ${cpus()[0]?.model.trim() ?? 'unknown processor'} × ${availableParallelism()} · ${new Date().toISOString()}`,
);
console.log(
  `median (smallest–largest) of ${scale.rounds} interleaved rounds · load average at the start ${loadAverage()}\n`,
);
const figures: Record<string, number> = {};
for (const name of names) {
  const part = parts[name];
  if (part === undefined) continue;
  const before = loadAverage();
  try {
    const report = await part(scale);
    progress('');
    for (const table of report.tables) console.log(printed(table));
    Object.assign(figures, report.figures);
    console.log(`  (load average ${before} before, ${loadAverage()} after)\n`);
  } catch (error) {
    progress('');
    console.log(`## ${name} could not be measured: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
console.log(`${Math.round((performance.now() - began) / 1000)} s`);
