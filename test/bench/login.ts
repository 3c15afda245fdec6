import { resolve } from 'node:path';
import { commitsDuring } from './commits.ts';
import { against, number, quantile, type Report, ratios, shown, spread, type Table } from './figures.ts';
import type { JobResult } from './jobs.ts';
import { type InstalledPeer, installPeer, type RunningPeer, startPeer } from './peer.ts';
import { type Companion, runJob, startCompanion } from './processes.ts';
import { areasOf } from './profile.ts';
import { pick, type Scale } from './scale.ts';
import { type BenchWorld, startBenchWorld } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const AIM = { ratio: 1.5, commits: 6, loopP99: 50 } as const;
const BIDDERS = 16;

/** One round of one side. */
interface Round {
  readonly perSecond: number;
  /** Milliseconds of CPU a login. */
  readonly serverCpu: number;
  readonly clientCpu: number;
  readonly result: JobResult;
}

/** (d) and (f): whole logins against whole authorization-code flows, same machine, same client, one server process each. */
export async function loginPart(scale: Scale): Promise<Report> {
  scale.progress('starting a hub, its receiver, its client');
  const world = await startBenchWorld({});
  const peers = scale.size === 'tiny' ? undefined : await startPeers(scale);
  try {
    return await measure(scale, world, peers);
  } finally {
    peers?.stop();
    await world.close();
  }
}

interface Peers {
  readonly version: string;
  readonly trouble?: string;
  readonly running: ReadonlyMap<string, RunningPeer>;
  readonly client: Companion;
  stop(): void;
}

async function startPeers(scale: Scale): Promise<Peers> {
  scale.progress('installing the peer');
  const installed = await installPeer();
  const client = await startCompanion('client.ts');
  if ('trouble' in installed)
    return { version: '', trouble: installed.trouble, running: new Map(), client, stop: client.stop };
  const running = new Map<string, RunningPeer>();
  for (const algorithm of ['ES256', 'RS256'] as const) running.set(algorithm, await startPeer(installed, algorithm));
  return { version: installed.version, running, client, stop: () => stopAll(client, running, installed) };
}

function stopAll(client: Companion, running: ReadonlyMap<string, RunningPeer>, installed: InstalledPeer): void {
  client.stop();
  for (const peer of running.values()) peer.stop();
  installed.remove();
}

async function measure(scale: Scale, world: BenchWorld, peers: Peers | undefined): Promise<Report> {
  const bidders = pick(scale, 3, BIDDERS);
  const logins = pick(scale, 6, 300, 600);
  let walked = 0;
  const walk = async (count: number, together = bidders): Promise<JobResult> => {
    const result = await runJob(world.client, world.loginJob({ bidders: together, logins: count }));
    walked += result.done;
    return result;
  };
  const hubOnce = (count: number): Promise<Round> => round(count, world.hubCpu, () => walk(count));
  const peerOnce = (peer: RunningPeer, client: Companion, count: number): Promise<Round> =>
    round(count, peer.cpu, () => runJob(client, peer.job({ bidders, logins: count })));

  // Warm: compiled code, kept-alive sockets, the vendors' lists in memory.
  scale.progress('warming up');
  await hubOnce(pick(scale, 3, 200));
  for (const peer of peers?.running.values() ?? []) await peerOnce(peer, peers?.client ?? world.client, 300);

  const hub: Round[] = [];
  const others = new Map<string, Round[]>([...(peers?.running.keys() ?? [])].map((name) => [name, []]));
  for (let index = 1; index <= scale.rounds; index += 1) {
    scale.progress(`logins, round ${index} of ${scale.rounds}`);
    hub.push(await hubOnce(logins));
    for (const [name, peer] of peers?.running ?? [])
      others.get(name)?.push(await peerOnce(peer, peers?.client ?? world.client, logins));
  }

  scale.progress('event loop, commits, profile');
  const { seen } = await world.observed(() => hubOnce(logins));
  const counted = pick(scale, 4, 100);
  const commits = await commitsDuring(world.databaseFile, () => hubOnce(counted));
  const alone = await commitsDuring(world.databaseFile, () => walk(Math.ceil(counted / 4), 1));
  const profiled = await world.observed(() => hubOnce(logins), true);
  const delivered = (await world.receiver.ask({})) as { tasks: number; repeats: number };

  const byServer = (rounds: readonly Round[]): number[] => rounds.map((one) => 1000 / one.serverCpu);
  const rates = hub.map((one) => one.perSecond);
  const commitsEach = commits / counted;
  const figures: Record<string, number> = {
    'login.perSecond': spread(rates).median,
    'login.serverCpuMs': spread(hub.map((one) => one.serverCpu)).median,
    'login.commits': commitsEach,
    'login.commitsAlone': alone / Math.ceil(counted / 4),
    'login.missing': walked - delivered.tasks,
    'login.repeats': delivered.repeats,
    'loop.p99': seen.loop.p99,
  };
  const sides: [string, Round[]][] = [
    ['hub', hub],
    ...[...others].map(([name, rounds]): [string, Round[]] => [`oidc-provider ${peers?.version} ${name}`, rounds]),
  ];
  const ratioRows = sides.map(([name, rounds]) => {
    const wall = spread(
      ratios(
        rates,
        rounds.map((one) => one.perSecond),
      ),
    );
    const cpu = spread(ratios(byServer(hub), byServer(rounds)));
    if (rounds !== hub) figures[`login.times.${name.split(' ').at(-1)}`] = wall.median;
    if (rounds !== hub) figures[`login.timesByCpu.${name.split(' ').at(-1)}`] = cpu.median;
    const whole = rounds.flatMap((one) => one.result.steps['whole'] ?? []).sort((a, b) => a - b);
    const requests = rounds.reduce((sum, one) => sum + one.result.requests, 0);
    const done = rounds.reduce((sum, one) => sum + one.result.done, 0);
    return [
      name,
      rounds === hub ? '1' : shown(wall, '×'),
      rounds === hub ? '1' : shown(cpu, '×'),
      rounds === hub ? '' : `≥ ${AIM.ratio}× ${against(wall.median, AIM.ratio)}`,
      shown(spread(rounds.map((one) => one.perSecond))),
      shown(spread(rounds.map((one) => one.serverCpu))),
      number(spread(rounds.map((one) => one.clientCpu)).median),
      number(requests / done),
      `${number(quantile(whole, 0.5))} / ${number(quantile(whole, 0.99))}`,
    ];
  });
  const tables: Table[] = [
    {
      title: `d · complete logins, ${bidders} at a time, synchronous=FULL, one server process`,
      head: [
        '',
        'hub ÷ it, per second',
        'hub ÷ it, per server CPU',
        'aim',
        'per second',
        'server CPU ms',
        'client CPU ms',
        'requests',
        'ms p50 / p99',
      ],
      rows: ratioRows,
      notes: [
        peers?.trouble ??
          'rounds alternate; the client is a process of its own with kept-alive sockets, and signs each challenge with SM2',
        'hub: startCheck, hello, claim, challenge, evidence (chain, usage, dates, revocation, signature, enrolment), feedbackResult into another process, view until it redirects',
        'peer: authorise, login and consent in one step, resume, token, userinfo; PKCE S256, in-memory adapter: nothing it answers survives a restart',
        `certificates are known to the hub (their issuer's signature is remembered); a first sight costs one more verification, see c`,
        `the receiver took ${delivered.tasks} results, ${delivered.repeats} of them twice`,
      ],
    },
    stepTable(hub),
    {
      title: 'd · where the hub spends its CPU',
      head: ['part of the program (self time)', 'share'],
      rows: areasOf(profiled.seen.profile ?? { nodes: [], samples: [], timeDeltas: [] }, ROOT)
        .slice(0, 16)
        .map(({ area, percent }) => [area, `${number(percent)} %`]),
      notes: [
        'a V8 profile of one more round; “native” is C++ called from that part: SQLite below kysely, OpenSSL below src/crypto',
      ],
    },
    {
      title: 'd · durable commits a login',
      head: ['', 'commits', 'aim'],
      rows: [
        [`${bidders} at a time`, number(commitsEach), `≤ ${AIM.commits} ${against(commitsEach, AIM.commits, 'less')}`],
        [
          'one after the other',
          number(figures['login.commitsAlone'] ?? Number.NaN),
          `≤ ${AIM.commits} ${against(figures['login.commitsAlone'] ?? Number.NaN, AIM.commits, 'less')}`,
        ],
      ],
      notes: ['commit frames counted in the write-ahead log itself'],
    },
    {
      title: `f · the hub's event loop under these logins`,
      head: ['', 'p50 ms', 'p99 ms', 'max ms', 'aim', 'loop busy'],
      rows: [
        [
          'delay of a 1 ms timer',
          number(seen.loop.p50),
          number(seen.loop.p99),
          number(seen.loop.max),
          `p99 ≤ ${AIM.loopP99} ${against(seen.loop.p99, AIM.loopP99, 'less')}`,
          `${number(seen.utilization * 100)} %`,
        ],
      ],
      notes: [
        'monitorEventLoopDelay inside the hub, loaded from outside; idle shows the millisecond of the timer itself',
      ],
    },
  ];
  return { figures, tables };
}

async function round(count: number, cpu: () => number, run: () => Promise<JobResult>): Promise<Round> {
  const before = cpu();
  const result = await run();
  const used = cpu() - before;
  return {
    perSecond: result.done / result.seconds,
    serverCpu: (used * 1000) / count,
    clientCpu: (result.clientCpu * 1000) / count,
    result,
  };
}

function stepTable(rounds: readonly Round[]): Table {
  const names = Object.keys(rounds[0]?.result.steps ?? {});
  return {
    title: 'd · steps of a login as its client sees them',
    head: ['step', 'ms p50', 'ms p99', 'times a login'],
    rows: names.map((name) => {
      const all = rounds.flatMap((one) => one.result.steps[name] ?? []).sort((a, b) => a - b);
      const done = rounds.reduce((sum, one) => sum + one.result.done, 0);
      return [name, number(quantile(all, 0.5)), number(quantile(all, 0.99)), number(all.length / done)];
    }),
    notes: ['with all bidders at once, so waiting for each other is in it'],
  };
}
