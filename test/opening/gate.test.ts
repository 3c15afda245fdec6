import { afterAll, beforeAll, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { refusalOf } from '#kernel/errors.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import {
  ACTOR,
  codeOf,
  openAsBidder,
  openWorld,
  personIn,
  releaseAll,
  rewrapTo,
  streamOf,
  unwrap,
  upload,
  type World,
} from './support.ts';

describeOnBothDatabases('an opening', ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(await open());
  });
  afterAll(() => world.close());

  it('opens a bid after the gate and the release, and what was sealed comes out unchanged', async () => {
    const file = await world.announce();
    const bidder = await world.bidder();
    const text = '投标总价：壹佰贰拾叁万元整\n😀';
    const capsule = await world.capsule(file, bidder, { content: { text } });
    const taken = unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    expect(taken.version).toBe(1);
    world.clock.pass(file.opening.opensAt - world.clock.now());
    expect(await releaseAll(world, file)).toEqual({ have: 2, need: 2, state: 'released' });
    for (const bytes of [capsule, Buffer.from(taken.reference, 'base64')])
      expect(unwrap(await openAsBidder(world, bytes, bidder))).toEqual({ kind: 'text', text });
  });

  it('does nothing one millisecond early: no begin, no share, no capsule', async () => {
    const file = await world.announce();
    const bidder = await world.bidder(companies.dalian);
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    world.clock.pass(file.opening.opensAt - world.clock.now() - 1);
    const { openings, store } = world;
    const custodian = personIn(file, world.people.one);
    expect(codeOf(await store.tx((tx) => openings.begin(tx, file.opening.id, ACTOR)))).toBe('NOT_YET_OPEN');
    expect(codeOf(await openings.shareFor(store.read, file.opening.id, custodian))).toBe('NOT_YET_OPEN');
    expect(codeOf(await openings.release(file.opening.id, custodian, 'AAAA'))).toBe('NOT_YET_OPEN');
    expect(codeOf(await openings.port.find(store.read, world.unit, capsule))).toBe('NOT_YET_OPEN');
    world.clock.pass(1);
    expect(codeOf(await openings.port.find(store.read, world.unit, capsule))).toBe('NOT_RELEASED');
    expect(codeOf(await openings.shareFor(store.read, file.opening.id, custodian))).toBe('OPENING_STATE');
    expect(codeOf(await store.tx((tx) => openings.begin(tx, file.opening.id, ACTOR)))).toBe('ok');
  });

  it('stays closed for a capsule whose own header names a later time than nobody announced', async () => {
    const file = await world.announce();
    const bidder = await world.bidder(companies.hunan);
    const early = await world.capsule(file, bidder, { task: 'BID-2' });
    const later = unwrap(
      await world.openings.amend(world.unit, file.opening.id, {
        opensAt: file.opening.opensAt + 60_000,
        reason: '推迟一分钟',
      }),
    );
    const capsule = await world.capsule(later, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    unwrap(await world.openings.takeIn(world.unit, upload(file, { taskId: 'BID-2' }), streamOf(early)));
    world.clock.pass(file.opening.opensAt - world.clock.now());
    for (const bytes of [capsule, early])
      expect(codeOf(await world.openings.port.find(world.store.read, world.unit, bytes))).toBe('NOT_YET_OPEN');
    const { announcements, opening } = unwrap(await world.openings.get(world.unit, file.opening.id));
    expect(announcements.map((one) => one.number)).toEqual([1, 2]);
    expect(opening.closesAt).toBe(later.opening.opensAt);
    const back = await world.openings.amend(world.unit, file.opening.id, {
      opensAt: file.opening.opensAt,
      reason: '提前',
    });
    expect(codeOf(back)).toBe('OPENING_TIME_FIXED');
  });

  it('begins once and releases a seat once, however many ask at the same time', async () => {
    const file = await world.announce();
    world.clock.pass(file.opening.opensAt - world.clock.now());
    const { openings, store } = world;
    const begun = await Promise.all(
      Array.from({ length: 20 }, () => store.tx((tx) => openings.begin(tx, file.opening.id, ACTOR))),
    );
    expect(begun.filter((one) => one.ok)).toHaveLength(1);
    const person = personIn(file, world.people.one);
    const share = unwrap(await openings.shareFor(store.read, file.opening.id, person));
    const shares = await Promise.all(Array.from({ length: 200 }, () => rewrapTo(world.people.one.encKey, share)));
    // A database that is too busy says so and has written nothing.
    const busy = (error: unknown) => ({ ok: false as const, refusal: refusalOf(error) });
    const released = await Promise.all(shares.map((one) => openings.release(file.opening.id, person, one).catch(busy)));
    expect(released.filter((one) => one.ok)).toHaveLength(1);
    const others = new Set(released.map(codeOf));
    others.delete('SERVICE_BUSY');
    expect(others).toEqual(new Set(['ok', 'SHARE_SEAT_TAKEN']));
    const first = shares[released.findIndex((one) => one.ok)] ?? '';
    expect(codeOf(await openings.release(file.opening.id, person, first))).toBe('SHARE_REPLAYED');
    expect((await openings.progress(store.read, file.opening.id)).have).toBe(1);
  });
});
