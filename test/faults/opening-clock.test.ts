import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { callHub, type HubAccess } from '#fixtures/world/trading-system/hub.ts';
import { type Stage, setStage } from '#test/storm/stage.ts';
import { PageSaidNo } from '#test/support/bidder.ts';
import { announceOpening, HallPerson, handIn, sealAtClient, ticketOf } from '#test/support/opening-day.ts';
import { fakeTimeLibrary, notRun } from './tools.ts';

const DAY = 24 * 3600_000;

describe('the machine’s clock is set seven days ahead while bids lie sealed', () => {
  const closers: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('nothing opens, now or after a restart under the wrong clock, and an alarm stands in the record (T31)', async () => {
    const library = fakeTimeLibrary();
    if (library === undefined) return notRun('开标与时钟跳变', '安装：apt-get install -y faketime');
    const folder = mkdtempSync(join(tmpdir(), 'caihub-opening-clock-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'time');
    const set = (by: string): void => writeFileSync(file, `${by}\n`);
    set('+0');
    const stage = await setStage({
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    closers.push(() => stage.close());
    const { caUnitId, orgcode, secret } = stage.unit;
    const access: HubAccess = { hub: stage.world.hubUrl, caUnitId, orgcode, secret };
    const opening = await announceOpening(access, stage.cast.officers, { opensAt: Date.now() + 2 * DAY });
    const encData = await handInOne(stage, access, opening);
    const hostKey = stage.cast.officers.find(({ role }) => role === 'host');
    if (hostKey === undefined) throw new Error('no host');
    const closed = async (task: string): Promise<void> => {
      const answer = await callHub(access, 'startdecrypt', { caUnitId, taskId: task, orgcode, encData });
      // 未到开标时间 or 平台时钟正在核对: either way nobody gets a page.
      expect('trouble' in answer ? answer.trouble : answer.body).toMatch(/未到开标时间|平台时钟正在核对/);
      const host = new HallPerson(stage.gm, stage.world.hubUrl, opening, hostKey);
      expect(await codeOf(() => host.sit().then(() => host.start())), task).not.toBe('ok');
    };
    await closed('before');

    set('+7d');
    await closed('at-once');
    await until(async () => (await record(stage)).doubts >= 1);
    await closed('seconds-later');
    expect(stage.lines.some((line) => line.includes('"alarm":"time"'))).toBe(true);

    const [hub] = stage.hubs;
    await hub?.kill();
    await hub?.start();
    await until(async () => (await record(stage)).last === 'distrusted');
    await closed('after-the-restart');
    // Its witness of the time contradicts: it stays so.
    await until(async () => stage.lines.some((line) => line.includes('does not agree')));
    await closed('still');
    expect(await record(stage)).toMatchObject({ last: 'distrusted', opening: 'announced', released: null, halves: 0 });
  }, 120_000);
});

async function handInOne(stage: Stage, access: HubAccess, opening: string): Promise<string> {
  const [key] = stage.cast.good;
  if (key === undefined) throw new Error('no bidder');
  const ticket = await ticketOf(access, opening);
  const sealed = await sealAtClient(access, ticket, { taskId: 'B-1', text: '投标总价：壹佰万元整', key });
  const taken = await handIn(access, opening, sealed);
  if ('trouble' in taken) throw new Error(taken.trouble);
  return taken.encData;
}

async function record(stage: Stage) {
  const core = await stage.core();
  try {
    const { db } = core.store.read;
    const alarms = await db.selectFrom('journal').select('kind').where('kind', '=', 'time.distrusted').execute();
    const words = await db.selectFrom('time_trust').select('state').orderBy('at', 'desc').execute();
    const row = await db.selectFrom('opening').select(['state', 'release_at']).executeTakeFirst();
    const halves = await db.selectFrom('capsule_ko').select('capsule_id').execute();
    return {
      ...{ doubts: alarms.length, last: words[0]?.state, opening: row?.state, released: row?.release_at },
      halves: halves.length,
    };
  } finally {
    await core.close();
  }
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (error instanceof PageSaidNo) return error.code;
    throw error;
  }
}

/** A bound for a broken hub, not an assertion. */
async function until(probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error('it never happened');
    await new Promise((done) => setTimeout(done, 200));
  }
}
