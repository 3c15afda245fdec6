/** `npm run mutants`: 100,000 damaged SM2 ciphertexts, none may open; `-- --inputs N --seed N`. Exit code 1 on a false accept. */
import { parseArgs } from 'node:util';
import { oldClients, tryMutated } from './mutated-ciphertexts.ts';
import { bothProviders, officialPrivate } from './support.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
console.log(`seed ${values.seed}, ${oldClients.length} ciphertexts of an old client among the originals`);
const [[name, gm] = []] = bothProviders;
if (gm === undefined) throw new Error('no provider');
const started = performance.now();
const { tried, plausible, falseAccepts } = await tryMutated(
  gm,
  officialPrivate(gm),
  Number(values.inputs),
  Number(values.seed),
);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${name}: ${tried} tried in ${seconds} s, ${plausible} reached the check of C3, ${falseAccepts.length} opened`,
);
for (const one of falseAccepts) console.log(`FALSE ACCEPT ${one}`);
process.exitCode = falseAccepts.length === 0 ? 0 : 1;
