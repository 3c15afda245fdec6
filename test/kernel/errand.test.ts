import { describe, expect, it } from 'vitest';
import { startErrand } from '#kernel/errand.ts';
import { quietLog } from '#test/support/store.ts';

describe('an errand', () => {
  it('is begun again after a failure, and not after its end', async () => {
    let times = 0;
    const done = Promise.withResolvers<void>();
    const errand = startErrand(
      quietLog,
      {
        name: 'a test',
        work: () => {
          times += 1;
          if (times < 3) return Promise.reject(new Error('not yet'));
          done.resolve();
          return Promise.resolve();
        },
      },
      1,
    );
    await done.promise;
    await errand.stop();
    expect(times).toBe(3);
  });

  it('is told to end, and waited for', async () => {
    let ended = false;
    const begun = Promise.withResolvers<void>();
    const errand = startErrand(quietLog, {
      name: 'a test',
      work: (halt) =>
        new Promise<void>((resolve) => {
          halt.addEventListener('abort', () => {
            ended = true;
            resolve();
          });
          begun.resolve();
        }),
    });
    await begun.promise;
    await errand.stop();
    expect(ended).toBe(true);
    await errand.stop();
  });

  it('is not tried again when the hub closes during the wait', async () => {
    const failed = Promise.withResolvers<void>();
    const errand = startErrand(quietLog, {
      name: 'a test',
      work: () => {
        failed.resolve();
        return Promise.reject(new Error('not yet'));
      },
    });
    await failed.promise;
    await errand.stop();
  });
});
