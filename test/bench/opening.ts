import { resolve } from 'node:path';
import { recordOf } from '#fixtures/world/cast.ts';
import { postJson } from '#fixtures/world/post-json.ts';
import type { HubAccess } from '#fixtures/world/trading-system/hub.ts';
import { callExt } from '#fixtures/world/trading-system/hub-ext.ts';
import { printed as members, signOf } from '#fixtures/world/trading-system/sign.ts';
import { base64, hex } from '#kernel/bytes.ts';
import { parseCertificate } from '#pki/certificate.ts';
import {
  announceOpening,
  type CompanyKey,
  handIn,
  inventedCompany,
  releaseOpening,
  sealAtClient,
  ticketOf,
} from '#test/support/opening-day.ts';
import { against, number, quantile, type Report, type Table } from './figures.ts';
import type { JobResult, OpeningJob } from './jobs.ts';
import { BUSY } from './open-bid.ts';
import { runJob } from './processes.ts';
import { areasOf } from './profile.ts';
import { pick, type Scale } from './scale.ts';
import { type BenchWorld, type Observation, startBenchWorld } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const AIM = 2;
const TOGETHER = 4;

/** One opening in which everybody decrypts at the same moment. */
interface Rush {
  readonly bidders: number;
  readonly result: JobResult;
  /** Milliseconds from the first request of all to each delivery, ascending. */
  readonly delivered: readonly number[];
  readonly missing: number;
  readonly repeats: number;
  readonly wrong: number;
  readonly hubCpu: number;
  readonly pure: { readonly wall: number; readonly cpu: number };
  /** Seconds: sealing and handing in, and host's start to the open window. */
  readonly sealing: number;
  readonly release: number;
  readonly seen: Observation;
}

/** (i): every bidder of an opening at once, against nothing but the SM2 unwraps of their keys. */
export async function openingPart(scale: Scale): Promise<Report> {
  scale.progress('starting a hub, its receiver, its client');
  const world = await startBenchWorld({});
  try {
    return await measure(scale, world);
  } finally {
    await world.close();
  }
}

async function measure(scale: Scale, world: BenchWorld): Promise<Report> {
  const sizes = scale.size === 'tiny' ? [4] : [100, 1_000, ...(scale.size === 'full' ? [10_000] : [])];
  const keys = await enrolled(scale, world, sizes.at(-1) ?? 0);
  // Warm: compiled code, kept-alive sockets, the vendors' lists in memory; and how fast bids are sealed here.
  let each = scale.size === 'tiny' ? 250 : await warmUp(scale, world, keys);
  const rushes: Rush[] = [];
  for (const size of sizes) {
    const one = await rush(scale, world, keys.slice(0, size), each);
    each = (one.sealing * 1000) / size;
    rushes.push(one);
  }
  // On its own: a profile costs what it measures.
  const looked = await rush(scale, world, keys.slice(0, pick(scale, 3, 300)), each, true);
  return { figures: figuresOf(rushes), tables: tablesOf(rushes, looked) };
}

/** Milliseconds that sealing one bid takes here. */
async function warmUp(scale: Scale, world: BenchWorld, keys: readonly CompanyKey[]): Promise<number> {
  const warm = await rush(scale, world, keys.slice(0, 60), 1_000);
  return (warm.sealing * 1000) / warm.bidders;
}

/** `count` companies with a pair of keys each, on record. */
async function enrolled(scale: Scale, world: BenchWorld, count: number): Promise<CompanyKey[]> {
  const keys: CompanyKey[] = [];
  await inTurns(count, async (index) => {
    if (index % 50 === 0) scale.progress(`bidders on record: ${index} of ${count}`);
    const holder = inventedCompany(index);
    const pair = await world.prepared.pki.issueKeyPair({ authority: 'beichen', holder });
    const [sign, encrypt] = [pair.signCertificate, pair.encCertificate].map((der) => parseCertificate(world.gm, der));
    if (sign === undefined || encrypt === undefined) throw new Error('an unreadable certificate');
    const facts = { signCertSn: sign.serial, encCertSn: encrypt.serial, notAfter: sign.notAfter };
    const record = recordOf(world.unit, { holder, pair, ...facts });
    const signed = { ...record, sign: signOf(world.unit.secret, record, members.userSynchro) };
    const { body } = await postJson(`${world.prepared.hubUrl}/api/ca/userSynchro`, signed);
    if ((body as { code?: number }).code !== 200) throw new Error(`userSynchro: ${JSON.stringify(body)}`);
    keys[index] = { holder, pair };
  });
  return keys;
}

async function rush(
  scale: Scale,
  world: BenchWorld,
  keys: readonly CompanyKey[],
  eachMs: number,
  profiled = false,
): Promise<Rush> {
  const { unit, prepared, gm } = world;
  const { caUnitId, orgcode, secret } = unit;
  const access: HubAccess = { hub: prepared.hubUrl, caUnitId, orgcode, secret };
  const bidders = keys.length;
  let opensAt = Math.round(Date.now() + 4_000 + bidders * Math.min(eachMs, 250) * 1.5);
  const opening = await announceOpening(access, world.cast.officers, { opensAt });
  const ticket = await ticketOf(access, opening);
  const sealingFrom = performance.now();
  const bids: OpeningJob['bids'][number][] = [];
  await inTurns(bidders, async (index) => {
    if (index % 50 === 0) scale.progress(`${bidders} bidders: sealed ${index}`);
    // A busy machine seals slower than it did a minute ago.
    if (opensAt - Date.now() < 3_000) {
      opensAt += pick(scale, 5_000, 20_000);
      await postpone(access, opening, opensAt);
    }
    const key = keys[index] as CompanyKey;
    const taskId = `B${opening.slice(-8)}-${index}`;
    const sealed = await sealAtClient(access, ticket, { taskId, text: `投标总价：${taskId}`, key });
    const taken = await handIn(access, opening, sealed);
    if ('trouble' in taken) throw new Error(`handing in ${index}: ${taken.trouble}`);
    bids[index] = {
      d: hex(gm.sm2.exportPrivate(key.pair.encKey)),
      sign: base64(key.pair.signCertificate),
      encrypt: base64(key.pair.encCertificate),
      taskId,
      encData: taken.encData,
    };
  });
  const sealing = (performance.now() - sealingFrom) / 1000;
  scale.progress(`${bidders} bidders: waiting for the opening time`);
  await sleep(opensAt - Date.now() + 50);
  const releaseFrom = performance.now();
  await releaseOpening(gm, prepared.hubUrl, opening, world.cast.officers);
  const release = (performance.now() - releaseFrom) / 1000;

  scale.progress(`${bidders} bidders: pure unwraps`);
  const pure = await runJob(world.client, { kind: 'unwrap', count: bidders });
  scale.progress(`${bidders} bidders: all at once`);
  const before = { cpu: world.hubCpu(), ...(await heard(world)) };
  const job: OpeningJob = {
    kind: 'opening',
    hub: prepared.hubUrl,
    publicUrl: prepared.hubUrl,
    ...{ caUnitId, orgcode, secret },
    lookMs: pick(scale, 500, 10_000),
    bids,
  };
  const { value: result, seen } = await world.observed(() => runJob(world.client, job), profiled);
  const after = await heard(world);
  const delivered = bids
    .flatMap(({ taskId }) => after.opened.get(`D-${taskId}`) ?? [])
    .map((at) => at - result.startedAt)
    .sort((a, b) => a - b);
  return {
    ...{ bidders, result, delivered, sealing, release, seen },
    missing: bidders - delivered.length,
    repeats: after.repeats - before.repeats,
    wrong: after.wrong - before.wrong,
    hubCpu: world.hubCpu() - before.cpu,
    pure: { wall: pure.seconds, cpu: pure.clientCpu },
  };
}

async function postpone(access: HubAccess, opening: string, opensAt: number): Promise<void> {
  const json = { opensAt, closesAt: opensAt, reason: '密封尚未完成' };
  const done = await callExt(access, 'POST', `/api/ca/ext/openings/${opening}/amendments`, { json });
  if (!done.ok) throw new Error(`postponement: ${done.trouble}`);
}

async function heard(world: BenchWorld): Promise<{ opened: Map<string, number>; repeats: number; wrong: number }> {
  const told = (await world.receiver.ask({})) as { opened: [string, number][]; repeats: number; wrong: number };
  return { ...told, opened: new Map(told.opened) };
}

function figuresOf(rushes: readonly Rush[]): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const one of rushes) {
    const name = `opening.${one.bidders}`;
    figures[`${name}.missing`] = one.missing;
    figures[`${name}.repeats`] = one.repeats + one.wrong;
    figures[`${name}.busy`] = busyOf(one);
    figures[`${name}.seconds`] = secondsOf(one);
    figures[`${name}.times`] = secondsOf(one) / one.pure.wall;
    figures[`${name}.hubCpuMs`] = (one.hubCpu * 1000) / one.bidders;
  }
  return figures;
}

const busyOf = ({ result }: Rush): number => result.steps[BUSY]?.length ?? 0;

/** From the first request of the first bidder to the delivery of the last. */
const secondsOf = ({ delivered }: Rush): number => (delivered.at(-1) ?? Number.NaN) / 1000;

function tablesOf(rushes: readonly Rush[], looked: Rush): Table[] {
  const last = rushes.at(-1);
  return [
    {
      title: 'i · all bidders of an opening at once, joint key model, SQLite with synchronous=FULL',
      head: [
        'bidders',
        's to the last',
        'ms p50 / p99',
        'pure unwraps s',
        '÷ pure',
        'hub CPU ÷ pure CPU',
        'aim',
        'hub CPU ms each',
        'client CPU ms each',
        'told busy',
        'lost',
        'twice',
        'growth',
      ],
      rows: rushes.map((one, index) => {
        const previous = rushes[index - 1];
        const times = secondsOf(one) / one.pure.wall;
        const growth = previous && secondsOf(one) / secondsOf(previous) / (one.bidders / previous.bidders);
        return [
          String(one.bidders),
          number(secondsOf(one)),
          `${number(quantile(one.delivered, 0.5))} / ${number(quantile(one.delivered, 0.99))}`,
          number(one.pure.wall),
          `${number(times)}×`,
          `${number(one.hubCpu / one.pure.cpu)}×`,
          `≤ ${AIM}× ${against(times, AIM, 'less')}`,
          number((one.hubCpu * 1000) / one.bidders),
          number((one.result.clientCpu * 1000) / one.bidders),
          String(busyOf(one)),
          String(one.missing),
          String(one.repeats + one.wrong),
          growth === undefined ? '' : `${number(growth)}×`,
        ];
      }),
      notes: [
        'every bidder begins in the same moment: startdecrypt, hello, claim, grant, certificates, unwrap with his own key, keys, message 7 into another process',
        'pure: as many SM2 decryptions of a 16-byte key, one after the other in the client process just before, nothing else',
        'p50 and p99 of the time from that first moment to the arrival of each message 7; growth: time a bidder against the row above, 1 is linear',
        'told busy: 系统繁忙 (503), tried again after 2 s; any other refusal would have ended the run; twice: message 7 arrived again, or with other content',
      ],
    },
    {
      title: 'i · before and during',
      head: ['bidders', 'sealed and handed in, ms each', 'start to open window s', 'loop p99 ms', 'loop busy'],
      rows: rushes.map((one) => [
        String(one.bidders),
        number((one.sealing * 1000) / one.bidders),
        number(one.release),
        number(one.seen.loop.p99),
        `${number(one.seen.utilization * 100)} %`,
      ]),
      notes: ['the window opens when the second custodian has released and the opener has taken out every K_o'],
    },
    {
      title: 'i · steps as their client sees them, largest opening',
      head: ['step', 'ms p50', 'ms p99', 'times a bidder'],
      rows: Object.entries(last?.result.steps ?? {}).map(([name, times]) => {
        const sorted = [...times].sort((a, b) => a - b);
        return [
          name,
          number(quantile(sorted, 0.5)),
          number(quantile(sorted, 0.99)),
          number(times.length / (last?.bidders ?? 1)),
        ];
      }),
      notes: ['with all bidders at once, so waiting for each other is in it'],
    },
    ...(looked.seen.profile === undefined ? [] : [profileTable(looked.bidders, looked.seen.profile)]),
  ];
}

const profileTable = (bidders: number, profile: NonNullable<Observation['profile']>): Table => ({
  title: `i · where the hub spends its CPU with ${bidders} bidders`,
  head: ['part of the program (self time)', 'share'],
  rows: areasOf(profile, ROOT)
    .slice(0, 20)
    .map(({ area, percent }) => [area, `${number(percent)} %`]),
  notes: ['a V8 profile; “native” is C++ called from that part'],
});

/** `work(0…count-1)`, a few at a time. */
async function inTurns(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (next < count) {
        const index = next;
        next += 1;
        await work(index);
      }
    }),
  );
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)));
