import { afterAll, describe, expect, it } from 'vitest';
import { sharedPostgres } from '#test/support/postgres.ts';
import { runOpeningStorm } from './opening.ts';

describe('the hub killed with SIGKILL again and again, from the first upload of an opening to the last delivery', () => {
  const afterwards: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const deed of afterwards) await deed();
  });
  const short = { openings: 1, leastKills: 3, bids: 5, before: 8_000, calm: [300, 1_200] } as const;

  it('loses no bid, delivers none twice in effect, opens none early, and has an intact journal', async () => {
    const report = await runOpeningStorm(short);
    expect({ faults: report.faults, told: report.told }).toEqual({ faults: [], told: report.told });
    expect(report.kills).toBeGreaterThanOrEqual(3);
    expect(report.told.refusals['early: NOT_YET_OPEN']).toBeGreaterThan(0);
  }, 300_000);

  it('nor on PostgreSQL', async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    afterwards.push(() => postgres.dropDatabase(url).finally(() => postgres.stop()));
    const report = await runOpeningStorm({ ...short, database: { kind: 'postgres', url } });
    expect({ faults: report.faults, told: report.told }).toEqual({ faults: [], told: report.told });
    expect(report.kills).toBeGreaterThanOrEqual(3);
  }, 300_000);
});
