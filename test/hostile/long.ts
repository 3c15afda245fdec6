/** `npm run hostile`: the long form, 10,000 malformed requests and the slow raw attacks; `-- --requests N --seed N`. Exit code 1 on any fault. */
import { parseArgs } from 'node:util';
import { attack } from './attack.ts';
import { rawAttacks } from './raw.ts';
import { openHostileWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lanes: { type: 'string', default: '8' },
    raw: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
console.log(`seed ${values.seed}`);
const world = await openHostileWorld();
try {
  const progress = (line: string): void => void process.stderr.write(`\r${line}   `);
  const report = await attack(world, {
    requests: Number(values.requests),
    seed: Number(values.seed),
    lanes: Number(values.lanes),
    progress,
  });
  const { faults, statuses, codes, ...figures } = report;
  console.log(
    `\n${JSON.stringify(figures, null, 1)}\nstatuses ${JSON.stringify(statuses)}\ncodes ${JSON.stringify(codes)}`,
  );
  const raw = values.raw
    ? await rawAttacks(world, { patient: true, progress })
    : { attacks: 0, faults: [], figures: {} };
  console.log(`\n${raw.attacks} raw attacks ${JSON.stringify(raw.figures)}`);
  for (const fault of [...faults, ...raw.faults]) console.log(`FAULT ${fault}`);
  process.exitCode = faults.length + raw.faults.length === 0 ? 0 : 1;
} finally {
  await world.close();
}
process.exit();
