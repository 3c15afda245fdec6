import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import { openStore } from '#store/store.ts';
import { eventually, startReceiver } from '#test/support/receiver.ts';
import { describeOnBothDatabases, quietLog } from '#test/support/store.ts';
import { post } from './world.ts';

const MESSAGES = 80;
const KILLS = 4;

describeOnBothDatabases('dispatcher processes that are killed and paused', ({ options }) => {
  const children = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  it('lose no message and record no message twice', { timeout: 180_000 }, async () => {
    const where = await options();
    const store = await openStore(where, { log: quietLog });
    const there = await startReceiver();
    let answers = 0;
    there.answer((_, response, socket) => {
      answers += 1;
      if (answers % 11 === 0) socket.destroy();
      else if (answers % 7 === 0) response.writeHead(500).end();
      else setTimeout(() => response.end('{"code":200}'), 15);
    });
    const program = new URL('hub-process.ts', import.meta.url).pathname;
    const launch = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [program, JSON.stringify(where), there.origin], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      return child;
    };
    const gone = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

    const { enqueue } = post(store, there);
    const accepted: string[] = [];
    const [paused, first] = await Promise.all([launch(), launch()]);
    let hub = first;
    for (let kill = 0; kill < KILLS; kill += 1) {
      for (let i = 0; i < MESSAGES / KILLS; i += 1) {
        const n = accepted.length;
        accepted.push(await enqueue({ orgcode: `p${n % 10}`, body: { taskId: `T-${n}` } }));
      }
      if (kill === 1) paused.kill('SIGSTOP'); // and wakes again long after its leases were taken over
      if (kill === 3) paused.kill('SIGCONT');
      const next = launch();
      const heard = there.received.length;
      await eventually('something is under way', () => there.received.length > heard + 2);
      const dying = gone(hub);
      hub.kill('SIGKILL');
      await dying;
      hub = await next;
    }

    await eventually('nothing waits any more', async () => {
      const left = await store.read.db.selectFrom('outbox').select('id').where('state', '=', 'pending').execute();
      return left.length === 0;
    });
    const states = await store.read.db.selectFrom('outbox').select(['id', 'state']).execute();
    expect(states.filter(({ state }) => state !== 'delivered')).toEqual([]);
    const believed = (await store.read.db.selectFrom('crl').select('id').execute()).map(({ id }) => id);
    expect(believed.sort()).toEqual(accepted.sort());
    const effects = new Set(there.received.map(({ body }) => body));
    expect(effects.size).toBe(MESSAGES);

    for (const child of [...children]) {
      const ended = gone(child);
      child.kill('SIGKILL');
      await ended;
    }
    await Promise.all([store.close(), there.close()]);
  });
});
