/**
 *   node test/threats/main.ts --write             writes THREATS.md
 *   node test/threats/main.ts [report.json]       exit code 1 when a claimed row is not green in vitest's report of a whole run
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PAGE, pageOf } from './page.ts';
import { notGreen, type Report } from './proof.ts';
import { threats } from './threats.ts';

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.write) writeFileSync(PAGE, pageOf(threats));
else {
  const file = positionals[0] ?? resolve(import.meta.dirname, '../../node_modules/.cache/test-report.json');
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const claimed = threats.filter(({ status }) => status === 'claimed');
  const faults = claimed.flatMap(({ id, tests }) =>
    tests.flatMap((test) => notGreen(report, test) ?? []).map((fault) => `${id} ${fault}`),
  );
  for (const fault of faults) console.error(fault);
  console.log(
    `${claimed.length} of ${threats.length} threats claimed, ${faults.length === 0 ? 'all green' : 'not all green'}`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
