/** Entry of a one-shot process (`launch.ts` starts one a task): does what its argument names, once, over stdin and stdout, and ends. */
import { createGm } from '#crypto/provider.ts';
import { systemRandom } from '#kernel/random.ts';
import { serveDealer } from './dealer.ts';
import { readFrames } from './frames.ts';
import { serveOpener } from './opener.ts';
import { serveSealer } from './sealer.ts';

const roles = { dealer: serveDealer, opener: serveOpener, sealer: serveSealer };
const serve = roles[process.argv[2] as keyof typeof roles];

try {
  await serve({ gm: createGm(), random: systemRandom, frames: readFrames(process.stdin), output: process.stdout });
  process.exit(0);
} catch {
  process.exit(1); // whatever it was, nothing of it may be said
}
