/** Entry of a driver process: `host.ts` starts one a vendor. Nothing but this file runs in it besides the one driver it opens. */
import { Console } from 'node:console';
import { systemClock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import { installed } from './installed.ts';
import { closeNetwork } from './seat-belt.ts';
import { serveDriver } from './session.ts';

globalThis.console = new Console(process.stderr); // stdout carries the protocol and nothing else
closeNetwork();
serveDriver({
  input: process.stdin,
  output: process.stdout,
  drivers: installed.flatMap((entry) => (entry.driver ? [entry.driver] : [])),
  clock: systemClock,
  random: systemRandom,
  leave: (code) => process.exit(code),
});
