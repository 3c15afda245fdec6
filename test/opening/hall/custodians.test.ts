import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { base64 } from '#kernel/bytes.ts';
import type { HallAct } from '#opening/hall/acts.ts';
import { readRecord } from '#opening/minutes/record.ts';
import { unwrap } from '#test/identity/world.ts';
import { Guest, garbage, type HallWorld, MINUTE, openHallWorld } from './world.ts';

const rules = { minimumBidders: 1, whenBidder: null, whenOthers: null };

describe('recovery custodians', () => {
  let world: HallWorld;
  beforeAll(async () => {
    world = await openHallWorld();
  });
  afterAll(() => world.close());

  /** A quorum opening with a lost key: two of three recovery custodians, and the officers. */
  async function lostKey() {
    const body = await Promise.all(
      [companies.anshan, companies.hunan, companies.dalian].map((holder) => world.login.key({ holder })),
    );
    const persons = body.map((key, index) => ({
      name: `恢复机构 ${index + 1}`,
      signCertificate: key.certificate,
      encryptionCertificate: base64(key.pair.encCertificate),
      deputies: [],
    }));
    const opening = await world.announce({
      keyModel: 'quorum',
      recovery: { needed: 2, persons },
      rules: { ...rules, remedies: ['recovery'] },
    });
    const bidder = await world.bidder(opening, companies.liaoning);
    const officers = await world.release(opening);
    await bidder.sit();
    const bid = (await bidder.see()).mine?.bids[0]?.bid ?? '';
    const custodians = body.map((key) => new Guest(world.app, opening, key, companies.anshan));
    for (const custodian of custodians) await custodian.sit();
    return { opening, bidder, bid, custodians, ...officers };
  }

  const propose = (bid: string): HallAct => ({
    act: 'propose',
    kind: 'remedy',
    remedy: 'key-recovery',
    bid,
    reason: '加密所用 UKey 遗失',
    basis: '招标文件第三章 5.2.4',
  });

  it('give a lost key back only after two persons have allowed it, and the bid opens', async () => {
    const { opening, bidder, bid, custodians, host, supervisor } = await lostKey();
    const [one, two, three] = custodians;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three were announced');
    expect((await one.see()).seat).toMatchObject({ role: 'custodian', title: '恢复托管人' });
    expect((await one.see()).may).toEqual([]);
    expect(await one.recover(bid)).toBe('HALL_NOT_YOURS');
    expect(await host.act(propose(bid))).toBe('ok');
    expect(await one.recover(bid)).toBe('HALL_NOT_YOURS');
    const [proposal] = (await supervisor.see()).proposals;
    const agree = { act: 'decide', proposal: proposal?.proposal ?? '', agree: true, opinion: '情况属实' } as const;
    expect(await one.act(agree)).toBe('PROPOSAL_OWN');
    expect(await supervisor.act(agree)).toBe('ok');

    expect((await one.see()).may).toEqual([{ act: 'recover', signed: false, bids: [bid] }]);
    expect(await host.recover(bid)).toBe('HALL_NOT_YOURS');
    const custodian = world.guest(opening, 'one');
    await custodian.sit();
    expect(await custodian.recover(bid)).toBe('HALL_NOT_YOURS');
    // A bidder who tries once more in vain takes nothing back of what two persons allowed.
    expect(await bidder.decrypt(garbage)).toBe('closed');

    expect(await one.recover(bid, true)).toBe('SHARE_BAD');
    expect(await one.recover(bid)).toBe('ok');
    expect((await one.see()).may).toEqual([]);
    expect((await host.see()).board?.tally.opened).toBe(0);
    expect(await two.recover(bid)).toBe('ok');
    expect(await three.recover(bid)).toBe('HALL_NOT_YOURS');
    const seen = await bidder.see();
    expect(seen.mine?.bids[0]?.row).toMatchObject({ state: 'opened', cause: null });
    expect(seen.events.map((event) => event.sentence)).toContain('恢复机构 1交出的恢复份额与登记不符。');

    // No page of the bidder's told the trading system: it fetches the content, a text as well.
    const capsule = await world.login.store.read.db
      .selectFrom('capsule')
      .select('id')
      .where('opening_id', '=', opening)
      .executeTakeFirstOrThrow();
    const link = unwrap(await world.openings.contentLink(world.login.unit.id, capsule.id));
    const content = unwrap(await world.openings.content(link.url.split('/').at(-1) ?? ''));
    const parts: Uint8Array[] = [];
    for await (const part of content.stream) parts.push(part);
    expect(Buffer.concat(parts).toString()).toContain('投标总价');
    const record = readRecord(await world.hall.draft(opening));
    expect(record?.lots[0]?.bids[0]?.files[0]).toMatchObject({ state: 'opened', openedBy: 'recovery' });
  });

  it('are not asked when the second person refuses', async () => {
    const { bid, custodians, host, supervisor } = await lostKey();
    await host.act(propose(bid));
    const [proposal] = (await supervisor.see()).proposals;
    const no = { act: 'decide', proposal: proposal?.proposal ?? '', agree: false, opinion: '依据不足' } as const;
    expect(await supervisor.act(no)).toBe('ok');
    expect(await custodians[0]?.recover(bid)).toBe('HALL_NOT_YOURS');
  });
});

describe('a clock that is not believed', () => {
  let world: HallWorld;
  beforeAll(async () => {
    world = await openHallWorld();
  });
  afterAll(() => world.close());

  it('stops the opening until two custodians of different seats sign the same time', async () => {
    const opening = await world.announce({ rules: { ...rules, remedies: [] } });
    const bidder = await world.bidder(opening, companies.liaoning);
    const [host, one, deputy, two] = [
      world.guest(opening, 'host'),
      world.guest(opening, 'one'),
      world.guest(opening, 'deputy'),
      world.guest(opening, 'two'),
    ];
    await world.toTheGate(opening);
    for (const guest of [host, one, deputy, two]) await guest.sit();
    const { clock } = world.login;
    const state = (guest: Guest, off = 0) => guest.act({ act: 'state-clock', statedAt: clock.now() + off });
    expect(await state(one)).toBe('HALL_NOT_YOURS');

    world.setClock(7 * 24 * 60 * MINUTE);
    expect(await host.act({ act: 'start' })).toBe('HALL_NOT_YOURS');
    expect((await host.see()).time).toMatchObject({ trusted: false });
    expect((await host.see()).board).toBeNull();
    expect((await one.see()).may).toContainEqual({ act: 'state-clock', signed: true });
    expect((await host.see()).may.map((may) => may.act)).not.toContain('state-clock');
    expect(await state(host)).toBe('HALL_NOT_YOURS');
    expect(await state(one, 60 * MINUTE)).toBe('CLOCK_STATEMENT_DIFFERS');
    const asked = await one.call('act', {
      interaction: one.seat,
      act: { act: 'state-clock', statedAt: clock.now() },
    });
    if (!asked.ok || asked.asked === null) throw new Error('nothing to sign');
    const foreign = await one.signWith(asked.asked, two.key);
    expect(foreign).toMatchObject({ ok: false, error: { code: 'HALL_SIGNER' } });

    expect(await state(one)).toBe('ok');
    // His deputy sits on the same seat: that is still one word.
    expect(await state(deputy, 1000)).toBe('ok');
    expect((await host.see()).time.trusted).toBe(false);
    expect(await state(two, -1000)).toBe('ok');
    const view = await host.see();
    expect(view.time.trusted).toBe(true);
    expect(view.phase).toBe('due');
    expect(view.events[0]?.sentence).toBe('招标代理托管人按自己的时钟签名申报时间，与平台时间一致。');
    await world.release(opening);
    await bidder.sit();
    expect(await bidder.decrypt()).toBe('ok');
  });
});
