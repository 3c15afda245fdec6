import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { verifyRecord } from '#opening/capsule/record.ts';
import { readRecord } from '#opening/minutes/record.ts';
import { gm } from '#test/identity/world.ts';
import { type Guest, type HallWorld, MINUTE, openHallWorld } from './world.ts';

describe('an opening day in the hall', () => {
  let world: HallWorld;
  beforeAll(async () => {
    world = await openHallWorld();
  });
  afterAll(() => world.close());

  const threeBids = async (opening: string): Promise<Guest[]> => [
    await world.bidder(opening, companies.liaoning),
    await world.bidder(opening, companies.dalian),
    await world.bidder(opening, companies.anshan),
  ];

  it('goes from check-in over release, window and decryption to minutes that verify', async () => {
    const opening = await world.announce();
    const bidders = await threeBids(opening);
    const custodian = world.guest(opening, 'one');
    const seated = await custodian.sit();
    expect(seated.seat).toMatchObject({ role: 'custodian', custodian: 1, deputy: false });
    expect(await custodian.share('check-in')).toBe('ok');
    expect((await custodian.see()).keys.custodians[0]).toMatchObject({ state: 'checked-in', title: '交易中心托管人' });

    const { host, supervisor } = await world.release(opening);
    expect((await host.see()).phase).toBe('window');
    expect((await custodian.see()).keys).toMatchObject({ released: 2, needed: 2, of: 3 });
    expect((await custodian.see()).keys.custodians[2]).toMatchObject({ state: 'not-needed' });

    for (const bidder of bidders) {
      await bidder.sit();
      expect(await bidder.decrypt()).toBe('ok');
    }
    const board = (await supervisor.see()).board;
    expect(board).toMatchObject({ total: 3, tally: { opened: 3, working: 0, failed: 0, waiting: 0 } });
    expect(board?.rows.map((row) => row.cause)).toEqual([null, null, null]);

    expect(await host.act({ act: 'close-window', reason: '全部解密完成' })).toBe('ok');
    expect((await host.see()).phase).toBe('closed');
    const [first, second, third] = bidders;
    const bidOf = async (bidder: Guest | undefined) => (await bidder?.see())?.mine?.bids[0]?.bid ?? '';
    expect(await first?.act({ act: 'confirm', bid: await bidOf(first) })).toBe('ok');
    expect(await second?.act({ act: 'object', bid: await bidOf(second), reason: '开标地点与公告不一致' })).toBe('ok');
    expect(await second?.act({ act: 'confirm', bid: await bidOf(second) })).toBe('RESPONSE_CLOSED');
    expect(
      await host.act({ act: 'answer-objection', bid: await bidOf(second), answer: '公告已更正，见变更公告' }),
    ).toBe('ok');
    expect(await host.act({ act: 'finish' })).toBe('HALL_NOT_YOURS');
    expect(await third?.act({ act: 'confirm', bid: await bidOf(third) })).toBe('ok');
    expect(await host.act({ act: 'finish' })).toBe('ok');

    const minutes = (await host.see()).minutes;
    expect(minutes).toMatchObject({ state: 'final', confirmed: 2, objected: 1, silent: 0 });
    const json = await (await host.browser.send(minutes?.record ?? '')).json();
    const signed = verifyRecord(gm, json);
    const record = readRecord(signed?.record);
    expect(record?.lots[0]?.bids.map((bid) => bid.state)).toEqual(['opened', 'opened', 'opened']);
    expect(record?.custodians.map((one) => one.share)).toContain('good');
    const pdf = Buffer.from(await (await host.browser.send(minutes?.pdf ?? '')).arrayBuffer());
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    const statement = (await first?.see())?.mine?.bids[0]?.statement ?? '';
    expect((await first?.browser.send(statement))?.headers.get('content-type')).toBe('application/pdf');
    expect((await second?.browser.send(statement))?.headers.get('content-type')).toContain('json');
  });

  it('tells nobody anything of bids before the opening time, and the number to the host first', async () => {
    const opening = await world.announce();
    const [bidder] = await threeBids(opening);
    const host = world.guest(opening, 'host');
    const supervisor = world.guest(opening, 'supervisor');
    const audience = world.guest(opening, 'one');
    const sealed = [
      await host.sit(),
      await supervisor.sit(),
      await audience.see(),
      (await bidder?.sit()) ?? (await audience.see()),
    ];
    for (const view of sealed) {
      const text = JSON.stringify({ ...view, seat: null, mine: { ...view.mine, bidder: null } });
      expect(view.phase).toBe('before');
      expect(view.board).toBeNull();
      expect(view.digest).toBeNull();
      for (const company of [companies.liaoning, companies.dalian, companies.anshan])
        expect(text).not.toContain(company.unitName);
      expect(text).not.toMatch(/bid_|cap_/);
    }
    const version = (await audience.see()).version;
    await world.bidder(opening, companies.hunan);
    expect((await audience.see()).version).toBe(version);
    // Nor do the numbers of the events have gaps where a bid was handed in.
    const custodian = world.guest(opening, 'one');
    await custodian.sit();
    expect(await custodian.share('check-in')).toBe('ok');
    const numbers = (await custodian.see()).events.map((event) => event.seq);
    expect(numbers).toEqual(numbers.map((_, index) => numbers.length - index));

    await world.toTheGate(opening);
    expect((await host.see()).board).toMatchObject({ total: 4, rows: [] });
    expect((await supervisor.see()).board).toBeNull();
    expect((await audience.see()).board).toBeNull();
    expect((await bidder?.see())?.mine?.bids).toEqual([]);
    expect(await supervisor.act({ act: 'start' })).toBe('HALL_NOT_YOURS');
    expect(await host.act({ act: 'start' })).toBe('ok');
    expect((await supervisor.see()).board?.total).toBe(4);
  });

  it('ends with fewer than three before any release, and the capsules stay closed', async () => {
    const opening = await world.announce();
    await world.bidder(opening, companies.liaoning);
    const bidder = await world.bidder(opening, companies.dalian);
    await world.toTheGate(opening);
    const host = world.guest(opening, 'host');
    const view = await host.sit();
    expect(view.board?.lots).toMatchObject([{ lot: 'L1', total: 2, tooFew: true }]);
    expect(await host.act({ act: 'start' })).toBe('HALL_TOO_FEW');
    expect(await host.act({ act: 'end-lot', lot: 'L1', reason: '不足三家，依法不得开标' })).toBe('ok');
    expect((await host.see()).phase).toBe('ended');
    const custodian = world.guest(opening, 'one');
    await custodian.sit();
    expect(await custodian.share('release')).toBe('HALL_NOT_YOURS');
    await bidder.sit();
    expect(await bidder.decrypt()).toBe('HALL_NOT_YOURS');
    expect(await host.act({ act: 'finish' })).toBe('ok');
    expect((await host.see()).minutes).toMatchObject({ state: 'final' });
  });

  it('ends one lot with too few and opens the other', async () => {
    const lots = [
      { code: 'L1', name: '一标段' },
      { code: 'L2', name: '二标段' },
    ];
    const opening = await world.announce({ lots });
    const bidders = await threeBids(opening);
    const lonely = await world.bidder(opening, companies.hunan, 'L2');
    await world.toTheGate(opening);
    const host = world.guest(opening, 'host');
    await host.sit();
    expect(await host.act({ act: 'end-lot', lot: 'L1', reason: '误操作' })).toBe('HALL_ENOUGH');
    expect(await host.act({ act: 'start' })).toBe('HALL_TOO_FEW');
    expect(await host.act({ act: 'end-lot', lot: 'L2', reason: '不足三家' })).toBe('ok');
    await world.release(opening);
    await bidders[0]?.sit();
    expect(await bidders[0]?.decrypt()).toBe('ok');
    await lonely.sit();
    expect(await lonely.decrypt()).toBe('HALL_NOT_YOURS');
  });

  it('gives a stranger, a foreign browser and a left seat nothing', async () => {
    const opening = await world.announce();
    const stranger = world.guest(opening, 'host');
    const unknown = await world.login.key({ holder: companies.hunan });
    await stranger.browser.call('hello', {});
    const asked = await stranger.call('sit', { opening });
    if (!asked.ok) throw new Error(asked.error.code);
    const denied = await stranger.signWith(asked.asked, unknown);
    expect(denied).toMatchObject({ ok: false, error: { code: 'HALL_NO_OFFICE' } });
    const again = await stranger.signWith(asked.asked, stranger.key);
    expect(again).toMatchObject({ ok: false, error: { code: 'CHALLENGE_USED' } });

    const host = world.guest(opening, 'host');
    await host.sit();
    const thief = world.guest(opening, 'host');
    thief.seat = host.seat;
    await thief.browser.call('hello', {});
    expect(await thief.act({ act: 'start' })).toBe('HALL_SEAT_ENDED');
    await host.call('leave', { interaction: host.seat });
    expect(await host.act({ act: 'start' })).toBe('HALL_SEAT_ENDED');
  });

  it('closes by the clock, and lets proposals lapse', async () => {
    const opening = await world.announce();
    await threeBids(opening);
    const { host } = await world.release(opening);
    expect(await host.act({ act: 'propose', kind: 'extend', minutes: 10, reason: '一家机构服务中断' })).toBe('ok');
    world.login.clock.pass(41 * MINUTE);
    await world.hall.sweep();
    const view = await host.see();
    expect(view.phase).toBe('closed');
    expect(view.proposals).toMatchObject([{ state: 'lapsed' }]);
    expect(view.board?.tally).toMatchObject({ failed: 3 });
    expect(view.board?.rows.every((row) => row.cause?.kind === 'NOT_COME' && row.cause.party === 'unknown')).toBe(true);
  });
});
