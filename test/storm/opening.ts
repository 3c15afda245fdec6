/**
 * The kill storm of an opening: hub processes are killed with SIGKILL again and again from the first upload to the last delivery. No bid lost, none delivered twice in
 * effect, none opened early, the record intact.
 */
import type { Core } from '#app/core.ts';
import { type BidReceiver, startBidReceiver } from './bid-receiver.ts';
import { drained } from './ledgers.ts';
import {
  announceStubbornly,
  type Day,
  type HandedInBid,
  handInStubbornly,
  knockEarly,
  type OpeningTold,
  openStubbornly,
  releaseStubbornly,
} from './opening-people.ts';
import { type Stage, type StageHub, type StageOptions, setStage } from './stage.ts';

export interface OpeningStormOptions extends Omit<StageOptions, 'receive'> {
  /** Openings at least, one after the other, and bids in each. */
  readonly openings: number;
  /** So many kills at least: on a slow machine, where each restart takes long, they take a few openings more. */
  readonly leastKills?: number;
  readonly bids: number;
  /** Milliseconds for announcing and handing in. */
  readonly before: number;
  /** Milliseconds between the hub being ready and its next death, drawn from this range. */
  readonly calm: readonly [number, number];
  readonly progress?: (line: string) => void;
}

export interface OpeningStormReport {
  readonly kills: number;
  readonly bids: number;
  readonly arrivals: number;
  readonly told: OpeningTold;
  readonly spoiled: Readonly<Record<string, number>>;
  readonly restarts: readonly number[];
  readonly faults: readonly string[];
}

const MORE_OPENINGS = 4;

export async function runOpeningStorm(options: OpeningStormOptions): Promise<OpeningStormReport> {
  let receiver: BidReceiver | undefined;
  const stage = await setStage({
    ...options,
    receive: async ({ port, unit }) => {
      receiver = await startBidReceiver({ port, secret: unit.secret });
      return receiver;
    },
  });
  try {
    if (receiver === undefined) throw new Error('nobody receives');
    const told: OpeningTold = { refusals: {}, statuses: {}, faults: [] };
    const killer = startKiller(stage, options);
    const days: HandedIn[] = [];
    try {
      const enough = (number: number): boolean =>
        number > options.openings && killer.restarts.length >= (options.leastKills ?? 0);
      for (let number = 1; !enough(number) && number <= options.openings + MORE_OPENINGS; number += 1) {
        days.push(await holdOpening(stage, told, number, options, killer.spare));
        options.progress?.(`${number}/${options.openings} openings, ${killer.restarts.length} kills`);
      }
    } finally {
      await killer.stop();
    }
    await drained(stage);
    for (const hub of stage.hubs) await hub.process().stop();
    const core = await stage.core();
    try {
      const faults = [...told.faults, ...faultsAtReceiver(receiver, days), ...(await faultsInRecord(core, days))];
      if (told.statuses['500'] !== undefined) faults.push(`somebody was shown a bug: ${JSON.stringify(told.statuses)}`);
      const bids = days.reduce((sum, day) => sum + day.bids.length, 0);
      const { restarts } = killer;
      return {
        ...{ kills: restarts.length, bids, arrivals: receiver.arrivals.length, told, restarts, faults },
        spoiled: { ...stage.gateway?.spoiled },
      };
    } finally {
      await core.close();
    }
  } finally {
    await stage.close();
  }
}

interface HandedIn {
  readonly opening: string;
  readonly opensAt: number;
  readonly bids: readonly HandedInBid[];
}

/** One opening from its announcement to the last delivery. */
async function holdOpening(
  stage: Stage,
  told: OpeningTold,
  number: number,
  { bids: count, before }: OpeningStormOptions,
  spare: (spared: boolean) => void,
): Promise<HandedIn> {
  const { caUnitId, orgcode, secret } = stage.unit;
  const access = { hub: stage.world.hubUrl, caUnitId, orgcode, secret };
  spare(true);
  const day: Day = { stage, access, told, opensAt: Date.now() + before };
  const opening = await announceStubbornly(day, `K-${number}`);
  spare(false);
  const released = releaseStubbornly(day, opening);
  const keys = stage.cast.good;
  const handedIn = Array.from({ length: count }, async (_, index) => {
    const key = keys[index % keys.length];
    if (key === undefined) throw new Error('no key');
    await wait((before * 0.4 * index) / count);
    const taskId = `B${number}-${index}`;
    const bid = { taskId, text: `投标总价：${taskId} 壹佰万元整`, key };
    return handInStubbornly(day, opening, bid, 1 + (index % 3 === 2 ? 1 : 0));
  });
  // Whoever is kept away until the deadline is late, and that is no fault of the hub's to look for here.
  const inTime = wait(before * 0.5).then(async () => {
    spare(true);
    await Promise.allSettled(handedIn);
    spare(false);
  });
  const opened = handedIn.map(async (taken) => {
    const bid = await taken;
    await knockEarly(day, bid, 400);
    await released;
    await openStubbornly(day, bid);
    return bid;
  });
  const all = await Promise.allSettled([released, inTime, ...opened]);
  const failed = all.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { opening, opensAt: day.opensAt, bids: await Promise.all(opened) };
}

function startKiller(stage: Stage, { calm: [least, most] }: OpeningStormOptions) {
  const restarts: number[] = [];
  let over = false;
  let calm = true;
  const run = async (): Promise<void> => {
    while (!over) {
      await wait(least + (most - least) * Math.random());
      if (over) return;
      if (calm) continue;
      const victim = stage.hubs[restarts.length % stage.hubs.length] as StageHub;
      await victim.kill();
      const began = performance.now();
      await victim.start();
      restarts.push(performance.now() - began);
    }
  };
  const ended = run();
  // Told by stop(), where somebody waits for it.
  ended.catch(() => undefined);
  return {
    restarts,
    /** Nobody is killed while an opening is announced: it has a time to keep. */
    spare: (spared: boolean) => {
      calm = spared;
    },
    stop: () => {
      over = true;
      return ended;
    },
  };
}

/** Every bid arrived, under its task, with its last version's content and no other, and not before its time. */
function faultsAtReceiver({ arrivals, strange }: BidReceiver, days: readonly HandedIn[]): string[] {
  const faults = strange.map((url) => `a strange message at ${url}`);
  const awaited = new Map(
    days.flatMap(({ opensAt, bids }) => bids.map((bid) => [`D-${bid.taskId}`, { bid, opensAt }])),
  );
  for (const [task, { bid, opensAt }] of awaited) {
    const own = arrivals.filter(({ taskId }) => taskId === task);
    if (own.length === 0) faults.push(`${task}: never delivered`);
    if (own.some(({ text }) => text !== bid.text)) faults.push(`${task}: other content`);
    if (own.some(({ at }) => at < opensAt)) faults.push(`${task}: delivered before the opening`);
  }
  for (const { taskId } of arrivals) if (!awaited.has(taskId)) faults.push(`${taskId}: delivered, and nobody asked`);
  return faults;
}

/** What the hub wrote down: each thing once, nothing before its time, the chain whole. */
async function faultsInRecord({ store, journal }: Core, days: readonly HandedIn[]): Promise<string[]> {
  const faults: string[] = [];
  const { db } = store.read;
  const expect = (what: string, have: unknown, want: unknown): void => {
    if (have !== want) faults.push(`${what}: ${String(have)} instead of ${String(want)}`);
  };
  const verdict = await journal.verify(store.read);
  expect('journal intact', verdict.ok, true);
  const rows = await db.selectFrom('journal').select(['kind', 'body']).execute();
  const journalled = (kind: string): number => rows.filter((row) => row.kind === kind).length;
  const bids = days.reduce((sum, day) => sum + day.bids.length, 0);
  expect('journal rows decrypt.delivered', journalled('decrypt.delivered'), bids);
  expect('journal rows time.distrusted', journalled('time.distrusted'), 0);
  const openings = await db.selectFrom('opening').selectAll().execute();
  expect('openings', openings.length, days.length);
  const items = await db.selectFrom('decrypt_item').selectAll().execute();
  expect('decrypt items', items.length, bids);
  const capsules = await db.selectFrom('capsule').selectAll().execute();
  const outbox = await db.selectFrom('outbox').select(['kind', 'state']).where('kind', '=', 'decrypt.opened').execute();
  expect('messages 7', outbox.length, bids);
  expect('messages 7 delivered', outbox.filter(({ state }) => state === 'delivered').length, bids);
  for (const { opening, opensAt, bids: own } of days) {
    const row = openings.find(({ id }) => id === opening);
    expect(`${opening}: state`, row?.state, 'released');
    for (const at of [row?.release_at, row?.released_at])
      if ((at ?? 0) < opensAt) faults.push(`${opening}: a key was released at ${at}, before ${opensAt}`);
    const there = capsules.filter((capsule) => capsule.opening_id === opening);
    expect(`${opening}: bids`, new Set(there.map((capsule) => capsule.slot_index)).size, own.length);
    expect(`${opening}: opened capsules`, there.filter(({ state }) => state === 'opened').length, own.length);
    expect(`${opening}: capsules still sealed`, there.filter(({ state }) => state === 'sealed').length, 0);
    const shares = await db.selectFrom('release_share').select('verdict').where('opening_id', '=', opening).execute();
    expect(`${opening}: shares`, shares.map(({ verdict }) => verdict).join(' '), 'good good');
    const halves = await db.selectFrom('capsule_ko').select('created_at').where('opening_id', '=', opening).execute();
    expect(`${opening}: halves`, halves.length, own.length);
    if (halves.some((half) => half.created_at < opensAt)) faults.push(`${opening}: a half before its time`);
  }
  const first = Math.min(...days.map(({ opensAt }) => opensAt));
  if (items.some(({ opened_at }) => (opened_at ?? 0) < first)) faults.push('an item opened before its time');
  return faults;
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
