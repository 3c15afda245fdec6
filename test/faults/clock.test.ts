import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sendBidders } from '#test/storm/bidders.ts';
import { setStage } from '#test/storm/stage.ts';
import { Browser, claim, prove, settle } from '#test/support/bidder.ts';
import { calmAtLast, onlyBusy, worksAgain } from './people.ts';
import { fakeTimeLibrary, notRun } from './tools.ts';

describe('the wall clock of a running hub is set', () => {
  const closers: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('two hours and seven days to either side: logins go on, none is ended, held up or told late, and the operator hears of it', async () => {
    const library = fakeTimeLibrary();
    if (library === undefined) return notRun('时钟跳变', '安装：apt-get install -y faketime');
    const folder = mkdtempSync(join(tmpdir(), 'caihub-clock-'));
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
    const { hub, trading, keys } = stage.place;
    const [key] = keys as [(typeof keys)[0]];
    const bidders = sendBidders(stage.place, 3);
    await worksAgain(bidders);
    for (const by of ['-7200', '+7200', '-604800', '+604800']) {
      const alarms = (): number => stage.lines.filter((line) => line.includes('"alarm":"clock"')).length;
      const before = alarms();
      // begun before the jump, finished after it
      const person = new Browser();
      const began = await person.fetch(`${trading}/login`, { method: 'POST' });
      const { interaction } = await claim(person, began.headers.get('location') ?? '');
      set(by);
      await worksAgain(bidders, 1);
      await prove(person, hub, interaction, key);
      expect((await settle(person, hub, interaction)).state, by).toBe('succeeded');
      expect(alarms(), by).toBeGreaterThan(before);
    }
    set('+0');
    await worksAgain(bidders, 1);
    expect(bidders.told.codes).toEqual({});
    onlyBusy(bidders.told);
    await calmAtLast(stage, bidders);
  }, 120_000);
});
