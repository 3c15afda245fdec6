import { sharedPostgres, startPostgres } from '#test/support/postgres.ts';
import { number, type Report, ratios, shown, spread } from './figures.ts';
import { runJob } from './processes.ts';
import { pick, type Scale } from './scale.ts';
import { startBenchWorld } from './world.ts';

const BIDDERS = 16;

/** (g) The same logins on PostgreSQL, by one hub process and by two over one database. */
export async function twoHubsPart(scale: Scale): Promise<Report> {
  scale.progress('starting PostgreSQL and two hubs');
  const server = scale.size === 'tiny' ? await sharedPostgres() : await startPostgres({ durable: true });
  try {
    const world = await startBenchWorld({
      hubs: 2,
      database: { kind: 'postgres', url: await server.createDatabase() },
    });
    try {
      const bidders = pick(scale, 4, BIDDERS);
      const logins = pick(scale, 4, 200, 400);
      const rate = async (hubs: 1 | 2): Promise<{ perSecond: number; cpu: number }> => {
        const before = world.hubCpu();
        const result = await runJob(world.client, world.loginJob({ bidders, logins, hubs }));
        return { perSecond: result.done / result.seconds, cpu: ((world.hubCpu() - before) * 1000) / logins };
      };
      if (scale.size !== 'tiny') await rate(2);
      const one: { perSecond: number; cpu: number }[] = [];
      const two: typeof one = [];
      for (let round = 1; round <= scale.rounds; round += 1) {
        scale.progress(`PostgreSQL, round ${round} of ${scale.rounds}`);
        one.push(await rate(1));
        two.push(await rate(2));
      }
      const [single, double] = [one.map((r) => r.perSecond), two.map((r) => r.perSecond)];
      const gain = spread(ratios(double, single));
      return {
        figures: {
          'postgres.one': spread(single).median,
          'postgres.two': spread(double).median,
          'postgres.gain': gain.median,
        },
        tables: [
          {
            title: `g · PostgreSQL, ${bidders} logins at a time, synchronous_commit and fsync on`,
            head: ['', 'of one hub', 'logins per second', 'hub CPU ms a login'],
            rows: [
              ['one hub process', '1', shown(spread(single)), number(spread(one.map((r) => r.cpu)).median)],
              [
                'two hub processes',
                shown(gain, '×'),
                shown(spread(double)),
                number(spread(two.map((r) => r.cpu)).median),
              ],
            ],
            notes: [
              'writers of both hubs stand in one queue (advisory lock); what waits in one hub shares its turn there and one COMMIT',
              'client, receiver, server and hubs share this machine',
            ],
          },
        ],
      };
    } finally {
      await world.close();
    }
  } finally {
    await server.stop();
  }
}
