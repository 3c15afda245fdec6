/**
 * `npm run storm`: the long form. Exit code 1 when a ledger disagrees.
 *
 *   npm run storm -- --kills 80 --bidders 8 --database sqlite|postgres --errors --hubs 2
 *
 *   npm run storm -- opening --openings 10 --bids 6 --database sqlite|postgres --errors --hubs 2
 *
 * `--errors`: the trading system errs, resets, delays and loses answers. `--hubs 2` needs `--database postgres`.
 */
import { parseArgs } from 'node:util';
import { startPostgres } from '#test/support/postgres.ts';
import { badDay } from './gateway.ts';
import { runOpeningStorm } from './opening.ts';
import type { StageOptions } from './stage.ts';
import { faultsOf, runStorm } from './storm.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '80' },
    bidders: { type: 'string', default: '8' },
    database: { type: 'string', default: 'sqlite' },
    errors: { type: 'boolean', default: false },
    hubs: { type: 'string', default: '1' },
    openings: { type: 'string', default: '10' },
    bids: { type: 'string', default: '6' },
  },
});
const hubs = Number(values.hubs);
if (hubs > 1 && values.database !== 'postgres') throw new Error('SQLite serves one hub process: --database postgres');
const postgres = values.database === 'postgres' ? await startPostgres() : undefined;
try {
  const database = postgres && { kind: 'postgres' as const, url: await postgres.createDatabase() };
  const common = {
    ...{ hubs, ...(database && { database }), ...(values.errors && { spoil: badDay }) },
    progress: (line: string) => void process.stderr.write(`\r${line}   `),
  };
  const faults = positionals[0] === 'opening' ? await openings(common) : await logins(common);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  console.log(faults.length === 0 ? 'nothing lost, nothing applied twice' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await postgres?.stop();
}

type Common = Pick<StageOptions, 'database' | 'spoil'> & { hubs: number; progress: (line: string) => void };

async function logins(common: Common): Promise<readonly string[]> {
  const began = Date.now();
  const report = await runStorm({
    ...common,
    ...{ kills: Number(values.kills), bidders: Number(values.bidders), calm: [250, 900] },
  });
  const repeats = [...report.effects.values()].reduce((sum, { repeats }) => sum + repeats, 0);
  console.log(`
${heading(began)}
${report.kills} kills · ${report.accepted.length} logins accepted · ${report.effects.size} tasks begun · ${repeats} repeated deliveries
hub states: ${JSON.stringify(report.states)} · pending ${report.pending} · journal ${report.journal.ok ? 'intact' : 'broken'}
callbacks spoiled: ${JSON.stringify(report.spoiled)}
people were told: ${JSON.stringify(report.told)}
${readiness(report.restarts)}`);
  return faultsOf(report);
}

async function openings(common: Common): Promise<readonly string[]> {
  const began = Date.now();
  const report = await runOpeningStorm({
    ...common,
    ...{ openings: Number(values.openings), bids: Number(values.bids), before: 12_000, calm: [300, 2_500] },
  });
  console.log(`
${heading(began)}
${report.kills} kills · ${values.openings} openings · ${report.bids} bids · ${report.arrivals} messages 7, ${report.arrivals - report.bids} of them repeats
callbacks spoiled: ${JSON.stringify(report.spoiled)}
people were told: ${JSON.stringify(report.told.refusals)} · statuses ${JSON.stringify(report.told.statuses)}
${readiness(report.restarts)}`);
  return report.faults;
}

function heading(began: number): string {
  return `${values.database}, ${hubs} hub process(es), ${((Date.now() - began) / 1000).toFixed(0)} s`;
}

function readiness(all: readonly number[]): string {
  const restarts = all.toSorted((a, b) => a - b);
  return `hub ready again after: median ${ms(restarts[restarts.length >> 1])}, longest ${ms(restarts.at(-1))}`;
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(0)} ms`;
}
