import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { gm, recordOf, until, unwrap } from '#test/identity/world.ts';
import { Guest, garbage, type HallWorld, MINUTE, openHallWorld, sealBid } from './world.ts';

const rules = { minimumBidders: 1, whenBidder: null, whenOthers: null, remedies: ['extend', 'backup'] as const };

describe('faults in the hall', () => {
  let world: HallWorld;
  beforeAll(async () => {
    world = await openHallWorld();
  });
  afterAll(() => world.close());

  const four = async (opening: string): Promise<[Guest, Guest, Guest, Guest]> => [
    await world.bidder(opening, companies.liaoning),
    await world.bidder(opening, companies.dalian),
    await world.bidder(opening, companies.anshan),
    await world.bidder(opening, companies.hunan),
  ];
  const causeOf = async (guest: Guest) => (await guest.see()).mine?.bids[0]?.row.cause;

  it('have a cause with evidence each, and one bidder’s failure does not stop the others', async () => {
    const opening = await world.announce({ rules });
    const before = new Set(files(world.blobFolder));
    const mine = await world.bidder(opening, companies.dalian);
    const tampered = files(world.blobFolder).find((file) => !before.has(file)) ?? '';
    const [mismatch, locked, right] = [
      await world.bidder(opening, companies.liaoning),
      await world.bidder(opening, companies.anshan),
      await world.bidder(opening, companies.hunan),
    ];
    const { host, supervisor } = await world.release(opening);

    await mismatch.sit();
    expect(await mismatch.decrypt(garbage)).toBe('closed');
    expect(await causeOf(mismatch)).toMatchObject({ party: 'bidder', kind: 'KEY_MISMATCH', weight: 'proved' });

    const bytes = readFileSync(tampered);
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
    writeFileSync(tampered, bytes);
    await mine.sit();
    expect(await mine.decrypt()).toBe('closed');
    expect(await causeOf(mine)).toMatchObject({ party: 'platform', kind: 'CAPSULE_DAMAGED', weight: 'proved' });

    await locked.sit();
    await locked.enter();
    const said = await locked.call('report', { interaction: locked.seat, kind: 'pin-locked', tail: '27C1' });
    expect(said.ok).toBe(true);
    expect(await causeOf(locked)).toMatchObject({ party: 'unknown', kind: 'PIN_LOCKED', weight: 'reported' });

    await right.sit();
    expect(await right.decrypt()).toBe('ok');

    const rows = (await supervisor.see()).board?.rows ?? [];
    expect(rows.map((row) => row.state).sort()).toEqual(['failed', 'failed', 'failed', 'opened']);
    const accused = rows.find((row) => row.cause?.party === 'bidder');
    const evidence = await host.call('evidence', { interaction: host.seat, bid: accused?.bid ?? '' });
    expect(evidence).toMatchObject({ ok: true, cause: { party: 'bidder' } });
    expect(evidence.ok && evidence.evidence.some((one) => one.proof)).toBe(true);
    const nosy = await right.call('evidence', { interaction: right.seat, bid: accused?.bid ?? '' });
    expect(nosy).toMatchObject({ ok: false });
    expect(JSON.stringify(await right.see())).not.toContain(companies.liaoning.unitName);

    // A right key later ends the accusation: what counts is what is so in the end.
    expect(await mismatch.decrypt()).toBe('ok');
    expect(await causeOf(mismatch)).toBeNull();
  });

  it('of a whole vendor raise an incident for the officers and suggest an extension, which two persons decide', async () => {
    const again = await world.announce({ rules });
    const failing = await four(again);
    const officers = await world.release(again);
    // One bid reaches its trading system: the hub's own network works.
    await failing[3].sit();
    expect(await failing[3].decrypt()).toBe('ok');
    await until(async () => ((await delivered(world)) ? true : undefined));
    expect((await officers.host.see()).incidents).toEqual([]);
    for (const guest of failing.slice(0, 3)) {
      await guest.sit();
      const capsules = await capsulesOf(world, again, guest);
      await world.hall.noted(capsules, {
        what: 'vendor-failed',
        authority: 'bohai',
        name: '渤海电子认证',
        why: 'no-answer',
      });
    }
    const view = await officers.host.see();
    expect(view.incidents).toMatchObject([{ authority: '渤海电子认证', bids: 3, suggest: 10 }]);
    expect((await officers.supervisor.see()).incidents).toHaveLength(1);
    expect((await failing[0].see()).incidents).toEqual([]);
    expect(await causeOf(failing[0])).toMatchObject({ party: 'vendor', kind: 'VENDOR_WIDE' });

    const endsAt = view.window?.endsAt ?? 0;
    const extend = { act: 'propose', kind: 'extend', minutes: 10, reason: '渤海电子认证服务中断' } as const;
    expect(await failing[0].act(extend)).toBe('HALL_NOT_YOURS');
    expect(await officers.host.act(extend)).toBe('ok');
    const proposal = (await officers.host.see()).proposals[0];
    expect(proposal).toMatchObject({ state: 'waiting', own: true, until: endsAt + 10 * MINUTE });
    const agree = {
      act: 'decide',
      proposal: proposal?.proposal ?? '',
      agree: true,
      opinion: '情况属实，同意',
    } as const;
    expect(await officers.host.act(agree)).toBe('PROPOSAL_OWN');
    const both = world.guest(again, 'supervisor');
    await both.sit();
    const twice = await Promise.all([officers.supervisor.act(agree), both.act(agree)]);
    expect(twice.filter((code) => code === 'ok')).toHaveLength(1);
    const extended = await failing[0].see();
    expect(extended.window).toMatchObject({ endsAt: endsAt + 10 * MINUTE, extensions: [{ minutes: 10 }] });
    expect((await officers.host.see()).incidents[0]?.suggest).toBeNull();
  });

  it('of a hub that was killed are the platform’s, for whoever had come', async () => {
    const opening = await world.announce({ rules });
    const [came, other] = await four(opening);
    await world.release(opening);
    await world.hall.sweep();
    await came.sit();
    await came.enter();
    world.login.clock.pass(4 * MINUTE);
    await world.hall.sweep();
    expect(await causeOf(came)).toMatchObject({ party: 'platform', kind: 'HUB_DOWN' });
    await other.sit();
    expect(await causeOf(other)).toMatchObject({ party: 'unknown', kind: 'NOT_COME' });
  });

  it('of a renewed certificate are the record’s word beside the page’s report, and an ended one still opens', async () => {
    const { login } = world;
    const opensAt = login.clock.now() + 20 * MINUTE;
    const opening = await world.announce({ rules, opensAt });
    const holder = { holder: companies.dalian };
    const validity = { notBefore: login.clock.now() - 60 * MINUTE, notAfter: opensAt - 5 * MINUTE };
    const old = await login.enrolledKey({ ...holder, validity });
    await world.bidder(opening, companies.dalian, 'L1', old);
    const fresh = await login.key(holder);
    unwrap(await login.subscribers.change(login.unit, { ...recordOf(fresh.pair, holder), change: 'renew' }));
    await world.release(opening);
    const bidder = new Guest(world.app, opening, fresh, companies.dalian);
    await bidder.sit();
    // Another company's key beside it is no renewal of anybody's.
    const stranger = await login.enrolledKey({ holder: companies.hunan });
    const interaction = await bidder.show(stranger);
    await bidder.decryptCall('report', { interaction, kind: 'wrong-key', tail: '27C1' });
    expect(await causeOf(bidder)).toMatchObject({ party: 'unknown', kind: 'WRONG_KEY', weight: 'reported' });
    await bidder.show(fresh);
    expect(await causeOf(bidder)).toMatchObject({ party: 'unknown', kind: 'KEY_RENEWED', weight: 'reported' });
    await bidder.show(old);
    const bid = (await bidder.see()).mine?.bids[0]?.bid ?? '';
    const known = await bidder.call('evidence', { interaction: bidder.seat, bid });
    expect(known.ok && known.evidence.map((one) => one.sentence).join()).toContain('已过期，仍可用于解密');
    Object.assign(bidder, { key: old });
    expect(await bidder.decrypt()).toBe('ok');
    expect(await causeOf(bidder)).toBeNull();
  });

  it('of a custodian’s share name him, and his seat may try again', async () => {
    const opening = await world.announce({ rules });
    await four(opening);
    await world.toTheGate(opening);
    const host = world.guest(opening, 'host');
    await host.sit();
    expect(await host.act({ act: 'start' })).toBe('ok');
    const custodian = world.guest(opening, 'one');
    await custodian.sit();
    expect(await custodian.share('release', true)).toBe('SHARE_BAD');
    expect((await host.see()).keys.custodians[0]).toMatchObject({ state: 'bad-share' });
    expect((await host.see()).events[0]?.sentence).toContain('与登记不符');
    const deputy = world.guest(opening, 'deputy');
    await deputy.sit();
    expect(await deputy.share('release')).toBe('ok');
    expect(await custodian.share('release')).toBe('HALL_NOT_YOURS');
    const second = world.guest(opening, 'two');
    await second.sit();
    expect(await second.share('release')).toBe('ok');
    expect((await host.see()).phase).toBe('window');
  });

  it('are remedied by two persons with a reason, by what the tender allows and nothing else', async () => {
    const opening = await world.announce({ rules });
    const [bidder] = await four(opening);
    const { host, supervisor } = await world.release(opening);
    await bidder.sit();
    const bid = (await bidder.see()).mine?.bids[0]?.bid ?? '';
    expect(await bidder.act({ act: 'ask-remedy', bid, remedy: 'key-file', reason: 'UKey 未带到现场' })).toBe('ok');
    const remedy = {
      act: 'propose',
      kind: 'remedy',
      bid,
      reason: '加密所用 UKey 未带到现场',
      basis: '招标文件第三章 5.2.4',
    } as const;
    expect(await host.act({ ...remedy, remedy: 'key-recovery' })).toBe('REMEDY_NOT_ALLOWED');
    expect(await host.act({ ...remedy, remedy: 'key-file' })).toBe('ok');
    expect((await bidder.see()).mine?.bids[0]?.steps).toHaveLength(2);
    const [proposal] = (await supervisor.see()).proposals;
    const decide = { act: 'decide', proposal: proposal?.proposal ?? '', opinion: '核对批次号一致，同意' } as const;
    expect(await supervisor.act({ ...decide, agree: true })).toBe('ok');
    expect(await supervisor.act({ ...decide, agree: false })).toBe('PROPOSAL_OWN');
    expect((await host.see()).proposals[0]).toMatchObject({
      state: 'confirmed',
      proposedBy: '开标主持人',
      decidedBy: '监督人员',
    });

    expect(await supervisor.act({ act: 'propose', kind: 'abort', reason: '场地停电' })).toBe('ok');
    const [abort] = (await host.see()).proposals;
    expect(await host.act({ ...decide, proposal: abort?.proposal ?? '', agree: true })).toBe('ok');
    expect((await host.see()).phase).toBe('aborted');
    expect(await bidder.decrypt()).toBe('HALL_NOT_YOURS');
  });

  it('of an act signed with another key than the seat’s are refused', async () => {
    const opening = await world.announce({ rules });
    const host = world.guest(opening, 'host');
    await host.sit();
    const asked = await host.call('act', {
      interaction: host.seat,
      act: { act: 'propose', kind: 'abort', reason: '演练' },
    });
    if (!asked.ok || asked.asked === null) throw new Error('nothing to sign');
    const other = await host.signWith(asked.asked, world.officers.supervisor);
    expect(other).toMatchObject({ ok: false, error: { code: 'HALL_SIGNER' } });
    expect((await host.see()).proposals).toEqual([]);
  });

  it('are looked for before the time: a rehearsal opens nothing and answers whether the key is the right one', async () => {
    const opening = await world.announce({ rules });
    const [bidder] = await four(opening);
    await bidder.sit();
    const begun = await bidder.call('rehearse', { interaction: bidder.seat });
    if (!begun.ok) throw new Error(begun.error.code);
    const results = await Promise.all(
      begun.task.tests.map(async ({ id, wrapped }) => {
        const opened = await gm.sm2.decrypt(bidder.key.pair.encKey, Buffer.from(wrapped, 'base64'));
        return { id, key: opened.ok ? Buffer.from(opened.plaintext).toString('base64') : '' };
      }),
    );
    const { rehearsal } = begun.task;
    const done = await bidder.call('rehearsed', { interaction: bidder.seat, rehearsal, results });
    expect(done).toMatchObject({ ok: true });
    expect((await bidder.see()).mine?.rehearsal?.last).toMatchObject({ ok: true });
    const stranger = world.guest(opening, 'host');
    await stranger.sit();
    expect(await stranger.call('rehearse', { interaction: stranger.seat })).toMatchObject({ ok: false });
  });

  it('of postponement: two persons move the time, and everybody sees why', async () => {
    const opening = await world.announce({ rules });
    const host = world.guest(opening, 'host');
    const supervisor = world.guest(opening, 'supervisor');
    const { opensAt } = await host.sit();
    await supervisor.sit();
    const later = opensAt + 60 * MINUTE;
    expect(await host.act({ act: 'propose', kind: 'postpone', opensAt: later, reason: '补遗文件发布' })).toBe('ok');
    const [proposal] = (await supervisor.see()).proposals;
    expect((await supervisor.see()).opensAt).toBe(opensAt);
    const no = { act: 'decide', proposal: proposal?.proposal ?? '', agree: true, opinion: '同意推迟' } as const;
    expect(await supervisor.act(no)).toBe('ok');
    expect(await world.guest(opening, 'one').see()).toMatchObject({
      opensAt: later,
      postponed: [{ from: opensAt, to: later, reason: '补遗文件发布' }],
    });
    await sealBid(world, opening, companies.dalian, 'L1', (await world.bidder(opening, companies.dalian, '')).key);
  });
});

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile());

const delivered = async (world: HallWorld): Promise<boolean> =>
  (await world.login.store.read.db
    .selectFrom('outbox')
    .select('id')
    .where('state', '=', 'delivered')
    .where('done_at', '>', world.login.clock.now() - MINUTE)
    .executeTakeFirst()) !== undefined;

async function capsulesOf(world: HallWorld, opening: string, guest: Guest): Promise<string[]> {
  const rows = await world.login.store.read.db
    .selectFrom('capsule')
    .select(['id', 'record_sealed'])
    .where('opening_id', '=', opening)
    .execute();
  return rows.flatMap((row) => {
    const place = { table: 'capsule' as const, row: row.id, column: 'record_sealed' };
    const record = JSON.parse(world.login.cipher.openText(place, row.record_sealed)) as { bidder: string };
    return record.bidder === guest.company.unitCode ? [row.id] : [];
  });
}
