/**
 * `npm run faults:figures`: how long a hub takes to be there, from cold and after another one's death. Prints, asserts nothing.
 *
 *   node test/faults/figures.ts [--times 10]
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Stage, type StageHub, setStage } from '#test/storm/stage.ts';
import { Browser, claim, prove } from '#test/support/bidder.ts';
import { startPostgres } from '#test/support/postgres.ts';
import { takeOver } from './take-over.ts';

const { values } = parseArgs({ options: { times: { type: 'string', default: '10' } } });
const times = Number(values.times);

console.log(`load of this machine: ${loadavg()[0]?.toFixed(1)}`);
await coldStarts();
await takeOvers();

async function coldStarts(): Promise<void> {
  const stage = await setStage();
  try {
    await stage.hubs[0]?.kill();
    for (const program of ['src/main.ts', 'dist/main.js']) {
      if (!existsSync(program)) {
        console.log(`cold start of ${program}: not built (npm run build)`);
        continue;
      }
      const walls: number[] = [];
      const cpus: number[] = [];
      for (let i = 0; i < times; i += 1) {
        const { wall, cpu } = await coldStart(program, stage);
        walls.push(wall);
        cpus.push(cpu);
      }
      print(`cold start to ready, ${program}`, walls, 2_000);
      print('  of which on the processor', cpus);
    }
  } finally {
    await stage.close();
  }
}

async function coldStart(program: string, stage: Stage): Promise<{ wall: number; cpu: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'serve', '--config', stage.world.configFile], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    while (!(await isReady(stage.world.hubUrl))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      await sleep(10);
    }
    return { wall: performance.now() - began, cpu: processorMs(child.pid ?? 0) };
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (reply) => reply.status === 200,
    () => false,
  );
}

/** User and system time of a living process; Linux only. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** From the SIGKILL of the process that holds a delivery's lease to the next attempt by the other one. */
async function takeOvers(): Promise<void> {
  const postgres = await startPostgres();
  const database = { kind: 'postgres', url: await postgres.createDatabase() } as const;
  const stage = await setStage({ hubs: 2, database, spoil: takeOver.allHeld });
  try {
    const waits: number[] = [];
    for (let i = 0; i < times; i += 1) waits.push(await takeOverOnce(stage, (i * 613) % 2_000));
    print('a dead process’s lease is taken over after', waits, 5_000);
  } finally {
    await stage.close();
    await postgres.stop();
  }
}

async function takeOverOnce(stage: Stage, killAfterMs: number): Promise<number> {
  const { gateway, place, hubs } = stage;
  if (gateway === undefined) throw new Error('no gateway');
  const [holder, other] = hubs as [StageHub, StageHub];
  await other.kill();
  gateway.spoil(takeOver.allHeld);
  const heard = gateway.arrivals.length;
  const person = new Browser();
  const began = await person.fetch(`${place.trading}/login`, { method: 'POST' });
  const { interaction } = await claim(person, began.headers.get('location') ?? '');
  await prove(person, place.hub, interaction, place.keys[0] as (typeof place.keys)[0]);
  while (gateway.arrivals.length === heard) await sleep(5);
  await other.start();
  gateway.spoil(takeOver.nothingHeld);
  await sleep(killAfterMs);
  const killed = performance.now();
  const before = gateway.arrivals.length;
  await holder.kill();
  while (gateway.arrivals.length === before) await sleep(5);
  const wait = (gateway.arrivals.at(-1) ?? 0) - killed;
  await holder.start();
  return wait;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(what: string, figures: readonly number[], aim?: number): void {
  const sorted = figures.toSorted((a, b) => a - b);
  const [median, longest] = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
  const verdict = aim === undefined ? '' : ` (aim ≤ ${aim} ms: ${longest <= aim ? 'met' : 'missed'})`;
  console.log(
    `${what}: median ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms of ${figures.length}${verdict}`,
  );
}
