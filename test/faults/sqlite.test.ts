import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bidders, sendBidders } from '#test/storm/bidders.ts';
import { type Stage, type StageOptions, setStage } from '#test/storm/stage.ts';
import { Browser, logIn } from '#test/support/bidder.ts';
import { calmAtLast, onlyBusy, worksAgain } from './people.ts';
import { trace } from './strace.ts';
import { canTrace, notRun, smallDisk } from './tools.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const busy = ({ told }: Bidders): number =>
  (told.codes['SERVICE_BUSY'] ?? 0) + Object.values(told.troubles).reduce((sum, n) => sum + n, 0);

async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUp = performance.now() + 40_000;
  while (!holds()) {
    if (performance.now() > giveUp) throw new Error(`never happened: ${what}`);
    await sleep(20);
  }
}

/** Takes every byte that is left; the returned function gives them back. */
function fill(file: string): () => void {
  const fd = openSync(file, 'w');
  for (const size of [1 << 20, 4_096]) {
    try {
      for (;;) writeSync(fd, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(fd);
  return () => rmSync(file);
}

/** Where nothing may be mounted: the operating system says of every write to a file that there is no space. */
async function refuseWrites(stage: Stage): Promise<() => Promise<unknown>> {
  const injected = await trace(stage.hubs[0]?.process().child.pid ?? 0, '/dev/null', [
    ...['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC'],
  ]);
  return () => injected.end();
}

const integrity = (stage: Stage): unknown => {
  const file = new Database(join(stage.world.folder, 'hub.db'));
  try {
    return file.pragma('integrity_check', { simple: true });
  } finally {
    file.close();
  }
};

// Side by side: each mostly waits for its own hub.
describe.concurrent('the disk under a hub with people logging in', () => {
  const closers: (() => Promise<void> | void)[] = [];
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });
  const stageOf = async (options: StageOptions = {}): Promise<Stage> => {
    const stage = await setStage(options);
    closers.push(() => stage.close());
    return stage;
  };

  it('is locked by somebody else: for three seconds nobody is told anything, for ten “busy” and nothing half done', async () => {
    const stage = await stageOf();
    const bidders = sendBidders(stage.place, 3);
    await worksAgain(bidders);
    const other = new Database(join(stage.world.folder, 'hub.db'));
    other.pragma('busy_timeout = 5000');
    const hold = async (ms: number): Promise<void> => {
      other.exec('begin immediate');
      await sleep(ms);
      other.exec('rollback');
    };
    await hold(3_000);
    await worksAgain(bidders);
    expect({ codes: bidders.told.codes, troubles: bidders.told.troubles }).toEqual({ codes: {}, troubles: {} });

    await hold(10_000);
    await worksAgain(bidders);
    expect(busy(bidders)).toBeGreaterThan(0);
    onlyBusy(bidders.told);
    other.close();
    await calmAtLast(stage, bidders);
  }, 120_000);

  it('is full: writes are refused, reads live, and it goes on by itself when there is space again', async () => {
    const disk = smallDisk(12);
    if (disk === undefined && !canTrace())
      return notRun('磁盘写满', '需要 root 权限挂载 tmpfs，或安装：apt-get install -y strace');
    if (disk) closers.push(() => disk.remove());
    const stage = await stageOf(disk && { folder: disk.folder });
    const person = new Browser();
    const { view } = await logIn(person, stage.place.trading, stage.place.keys[0] as (typeof stage.place.keys)[0]);
    const bidders = sendBidders(stage.place, 3);
    await worksAgain(bidders);

    const spaceReturns = disk ? fill(join(disk.folder, 'filler')) : await refuseWrites(stage);
    await until('somebody is told that the hub is busy', () => busy(bidders) > 3);
    const seen = await person.call(stage.place.hub, 'view', { interaction: view.interaction });
    expect(seen.ok && seen.view.state).toBe('succeeded');

    await spaceReturns();
    await worksAgain(bidders);
    onlyBusy(bidders.told);
    await calmAtLast(stage, bidders);
    expect(integrity(stage)).toBe('ok');
  }, 120_000);

  it('fails to flush: nothing is acknowledged that was not kept', async () => {
    if (!canTrace()) return notRun('fsync 错误注入', '安装：apt-get install -y strace');
    const stage = await stageOf();
    const bidders = sendBidders(stage.place, 3);
    await worksAgain(bidders);
    const before = bidders.accepted.length;
    const began = stage.receiver().length;
    const injected = await trace(stage.hubs[0]?.process().child.pid ?? 0, '/dev/null', [
      ...['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO'],
    ]);
    await until('somebody is told that the hub is busy', () => busy(bidders) > 3);
    await sleep(500);
    const busyBefore = busy(bidders);
    const begunThen = stage.receiver().length;
    await until('nothing but “busy” is said', () => busy(bidders) > busyBefore + 3);
    expect(stage.receiver().length, `${began} ${before}`).toBe(begunThen);
    // a power cut now: what was acknowledged must be there
    await stage.hubs[0]?.kill();
    await injected.end();
    await stage.hubs[0]?.start();
    await worksAgain(bidders);
    onlyBusy(bidders.told);
    await calmAtLast(stage, bidders);
    expect(integrity(stage)).toBe('ok');
  }, 120_000);

  it('has the commit flushed before each of twenty startChecks is answered', async () => {
    if (!canTrace()) return notRun('先落盘后应答的顺序证明', '安装：apt-get install -y strace');
    const stage = await stageOf();
    const folder = mkdtempSync(join(tmpdir(), 'caihub-order-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const traced = await trace(stage.hubs[0]?.process().child.pid ?? 0, join(folder, 'calls'), [
      ...['-y', '-s', '4096', '-e', 'trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg'],
    ]);
    for (let i = 0; i < 20; i += 1) {
      const reply = await new Browser().fetch(`${stage.place.trading}/login`, { method: 'POST' });
      expect(reply.headers.get('location')).toContain('/check/');
    }
    const answers = orderOf(await traced.end());
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ written: true, flushed: true })));
  }, 120_000);
});

/** For each answer with a Loginurl: was the log written since the last one, and was its last write flushed before the answer left? */
function orderOf(calls: string): { written: boolean; flushed: boolean }[] {
  const answers: { written: boolean; flushed: boolean }[] = [];
  let written = false;
  let flushed = false;
  for (const line of calls.split('\n')) {
    if (line.includes('pwrite64(') && line.includes('.db-wal>')) {
      written = true;
      flushed = false;
    } else if (/f(data)?sync\(\d+<[^>]*\.db-wal>\)\s*= 0/.test(line)) {
      flushed = true;
    } else if (line.includes('Loginurl') && /\b(write|writev|sendto|sendmsg)\(\d+<(socket|TCP)/.test(line)) {
      answers.push({ written, flushed });
      written = false;
      flushed = false;
    }
  }
  return answers;
}
