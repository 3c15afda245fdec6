import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '#kernel/errors.ts';
import { createWaitingLine } from '#kernel/waiting-line.ts';

const lineOf = (atOnce: number, patienceMs = 60_000) => createWaitingLine({ atOnce, patienceMs, busy: 'a test' });

describe('a waiting line', () => {
  it('lets in a few at a time, in the order of asking, whether or not the ones before failed', async () => {
    const line = lineOf(3);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const ends = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        line.through(async () => {
          order.push(index);
          running += 1;
          most = Math.max(most, running);
          await setImmediate();
          running -= 1;
          if (index % 7 === 0) throw new Error('a bad one');
          return index;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(42);
    expect(await line.through(async () => 'later')).toBe('later');
  });

  it('tells whoever has waited too long to come again, and has done nothing for him', async () => {
    const line = lineOf(1, 0);
    const held = Promise.withResolvers<void>();
    const first = line.through(() => held.promise);
    const done: number[] = [];
    const late = [1, 2].map((one) => line.through(async () => void done.push(one)).catch((error: unknown) => error));
    const now = performance.now();
    while (performance.now() <= now + 1) await setImmediate();
    held.resolve();
    await first;
    for (const error of await Promise.all(late)) expect(refusalOf(error).code).toBe('SERVICE_BUSY');
    expect(done).toEqual([]);
    expect(await line.through(async () => 'free again')).toBe('free again');
  });
});
