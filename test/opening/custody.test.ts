import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companies } from '#fixtures/pki/identities.ts';
import { base64, fromHex } from '#kernel/bytes.ts';
import { createOneShots, type OneShots } from '#opening/process/one-shots.ts';
import { openStore } from '#store/store.ts';
import { quietLog } from '#test/support/store.ts';
import {
  ACTOR,
  codeOf,
  gm,
  holder,
  type Keyed,
  MINUTE,
  openAsBidder,
  openWorld,
  personIn,
  releaseAll,
  requestOf,
  rewrapTo,
  streamOf,
  unwrap,
  unwrapWith,
  upload,
  type World,
} from './support.ts';

/** The real opener, until somebody kills it. */
let broken = false;
const real = createOneShots({ gm });
const shots: OneShots = {
  ...real,
  runOpener: (request) => (broken ? Promise.reject(new Error('killed')) : real.runOpener(request)),
};

describe('custodians', () => {
  let world: World;
  let bidder: Keyed;
  beforeAll(async () => {
    world = await openWorld(await openStore({ kind: 'sqlite', file: ':memory:' }, { log: quietLog }), { shots });
    bidder = await world.bidder();
  });
  afterAll(async () => {
    await world.close();
    await world.store.close();
  });

  const toTheGate = (file: { opening: { opensAt: number } }) =>
    world.clock.pass(file.opening.opensAt - world.clock.now());

  it('are at least two, needed by at least two, and no key sits in two seats', async () => {
    const { people, openings, unit } = world;
    const create = (persons: readonly Keyed[], needed: number) =>
      openings
        .create(
          unit,
          requestOf(world, {
            custodians: { needed, persons: persons.map((one) => ({ ...holder(one), deputies: [] })) },
          }),
        )
        .then(codeOf);
    expect(await create([people.one, people.two], 1)).toBe('CUSTODIANS_INSUFFICIENT');
    expect(await create([people.one], 2)).toBe('CUSTODIANS_INSUFFICIENT');
    expect(await create([people.one, people.one], 2)).toBe('CUSTODIANS_INSUFFICIENT');
    expect(await create([people.one, people.two], 2)).toBe('ok');
    const expired = await world.key(companies.anshan, {
      validity: { notBefore: world.clock.now() - 90 * 86_400_000, notAfter: world.clock.now() - 86_400_000 },
    });
    expect(await create([people.one, expired], 2)).toBe('OFFICE_CERTIFICATE');
  });

  it('answer the same announcement the same, and another content under its task not at all', async () => {
    const request = requestOf(world);
    const [a, b] = await Promise.all([request, request].map((one) => world.openings.create(world.unit, one)));
    expect(a && b && unwrap(a).opening.id).toBe(b && unwrap(b).opening.id);
    expect(codeOf(await world.openings.create(world.unit, { ...request, title: '另一个项目' }))).toBe('TASK_CONFLICT');
  });

  it('check in from an hour before, with a value that is never their share', async () => {
    const file = await world.announce();
    const person = personIn(file, world.people.one);
    const { openings } = world;
    world.clock.pass(file.opening.opensAt - 60 * MINUTE - 1 - world.clock.now());
    expect(codeOf(await openings.beginCheckIn(file.opening.id, person))).toBe('CHECK_IN_EARLY');
    world.clock.pass(1);
    const test = unwrap(await openings.beginCheckIn(file.opening.id, person));
    const value = await unwrapWith(world.people.one.encKey, test.wrapped);
    const stored = await world.store.read.db
      .selectFrom('opening_person')
      .select(['share_sealed'])
      .where('id', '=', person)
      .executeTakeFirstOrThrow();
    const share = openings.room.vault.open<{ wrapped: string }>(
      'opening_person',
      person,
      'share_sealed',
      stored.share_sealed ?? '',
    );
    expect(Buffer.from(value).equals(Buffer.from(await unwrapWith(world.people.one.encKey, share.wrapped)))).toBe(
      false,
    );
    const wrong = await gm.sm2.encrypt(
      gm.sm2.importPublic(fromHex(test.to) ?? Buffer.alloc(0)) ?? gm.sm2.generateKey().publicKey,
      Buffer.alloc(32, 1),
    );
    expect(codeOf(await openings.finishCheckIn(file.opening.id, person, base64(wrong)))).toBe('CHECK_IN_FAILED');
    const again = unwrap(await openings.beginCheckIn(file.opening.id, person));
    const answer = await rewrapTo(world.people.one.encKey, again);
    const came = unwrap(await openings.finishCheckIn(file.opening.id, person, answer));
    expect(came.checkedInAt).toBe(world.clock.now());
    expect(codeOf(await openings.finishCheckIn(file.opening.id, person, answer))).toBe('CHECK_IN_FAILED');
  });

  it('are named by a share that misses its commitment; the seat may try again and a deputy may release for it', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    toTheGate(file);
    const { openings, store, people } = world;
    const id = file.opening.id;
    unwrap(await store.tx((tx) => openings.begin(tx, id, ACTOR)));
    const one = personIn(file, people.one);
    const share = unwrap(await openings.shareFor(store.read, id, one));
    const point = gm.sm2.importPublic(fromHex(share.to) ?? Buffer.alloc(0)) ?? gm.sm2.generateKey().publicKey;
    const forged = base64(await gm.sm2.encrypt(point, Buffer.alloc(33, 9)));
    expect(codeOf(await openings.release(id, one, forged))).toBe('SHARE_BAD');
    expect(world.notes.at(-1)).toMatchObject({
      openingId: id,
      capsuleId: null,
      fact: { kind: 'share-bad', custodian: 1 },
    });
    const two = unwrap(await openings.shareFor(store.read, id, personIn(file, people.two)));
    expect(
      unwrap(await openings.release(id, personIn(file, people.two), await rewrapTo(people.two.encKey, two))),
    ).toEqual({ have: 1, need: 2, state: 'releasing' });
    const deputy = personIn(file, people.deputy);
    const his = unwrap(await openings.shareFor(store.read, id, deputy));
    const done = unwrap(await openings.release(id, deputy, await rewrapTo(people.deputy.encKey, his)));
    expect(done).toEqual({ have: 2, need: 2, state: 'released' });
    const events = (await openings.room.events.list(store.read, id)).map((event) => event.kind);
    expect(events).toContain('share.bad');
    expect(unwrap(await openAsBidder(world, capsule, bidder)).kind).toBe('text');
  });

  it('cannot release with what another opening or another seat was given', async () => {
    const [file, other] = [await world.announce(), await world.announce()];
    toTheGate(file);
    const { openings, store, people } = world;
    for (const one of [file, other]) unwrap(await store.tx((tx) => openings.begin(tx, one.opening.id, ACTOR)));
    const foreign = unwrap(await openings.shareFor(store.read, other.opening.id, personIn(other, people.one)));
    const replayed = await rewrapTo(people.one.encKey, foreign);
    expect(codeOf(await openings.release(file.opening.id, personIn(file, people.one), replayed))).toBe('SHARE_BAD');
    const own = unwrap(await openings.shareFor(store.read, file.opening.id, personIn(file, people.two)));
    const rewrapped = await rewrapTo(people.two.encKey, own);
    expect(codeOf(await openings.release(file.opening.id, personIn(file, people.three), rewrapped))).toBe('SHARE_BAD');
    expect(codeOf(await openings.release(file.opening.id, personIn(file, people.host), rewrapped))).toBe(
      'OFFICE_UNKNOWN',
    );
  });

  it('lose nothing when the hub dies between the last share and the opener: the next process finishes', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    toTheGate(file);
    broken = true;
    await expect(releaseAll(world, file)).rejects.toThrow('killed');
    broken = false;
    const { people, store } = world;
    const again = await world.restart();
    // The first share was kept before the opener died; the second custodian had not come to it yet.
    expect((await again.progress(store.read, file.opening.id)).have).toBe(1);
    const two = personIn(file, people.two);
    const share = unwrap(await again.shareFor(store.read, file.opening.id, two));
    broken = true;
    await expect(again.release(file.opening.id, two, await rewrapTo(people.two.encKey, share))).rejects.toThrow(
      'killed',
    );
    broken = false;
    const third = await world.restart();
    await third.sweep({
      authority: null,
      egress: { request: async () => ({ ok: false, reason: 'forbidden', detail: '' }) },
    });
    expect(await third.progress(store.read, file.opening.id)).toEqual({ have: 2, need: 2, state: 'released' });
    await third.sweep({
      authority: null,
      egress: { request: async () => ({ ok: false, reason: 'forbidden', detail: '' }) },
    });
    expect(unwrap(await openAsBidder(world, capsule, bidder, third)).kind).toBe('text');
  });

  it('a wrong key opens nothing and the bidder is never blamed for what came through others', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    toTheGate(file);
    await releaseAll(world, file);
    const { port } = world.openings;
    const item = unwrap(await port.find(world.store.read, world.unit, capsule));
    const wrong = Buffer.alloc(16, 3);
    expect(codeOf(await port.open(item, 'b1', wrong, 'key'))).toBe('DECRYPT_FAILED');
    expect(world.notes.at(-1)?.fact).toMatchObject({
      kind: 'key-returned',
      commitment: 'missed',
      wrapAsReceipt: true,
      road: 'key',
    });
    expect(codeOf(await port.open(item, 'b1', wrong))).toBe('DECRYPT_FAILED');
    expect(world.notes.at(-1)?.fact).toMatchObject({ kind: 'key-returned', road: 'vendor' });
    expect(unwrap(await openAsBidder(world, capsule, bidder)).kind).toBe('text');
    world.clock.pass(file.opening.windowMs);
    expect(codeOf(await openAsBidder(world, capsule, bidder))).toBe('WINDOW_OVER');
  });

  it('with recovery custodians, a quorum opens a bid whose key is lost, after two persons allowed it', async () => {
    const { people } = world;
    const body = await Promise.all(
      [companies.liaoning, companies.dalian, companies.hunan].map((one) => world.key(one)),
    );
    const file = await world.announce({ keyModel: 'quorum', recovery: { needed: 2, persons: body.map(holder) } });
    const content = { bytes: Buffer.from('大文件'), name: '报价.bin' };
    const capsule = await world.capsule(file, bidder, { content });
    const taken = unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    toTheGate(file);
    await releaseAll(world, file, [people.two, people.three]);
    const { openings, store } = world;
    const first = personIn(file, body[0] as Keyed);
    expect(codeOf(await openings.recoveryShareFor(store.read, taken.capsuleId, first))).toBe('OPENING_STATE');
    unwrap(await store.tx((tx) => openings.allowRecovery(tx, taken.capsuleId, { actor: ACTOR, reason: 'UKey 遗失' })));
    let progress: unknown;
    for (const key of body.slice(0, 2)) {
      const person = personIn(file, key);
      const share = unwrap(await openings.recoveryShareFor(store.read, taken.capsuleId, person));
      progress = unwrap(await openings.recover(taken.capsuleId, person, await rewrapTo(key.encKey, share)));
    }
    expect(progress).toEqual({ have: 2, need: 2, opened: true });
    const link = unwrap(await openings.contentLink(world.unit.id, taken.capsuleId));
    const token = link.url.split('/').at(-1) ?? '';
    const fetched = await Promise.all(Array.from({ length: 20 }, () => openings.content(token)));
    const got = fetched.flatMap((one) => (one.ok ? [one.value] : []));
    expect(got).toHaveLength(1);
    const parts: Uint8Array[] = [];
    for await (const part of got[0]?.stream ?? []) parts.push(part);
    expect(Buffer.concat(parts)).toEqual(content.bytes);
  });

  it('of an aborted opening never bring a capsule back', async () => {
    const file = await world.announce();
    const capsule = await world.capsule(file, bidder);
    unwrap(await world.openings.takeIn(world.unit, upload(file), streamOf(capsule)));
    toTheGate(file);
    const { openings, store } = world;
    unwrap(await store.tx((tx) => openings.abort(tx, file.opening.id, { actor: ACTOR, reason: '不足三家' })));
    expect(codeOf(await store.tx((tx) => openings.begin(tx, file.opening.id, ACTOR)))).toBe('OPENING_STATE');
    expect(codeOf(await openings.port.find(store.read, world.unit, capsule))).toBe('OPENING_STATE');
  });
});
