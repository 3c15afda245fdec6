/** `npm run storm`: the long form, 80 kills; `npm run storm -- --kills N`. Exit code 1 when a ledger disagrees. */
import { parseArgs } from 'node:util';
import { faultsOf, runStorm } from './storm.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '80' }, bidders: { type: 'string', default: '8' } },
});
const report = await runStorm({
  kills: Number(values.kills),
  bidders: Number(values.bidders),
  calm: [250, 900],
  progress: (line) => process.stderr.write(`\r${line}   `),
});
const faults = faultsOf(report);
const repeats = [...report.effects.values()].reduce((sum, { repeats }) => sum + repeats, 0);
console.log(
  `\n${report.kills} kills · ${report.accepted.length} logins accepted · ${report.effects.size} tasks begun · ${repeats} repeated deliveries`,
);
console.log(
  `hub states: ${JSON.stringify(report.states)} · pending ${report.pending} · journal ${report.journal.ok ? 'intact' : 'broken'}`,
);
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
