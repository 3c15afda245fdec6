import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Dispatcher } from '#delivery/dispatcher.ts';
import type { Store } from '#store/store.ts';
import { eventually, json, type Receiver, startReceiver } from '#test/support/receiver.ts';
import { describeOnBothDatabases } from '#test/support/store.ts';
import { post, SteppedClock } from './world.ts';

describeOnBothDatabases('the dispatcher', ({ open }) => {
  let store: Store;
  const receivers: Receiver[] = [];
  const running: Dispatcher[] = [];
  const receiver = async (): Promise<Receiver> => {
    const one = await startReceiver();
    receivers.push(one);
    return one;
  };
  const started = (dispatcher: Dispatcher): Dispatcher => {
    dispatcher.start();
    running.push(dispatcher);
    return dispatcher;
  };
  beforeAll(async () => {
    store = await open();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop()));
    await store.tx((tx) => tx.db.deleteFrom('outbox').execute());
  });
  afterAll(() => Promise.all(receivers.map((one) => one.close())));

  it('delivers at commit, in the event’s own words, and forgets them', async () => {
    const there = await receiver();
    const { dispatcher, enqueue, row, outcomes } = post(store, there);
    started(dispatcher());
    const id = await enqueue();
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect(there.received.map(({ path, body }) => [path, body])).toEqual([
      ['/210100', '{"taskId":"T-1","userName":"金丝雀"}'],
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([{ kind: 'delivered' }]);
    expect(await row(id)).toMatchObject({ body_sealed: '', attempts: 1, lease_owner: null, last_error: null });
  });

  it('sends nothing when the transaction rolls back', async () => {
    const there = await receiver();
    const { dispatcher, outbox, enqueue } = post(store, there);
    started(dispatcher());
    const message = {
      kind: 'login.verified',
      unitId: 'u',
      orgcode: 'o',
      interactionId: 'int_x',
      stateVersion: 1,
      body: {},
    } as const;
    const failing = store.tx(async (tx) => {
      await outbox.enqueue(tx, { ...message, deadlineAt: Date.now() + 60_000, schedule: 'login' });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await enqueue({ interactionId: 'int_y' });
    await eventually('the other one arrives', () => there.received.length > 0);
    expect(there.received).toHaveLength(1);
  });

  it('tries again until the receiver takes it', async () => {
    const there = await receiver();
    there.answer((_, response) => {
      response.statusCode = there.received.length < 3 ? 500 : 200;
      response.end('{"code":200}');
    });
    const clock = new SteppedClock();
    const { dispatcher, enqueue, row, outcomes } = post(store, there, clock);
    const hub = started(dispatcher());
    const id = await enqueue();
    for (const [attempt, gap] of [
      [1, 1_000],
      [2, 2_000],
    ] as const) {
      await eventually(`attempt ${attempt} is recorded`, () => outcomes.length === attempt);
      clock.advance(gap);
      hub.nudge();
    }
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(['retrying', 'retrying', 'delivered']);
  });

  it('lapses at the deadline and never sends later', async () => {
    const there = await receiver();
    there.answer(json({}, 503));
    const clock = new SteppedClock();
    const { dispatcher, enqueue, row, outcomes } = post(store, there, clock);
    const hub = started(dispatcher());
    const id = await enqueue({ deadlineAt: clock.now() + 30_000 });
    await eventually('one attempt', () => outcomes.length === 1);
    const heard = there.received.length;
    there.answer(json({ code: 200 }));
    clock.advance(31_000);
    hub.nudge();
    await eventually('lapsed', async () => (await row(id)).state === 'lapsed');
    expect(there.received).toHaveLength(heard);
    expect(await row(id)).toMatchObject({ body_sealed: '', last_error: 'status 503' });
    expect(outcomes.at(-1)?.outcome).toEqual({ kind: 'lapsed', reason: 'status 503' });
  });

  it('believes a login’s refusal at once and keeps the receiver’s words out of its own row', async () => {
    const there = await receiver();
    there.answer(json({ code: 403, msg: '该账号已停用' }));
    const { dispatcher, enqueue, row, outcomes } = post(store, there);
    started(dispatcher());
    const id = await enqueue();
    await eventually('refused', async () => (await row(id)).state === 'refused');
    expect(there.received).toHaveLength(1);
    expect(outcomes[0]?.outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining('该账号已停用') });
    expect(JSON.stringify(await row(id))).not.toContain('停用');
  });

  it('parks a document that nobody takes in time, and sends it again when a person says so', async () => {
    const there = await receiver();
    there.answer(json({}, 500));
    const clock = new SteppedClock();
    const { dispatcher, enqueue, row, outbox, outcomes } = post(store, there, clock);
    const hub = started(dispatcher());
    const id = await enqueue({ schedule: 'document', deadlineAt: clock.now() + 60_000 });
    await eventually('one attempt', () => outcomes.length === 1);
    clock.advance(61_000);
    hub.nudge();
    await eventually('parked', async () => (await row(id)).state === 'parked');
    expect((await row(id)).body_sealed).not.toBe('');
    there.answer(json({ code: 200 }));
    expect(await store.tx((tx) => outbox.replay(tx, id, clock.now() + 60_000))).toBe(true);
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect(await store.tx((tx) => outbox.replay(tx, id, clock.now() + 60_000))).toBe(false);
  });

  it('sends at once when the person presses retry', async () => {
    const there = await receiver();
    there.answer(json({}, 500));
    const clock = new SteppedClock();
    const { dispatcher, enqueue, outbox, row, outcomes } = post(store, there, clock);
    started(dispatcher());
    const id = await enqueue({ interactionId: 'int_retry' });
    await eventually('one attempt', () => outcomes.length === 1);
    there.answer(json({ code: 200 }));
    await store.tx((tx) => outbox.expedite(tx, 'int_retry'));
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
  });

  const bad: readonly [string, Parameters<Receiver['answer']>[0]][] = [
    ['answers garbage', (_, response) => void response.end('<html>恭喜</html>')],
    ['redirects', (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
    ['answers without end', (_, response) => void response.writeHead(200).write('x'.repeat(100_000))],
    ['hangs up', (_, __, socket) => void socket.destroy()],
    [
      'breaks off in the middle',
      (_, response, socket) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"code":200');
        setTimeout(() => socket.destroy(), 20);
      },
    ],
  ];
  it.each(bad)('calls it a failed attempt when the receiver %s', async (_, answer) => {
    const there = await receiver();
    there.answer(answer);
    const { dispatcher, enqueue, row, outcomes } = post(store, there);
    started(dispatcher());
    const id = await enqueue();
    await eventually('recorded', () => outcomes.length > 0);
    expect(outcomes[0]?.outcome.kind).toBe('retrying');
    expect(there.received[0]?.path).toBe('/210100');
    expect(there.received.some(({ path }) => path === '/elsewhere')).toBe(false);
    expect((await row(id)).state).toBe('pending');
  });

  it('has at most four messages under way to one receiver, and does not starve the next', async () => {
    const slow = await receiver();
    const waiting: (() => void)[] = [];
    slow.answer((received, response) => {
      if (received.path === '/slow') waiting.push(() => response.end('{"code":200}'));
      else response.end('{"code":200}');
    });
    const { dispatcher, enqueue, row } = post(store, slow);
    const ids = [];
    for (let i = 0; i < 80; i += 1) ids.push(await enqueue({ orgcode: 'slow' }));
    const other = await enqueue({ orgcode: 'quick' });
    started(dispatcher());
    await eventually('the other receiver is served', async () => (await row(other)).state === 'delivered');
    expect(slow.received.filter(({ path }) => path === '/slow').length).toBeLessThanOrEqual(4);
    slow.answer(json({ code: 200 }));
    for (const answer of waiting) answer();
    for (const id of ids) await eventually('all delivered', async () => (await row(id)).state === 'delivered');
    expect(slow.mostAtOnce()).toBeLessThanOrEqual(5);
  });
});
