import { type Draw, drawFrom } from './draw.ts';
import { generate, mutators } from './generate.ts';
import { faultsOf } from './judge.ts';
import { residentMb, share, startNeighbours } from './neighbours.ts';
import { newPrey, type Prey } from './prey.ts';
import { bytesOf, type Draft } from './shot.ts';
import { targetsOf } from './targets.ts';
import { type Heard, speak } from './wire.ts';
import type { HostileWorld } from './world.ts';

export interface AttackOptions {
  readonly requests: number;
  readonly seed: number;
  readonly lanes?: number;
  /** Honest logins measured before it begins. */
  readonly calmLogins?: number;
  readonly progress?: (line: string) => void;
}

export interface AttackReport {
  readonly seed: number;
  readonly requests: number;
  readonly mutators: number;
  readonly routes: number;
  /** HTTP status → how often; 0: closed without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** `code` or error code of answers → how often. */
  readonly codes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly rssMb: { readonly before: number; readonly most: number; readonly after: number };
  /** Honest logins, milliseconds: alone, and beside the attack. */
  readonly calm: Times;
  readonly attacked: Times;
  readonly slowestMs: number;
  readonly seconds: number;
}
interface Times {
  readonly logins: number;
  readonly p50: number;
  readonly p99: number;
}

/** Requests that one login of the attacker's serves; then he begins another, because the first is cancelled or used up. */
const A_PREY = 60;

/** Sends `requests` malformed requests over every route, several at once, while honest people log in; judges every answer. */
export async function attack(world: HostileWorld, options: AttackOptions): Promise<AttackReport> {
  const faults: string[] = [];
  const logged = world.logged.length;
  const statuses: Record<string, number> = {};
  const codes: Record<string, number> = {};
  let sent = 0;
  let slowestMs = 0;
  let routes = 0;
  void world.hub.ended.then((code) => faults.push(`the hub ended with ${code}`));

  const people = startNeighbours(world);
  const calm: number[] = [];
  while (calm.length < (options.calmLogins ?? 40) && people.faults.length === 0) {
    await wait(50);
    calm.push(...people.take());
  }
  const before = residentMb(world.hub.child.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(world.hub.child.pid));
  }, 100);
  const began = performance.now();

  const count = (heard: Heard): void => {
    slowestMs = Math.max(slowestMs, heard.ms);
    if (heard.replies.length === 0) statuses['0'] = (statuses['0'] ?? 0) + 1;
    for (const reply of heard.replies) {
      statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
      const code = /"code":"?(\w+)/.exec(reply.body.toString('latin1'))?.[1];
      if (code !== undefined) codes[code] = (codes[code] ?? 0) + 1;
    }
  };
  const lane = async (number: number): Promise<void> => {
    const draw = drawFrom(options.seed + number * 7919);
    let prey: Prey | undefined;
    for (let turn = 0; sent < options.requests; turn += 1) {
      sent += 1;
      if (prey === undefined || turn % A_PREY === 0) prey = await newPrey(world);
      const targets = targetsOf(world, prey);
      routes = targets.length;
      const target = targets[draw.int(targets.length)];
      if (target === undefined) throw new Error('no target');
      const draft = generate(target, turn * 8 + number, { draw, prey, world });
      const heard = await fire(world, draft, draw);
      count(heard);
      const name = `${target.name} · ${draft.mutators.join(' + ')} · ${draft.signed ? 'signed' : 'unsigned'}`;
      for (const fault of faultsOf(draft, heard)) faults.push(`${name}: ${fault}`);
      if (sent % 500 === 0) options.progress?.(`${sent}/${options.requests} requests, ${faults.length} faults`);
      if (faults.length > 200) return;
    }
  };
  await Promise.all(Array.from({ length: options.lanes ?? 8 }, (_, number) => lane(number)));

  const seconds = (performance.now() - began) / 1000;
  const attacked = people.take();
  await people.stop();
  clearInterval(watch);
  await wait(500);
  const after = residentMb(world.hub.child.pid);
  faults.push(...people.faults, ...faultsInLog(world.logged.slice(logged)));
  return {
    seed: options.seed,
    requests: sent,
    mutators: mutators.length,
    routes,
    statuses,
    codes,
    faults,
    rssMb: { before, most, after },
    calm: times(calm),
    attacked: times(attacked),
    slowestMs,
    seconds,
  };
}

async function fire(world: HostileWorld, draft: Draft, draw: Draw): Promise<Heard> {
  const from = `127.0.${1 + draw.int(16)}.${1 + draw.int(200)}`;
  try {
    const head = draft.method === 'HEAD';
    return await speak(world.prepared.hubUrl, from, bytesOf(draft), { head, ...(draft.http && { silenceMs: 250 }) });
  } catch (error) {
    return { replies: [], rest: Buffer.from(`connection refused: ${String(error)}`), end: 'reset', ms: 0 };
  }
}

/** Lines that only a broken hub prints. Warnings of refused egress and the like are its duty. */
export function faultsInLog(lines: readonly string[]): string[] {
  return lines
    .filter((line) => {
      if (/unhandled|uncaught|ERR_UNHANDLED|Warning:/i.test(line)) return true;
      try {
        const { level } = JSON.parse(line) as { level?: number };
        return (level ?? 0) >= 50;
      } catch {
        return line.trim() !== '';
      }
    })
    .map((line) => `the hub printed: ${line.slice(0, 600)}`);
}

const times = (values: readonly number[]): Times => ({
  logins: values.length,
  p50: Math.round(share(values, 0.5)),
  p99: Math.round(share(values, 0.99)),
});
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
