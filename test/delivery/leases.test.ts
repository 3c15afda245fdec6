import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Dispatcher } from '#delivery/dispatcher.ts';
import { createLeases, type Leases } from '#delivery/leases.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import { openStore, type Store } from '#store/store.ts';
import { eventually, json, type Receiver, startReceiver } from '#test/support/receiver.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { post } from './world.ts';

const LEASE = 400;

describeOnBothDatabases('a lease', ({ options }) => {
  // Two hub processes over one database (on SQLite: the hub and an admin command beside it).
  let one: Store;
  let two: Store;
  let there: Receiver;
  const running: Dispatcher[] = [];
  const leasesOf = (store: Store, owner: string): Leases =>
    createLeases(store, { clock: systemClock, owner, leaseMs: LEASE, perEndpoint: 4 });

  beforeAll(async () => {
    const where = await options();
    one = await openStore(where, { log: quietLog });
    two = await openStore(where, { log: quietLog });
    there = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop()));
    await one.tx((tx) => tx.db.deleteFrom('outbox').execute());
    there.answer(json({ code: 200 }));
  });
  afterAll(async () => {
    await Promise.all([one.close(), two.close(), there.close()]);
  });

  it('is taken over when its owner died between claim and finish', async () => {
    const { enqueue, row, dispatcher } = post(two, there);
    const id = await enqueue();
    const [claim] = await leasesOf(one, 'dead').claim(new Map(), 8);
    expect(claim?.id).toBe(id);
    expect(await leasesOf(two, 'alive').claim(new Map(), 8)).toEqual([]);
    const heir = dispatcher();
    heir.start();
    running.push(heir);
    await eventually('delivered by the other', async () => (await row(id)).state === 'delivered');
    expect((await row(id)).generation).toBe(2);
  });

  it('lets a paused owner record nothing once another has taken over', async () => {
    const { enqueue, row } = post(one, there);
    const id = await enqueue();
    const slow = leasesOf(one, 'paused');
    const [claim] = await slow.claim(new Map(), 8);
    if (!claim) throw new Error('nothing was claimed');
    const heir = leasesOf(two, 'heir');
    let taken: Awaited<ReturnType<Leases['claim']>> = [];
    await eventually('taken over', async () => {
      taken = await heir.claim(new Map(), 8);
      return taken.length === 1;
    });
    expect(await slow.renew(claim)).toBe(false);
    expect(await one.tx((tx) => slow.finish(tx, claim, { kind: 'delivered' }))).toBe(false);
    expect((await row(id)).state).toBe('pending');
    const [again] = taken;
    if (!again) throw new Error('nothing was taken');
    expect(await two.tx((tx) => heir.finish(tx, again, { kind: 'delivered' }))).toBe(true);
    expect((await row(id)).state).toBe('delivered');
  });

  it('is fenced by generation even against the same owner’s older claim', async () => {
    const { enqueue } = post(one, there);
    await enqueue();
    const same = leasesOf(one, 'same');
    const [first] = await same.claim(new Map(), 8);
    let second: typeof first;
    await eventually('claimed again', async () => {
      [second] = await same.claim(new Map(), 8);
      return second !== undefined;
    });
    if (!first || !second) throw new Error('unreachable');
    const older = first;
    expect(await one.tx((tx) => same.finish(tx, older, { kind: 'delivered' }))).toBe(false);
  });

  it('is kept alive by its heartbeat while the receiver thinks', async () => {
    let release = (): void => undefined;
    there.answer((_, response) => {
      release = () => response.end('{"code":200}');
    });
    const before = there.received.length;
    const { enqueue, row, dispatcher } = post(one, there);
    const other = post(two, there);
    const both = [dispatcher({ leaseMs: LEASE }), other.dispatcher({ leaseMs: LEASE })];
    for (const hub of both) hub.start();
    running.push(...both);
    const id = await enqueue();
    await eventually('sent', () => there.received.length > before);
    const until = (await row(id)).lease_until ?? 0;
    await eventually('renewed three times over', async () => ((await row(id)).lease_until ?? 0) > until + 3 * LEASE);
    release();
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect(there.received.length).toBe(before + 1);
  });

  it('gives each of 200 messages to one of two dispatchers, never to both', async () => {
    const before = there.received.length;
    const here = post(one, there);
    const other = post(two, there);
    const ids: string[] = [];
    for (let i = 0; i < 200; i += 1)
      ids.push(await here.enqueue({ orgcode: `p${i % 20}`, body: { taskId: `T-${i}` } }));
    const both = [here.dispatcher(), other.dispatcher()];
    for (const hub of both) hub.start();
    running.push(...both);
    await eventually('all delivered', async () => {
      const left = await one.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute();
      return left.length === 0;
    });
    const heard = there.received.slice(before).map(({ body }) => body);
    expect(heard).toHaveLength(200);
    expect(new Set(heard).size).toBe(200);
    expect(here.outcomes.length + other.outcomes.length).toBe(200);
  });

  it('ends with stop: the attempt under way is given up, recorded, and left to the next process', async () => {
    there.answer(() => undefined);
    const before = there.received.length;
    const { enqueue, row, dispatcher, outcomes } = post(one, there);
    const hub = dispatcher({ graceMs: 50 });
    hub.start();
    const id = await enqueue();
    await eventually('sent', () => there.received.length > before);
    await hub.stop();
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(['retrying']);
    expect(await row(id)).toMatchObject({ state: 'pending', lease_owner: null });
  });

  it('records a result once the database lets it, without sending again', async () => {
    const before = there.received.length;
    let refusals = 0;
    const { enqueue, row, dispatcher } = post(one, there);
    const hub = dispatcher({
      outcome: async () => {
        refusals += 1;
        if (refusals < 3) throw new Error('the database is busy');
      },
    });
    hub.start();
    running.push(hub);
    const id = await enqueue();
    await eventually('recorded', async () => (await row(id)).state === 'delivered');
    expect(there.received.length).toBe(before + 1);
  });

  it('of a row written under a clock that has been set back since holds nobody up; a login lapses, a signed file goes', async () => {
    const before = there.received.length;
    const ahead: Clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
    const written = post(one, there, ahead);
    const login = await written.enqueue();
    const file = await written.enqueue({ schedule: 'document', deadlineAt: ahead.now() + 600_000 });
    await one.tx((tx) => tx.db.updateTable('outbox').set({ lease_owner: 'dead', lease_until: ahead.now() }).execute());
    const { row, dispatcher } = post(one, there);
    const hub = dispatcher();
    hub.start();
    running.push(hub);
    await eventually('the file is delivered', async () => (await row(file)).state === 'delivered');
    await eventually('the login has lapsed', async () => (await row(login)).state === 'lapsed');
    expect(there.received.length).toBe(before + 1);
    expect((await row(login)).body_sealed).toBe('');
  });
});
