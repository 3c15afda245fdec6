/**
 * `npm run storm`: the long form. Exit code 1 when a ledger disagrees.
 *
 *   npm run storm -- --kills 80 --bidders 8 --database sqlite|postgres --errors --hubs 2
 *
 * `--errors`: the trading system errs, resets, delays and loses answers. `--hubs 2` needs `--database postgres`.
 */
import { parseArgs } from 'node:util';
import { startPostgres } from '#test/support/postgres.ts';
import { badDay } from './gateway.ts';
import { faultsOf, runStorm } from './storm.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '80' },
    bidders: { type: 'string', default: '8' },
    database: { type: 'string', default: 'sqlite' },
    errors: { type: 'boolean', default: false },
    hubs: { type: 'string', default: '1' },
  },
});
const hubs = Number(values.hubs);
if (hubs > 1 && values.database !== 'postgres') throw new Error('SQLite serves one hub process: --database postgres');
const postgres = values.database === 'postgres' ? await startPostgres() : undefined;
try {
  const began = Date.now();
  const report = await runStorm({
    kills: Number(values.kills),
    bidders: Number(values.bidders),
    calm: [250, 900],
    hubs,
    ...(postgres && { database: { kind: 'postgres', url: await postgres.createDatabase() } }),
    ...(values.errors && { spoil: badDay }),
    progress: (line) => process.stderr.write(`\r${line}   `),
  });
  const faults = faultsOf(report);
  const repeats = [...report.effects.values()].reduce((sum, { repeats }) => sum + repeats, 0);
  const restarts = report.restarts.toSorted((a, b) => a - b);
  console.log(`
${values.database}, ${hubs} hub process(es), ${((Date.now() - began) / 1000).toFixed(0)} s
${report.kills} kills · ${report.accepted.length} logins accepted · ${report.effects.size} tasks begun · ${repeats} repeated deliveries
hub states: ${JSON.stringify(report.states)} · pending ${report.pending} · journal ${report.journal.ok ? 'intact' : 'broken'}
callbacks spoiled: ${JSON.stringify(report.spoiled)}
people were told: ${JSON.stringify(report.told)}
hub ready again after: median ${ms(restarts[restarts.length >> 1])}, longest ${ms(restarts.at(-1))}`);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  console.log(faults.length === 0 ? 'nothing lost, nothing applied twice' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await postgres?.stop();
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(0)} ms`;
}
