import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRush } from '#envelope/rush.ts';
import { refusalOf } from '#kernel/errors.ts';

describe('a rush of bidders', () => {
  it('is let in a few at a time, in the order of asking, whether or not the ones before failed', async () => {
    const rush = createRush({ atOnce: 3, patienceMs: 60_000 });
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const ends = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        rush(async () => {
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
    expect(await rush(async () => 'later')).toBe('later');
  });

  it('tells whoever has waited too long to come again, and has done nothing for him', async () => {
    const rush = createRush({ atOnce: 1, patienceMs: 0 });
    let leave = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const first = rush(() => held);
    const done: number[] = [];
    const late = [1, 2].map((one) => rush(async () => void done.push(one)).catch((error: unknown) => error));
    const now = performance.now();
    while (performance.now() <= now + 1) await setImmediate();
    leave();
    await first;
    for (const error of await Promise.all(late)) expect(refusalOf(error).code).toBe('SERVICE_BUSY');
    expect(done).toEqual([]);
    expect(await rush(async () => 'free again')).toBe('free again');
  });
});
