/**
 * `npm run redteam -- --capsules 1000`: the long form. Exit code 1 when anything opens before the opening, when the planted key is not found, or when something
 * does not open after the release.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attack } from './attack.ts';
import { takeGround } from './ground.ts';
import { openAll } from './release.ts';
import { learnTruth } from './truth.ts';

const { values } = parseArgs({ options: { capsules: { type: 'string', default: '1000' } } });
const count = Number(values.capsules);
const began = Date.now();
const ground = await takeGround(count, (line) => process.stderr.write(`\r${line}   `));
const core = await ground.core();
try {
  process.stderr.write('\n');
  const truth = await learnTruth(ground, core);
  const before = await attack(ground, core, truth);
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const columns = [...before.columns.values()].reduce((sum, value) => sum + value, 0);
  console.log(
    `${count} capsules, ${ground.capsules.filter(({ sealedBy }) => sealedBy === 'hub').length} of them sealed by the hub`,
  );
  console.log(
    `taken: ${before.processes} processes, ${mb(before.memory)} of memory, ${mb(before.files)} of files, ${columns} sealed values; searched for ${truth.needles.length} secrets`,
  );
  console.log(
    `opened before the opening: ${before.opened.length} of ${count}; secrets found: ${before.found.size}; wraps opened by hub keys: ${before.unwrapped}`,
  );
  const [first] = ground.capsules;
  if (first !== undefined) {
    const halves = [truth.kb.get(first), truth.ko.get(first)].map((half) => Buffer.from(half ?? []));
    writeFileSync(ground.plantFile, Buffer.concat(halves));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const planted = await attack(ground, core, truth);
  console.log(`with a planted key: ${planted.opened.length} opened (1 is right)`);
  await ground.stopHub();
  const after = await openAll(ground, core, truth);
  console.log(`after the release: ${after.opened} of ${count}`);
  for (const fault of after.faults.slice(0, 10)) console.log(`  ${fault}`);
  console.log(`${((Date.now() - began) / 1000).toFixed(0)} s`);
  const fine = before.opened.length === 0 && before.found.size === 0 && before.unwrapped === 0;
  process.exitCode = fine && planted.opened.length === 1 && after.opened === count ? 0 : 1;
} finally {
  await core.close();
  await ground.close();
}
