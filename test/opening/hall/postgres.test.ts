import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { sharedPostgres, type TestPostgres } from '#test/support/postgres.ts';
import { type HallWorld, MINUTE, openHallWorld } from './world.ts';

describe('the hall on PostgreSQL', () => {
  let server: TestPostgres;
  let url: string;
  let world: HallWorld;
  beforeAll(async () => {
    server = await sharedPostgres();
    url = await server.createDatabase();
    world = await openHallWorld({ kind: 'postgres', url });
  });
  afterAll(async () => {
    await world.close();
    await server.dropDatabase(url);
    await server.stop();
  });

  it('goes the same way from seats to minutes', async () => {
    const rules = { minimumBidders: 1, whenBidder: null, whenOthers: null, remedies: ['extend'] as const };
    const lots = ['L1', 'L2'].map((code) => ({ code, name: code }));
    const opening = await world.announce({ rules, lots });
    const bidder = await world.bidder(opening, companies.liaoning);
    await world.toTheGate(opening);
    const first = world.guest(opening, 'host');
    await first.sit();
    expect(await first.act({ act: 'end-lot', lot: 'L2', reason: '不足法定家数' })).toBe('ok');
    const { host, supervisor } = await world.release(opening);
    expect(await host.act({ act: 'propose', kind: 'extend', minutes: 5, reason: '现场断网' })).toBe('ok');
    const [proposal] = (await supervisor.see()).proposals;
    const opinion = '同意';
    const agree = { act: 'decide', proposal: proposal?.proposal ?? '', agree: true, opinion } as const;
    expect(await supervisor.act(agree)).toBe('ok');
    await world.hall.sweep();
    await bidder.sit();
    expect(await bidder.decrypt()).toBe('ok');
    world.login.clock.pass(46 * MINUTE);
    await world.hall.sweep();
    expect((await host.see()).phase).toBe('closed');
    world.login.clock.pass(16 * MINUTE);
    expect(await host.act({ act: 'finish' })).toBe('ok');
    expect((await host.see()).minutes).toMatchObject({ state: 'final', silent: 1 });
    expect((await world.hall.versions([opening])).get(opening)).toBeGreaterThan(3);
  });
});
