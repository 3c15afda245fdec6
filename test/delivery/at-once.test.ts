import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Dispatcher } from '#delivery/dispatcher.ts';
import { openStore, type Store } from '#store/store.ts';
import { eventually, json, type Receiver, startReceiver } from '#test/support/receiver.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { type Post, post } from './world.ts';

describeOnBothDatabases('a message that its own process may send at once', ({ options }) => {
  let store: Store;
  let there: Receiver;
  const running: Dispatcher[] = [];
  beforeAll(async () => {
    store = await openStore(await options(), { log: quietLog });
    there = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop()));
    await store.tx((tx) => tx.db.deleteFrom('outbox').execute());
    there.answer(json({ code: 200 }));
  });
  afterAll(async () => {
    await Promise.all([store.close(), there.close()]);
  });

  /** A running dispatcher that has found nothing to do and is asked by the outbox. */
  async function idle(): Promise<Post> {
    let dispatcher: Dispatcher | undefined;
    const made = post(store, there, undefined, (tx, row) => dispatcher?.takeAtOnce(tx, row) ?? Promise.resolve(false));
    dispatcher = made.dispatcher();
    dispatcher.start();
    running.push(dispatcher);
    await eventually('held at once', async () => (await made.row(await made.enqueue())).generation === 1);
    await eventually('all delivered', async () => (await waiting()) === 0);
    return made;
  }
  const waiting = async (): Promise<number> =>
    (await store.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute()).length;

  it('is leased in the transaction that queues it, and sent once that has committed', async () => {
    const { enqueue, row, outcomes } = await idle();
    let answer = (): void => undefined;
    there.answer((received, response, socket) => {
      answer = () => void json({ code: 200 })(received, response, socket);
    });
    const before = there.received.length;
    const id = await enqueue();
    expect(await row(id)).toMatchObject({ state: 'pending', attempts: 1, generation: 1 });
    expect((await row(id)).lease_owner).toMatch(/^hub-/);
    await eventually('sent', () => there.received.length > before);
    answer();
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect(await row(id)).toMatchObject({ attempts: 1, generation: 1, lease_owner: null, body_sealed: '' });
    expect(outcomes.filter(({ outcome }) => outcome.kind !== 'delivered')).toEqual([]);
  });

  it('of a transaction that is rolled back is never sent, and takes up no place', async () => {
    const { outbox, enqueue, row } = await idle();
    const before = there.received.length;
    for (let i = 0; i < 80; i += 1) {
      const failing = store.tx(async (tx) => {
        await outbox.enqueue(tx, message(i));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
    }
    expect(there.received).toHaveLength(before);
    const id = await enqueue();
    await eventually('delivered', async () => (await row(id)).state === 'delivered');
    expect((await row(id)).generation).toBe(1);
  });

  it('waits its turn behind older ones: four at a receiver, all delivered, none twice', async () => {
    const { enqueue } = await idle();
    const before = there.received.length;
    const ids = await Promise.all(Array.from({ length: 40 }, () => enqueue()));
    await eventually('all delivered', async () => (await waiting()) === 0);
    expect(there.received).toHaveLength(before + ids.length);
    expect(there.mostAtOnce()).toBeLessThanOrEqual(4);
  });
});

const message = (index: number) => ({
  kind: 'login.verified' as const,
  unitId: 'unit-1',
  orgcode: '210100',
  interactionId: `int_rolled-back-${index}`,
  stateVersion: 3,
  body: {},
  deadlineAt: Date.now() + 600_000,
  schedule: 'login' as const,
});
