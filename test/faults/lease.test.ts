import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultsOf, joinLedgers } from '#test/storm/ledgers.ts';
import { type Stage, setStage } from '#test/storm/stage.ts';
import { Browser, claim, prove, settle } from '#test/support/bidder.ts';
import { sharedPostgres, type TestPostgres } from '#test/support/postgres.ts';
import { eventually } from '#test/support/receiver.ts';
import { takeOver } from './take-over.ts';

describe('a hub process that stands still while the trading system makes it wait', () => {
  let postgres: TestPostgres;
  let url = '';
  let stage: Stage;
  // A stage of each attempt's own: its processes are killed and stopped.
  beforeEach(async () => {
    postgres = await sharedPostgres();
    url = await postgres.createDatabase();
    stage = await setStage({ hubs: 2, database: { kind: 'postgres', url }, spoil: takeOver.allHeld });
  });
  afterEach(async () => {
    await stage?.close();
    await postgres?.dropDatabase(url);
    await postgres?.stop();
  });

  it('is relieved by the other one, and when it wakes its late result changes nothing', async () => {
    const { gateway, place, hubs } = stage;
    const [paused, other] = hubs as [(typeof hubs)[0], (typeof hubs)[0]];
    await other.kill(); // so that the first one holds the lease
    const person = new Browser();
    const began = await person.fetch(`${place.trading}/login`, { method: 'POST' });
    const { interaction } = await claim(person, began.headers.get('location') ?? '');
    await prove(person, place.hub, interaction, place.keys[0] as (typeof place.keys)[0]);
    await eventually('the result is under way', () => gateway?.arrivals.length === 1);
    await other.start();
    gateway?.spoil(takeOver.nothingHeld);
    paused.process().child.kill('SIGSTOP');
    await eventually('the other process tells it', () => gateway?.arrivals.length === 2);
    await eventually('the trading system applied it', () => stage.receiver().some(({ effects }) => effects === 1));
    gateway?.release(); // the first process's message reaches the trading system after all
    await eventually('the trading system saw it again', () => stage.receiver().some(({ repeats }) => repeats === 1));
    paused.process().child.kill('SIGCONT');
    await eventually('the one that slept says so', () =>
      stage.lines.some((line) => line.includes('another dispatcher')),
    );
    const ended = await settle(person, place.hub, interaction);
    expect(ended.state).toBe('succeeded');
    if (ended.next?.kind !== 'redirect') throw new Error('no way back');
    await person.fetch(ended.next.url);
    const state = (await (await person.fetch(`${place.trading}/login/state`)).json()) as { loggedIn: boolean };
    expect(state.loggedIn).toBe(true);
    for (const hub of hubs) await hub.process().stop();
    const taskId = new URL(ended.next.url).searchParams.get('taskId') ?? '';
    expect(faultsOf(await joinLedgers(stage, [taskId]))).toEqual([]);
  }, 120_000);
});
