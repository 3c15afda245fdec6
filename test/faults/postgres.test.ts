import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendBidders } from '#test/storm/bidders.ts';
import { type Stage, setStage } from '#test/storm/stage.ts';
import { startPostgres } from '#test/support/postgres.ts';
import { calmAtLast, onlyBusy, worksAgain } from './people.ts';

describe('PostgreSQL under a hub with people logging in', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let stage: Stage | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });
  afterAll(() => postgres?.stop());

  it('is restarted as after a power cut, and loses its connections in storms: no exit, nothing but “busy”, nothing lost', async () => {
    stage = await setStage({ database: { kind: 'postgres', url: await postgres.createDatabase() } });
    const bidders = sendBidders(stage.place, 5);
    await worksAgain(bidders);
    for (let restart = 0; restart < 2; restart += 1) {
      await postgres.crash();
      await worksAgain(bidders);
    }
    const admin = new pg.Client({ connectionString: postgres.url });
    await admin.connect();
    let cut = 0;
    for (let wave = 0; wave < 12; wave += 1) {
      const { rowCount } = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ca-interop-hub'`,
      );
      cut += rowCount ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    await admin.end();
    expect(cut).toBeGreaterThan(0);
    await worksAgain(bidders);
    onlyBusy(bidders.told);
    await calmAtLast(stage, bidders);
  }, 180_000);
});
