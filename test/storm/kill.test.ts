import { afterAll, describe, expect, it } from 'vitest';
import { sharedPostgres } from '#test/support/postgres.ts';
import { badDay } from './gateway.ts';
import { faultsOf, runStorm } from './storm.ts';

describe('the hub killed with SIGKILL in the middle of logins', () => {
  const afterwards: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const deed of afterwards) await deed();
  });

  it('loses no login and applies none twice, over ten kills', async () => {
    const report = await runStorm({ kills: 10, bidders: 6, calm: [250, 900] });
    expect({ faults: faultsOf(report), states: report.states }).toEqual({ faults: [], states: report.states });
    expect(report.kills).toBe(10);
  }, 300_000);

  it('nor as one of two processes on PostgreSQL, with a trading system that errs, resets and loses answers', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    afterwards.push(() => postgres.dropDatabase(url).finally(() => postgres.stop()));
    const report = await runStorm({
      kills: 4,
      bidders: 6,
      hubs: 2,
      calm: [250, 900],
      database: { kind: 'postgres', url },
      spoil: badDay,
    });
    expect({ faults: faultsOf(report), states: report.states }).toEqual({ faults: [], states: report.states });
    expect(report.kills).toBe(4);
  }, 300_000);
});
