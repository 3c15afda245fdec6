import { describe, expect, it } from 'vitest';
import { browserCookie } from '#hosted/cookies.ts';
import { createLimiter } from '#hosted/rates.ts';
import { newBrowserSecret } from '#interaction/browser.ts';
import { systemRandom } from '#kernel/random.ts';

describe('a rate', () => {
  it('allows a burst, then so many a second, for each key by itself', () => {
    let now = 0;
    const limiter = createLimiter({ burst: 3, perSecond: 0.5 }, { now: () => 0, monotonic: () => now });
    expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([0, 0, 0, 2]);
    expect(limiter.take('b')).toBe(0);
    now = 1_000;
    expect(limiter.take('a')).toBe(1);
    now = 2_000;
    expect([limiter.take('a'), limiter.take('a')]).toEqual([0, 2]);
    now = 1e9;
    expect([1, 2, 3, 4].map(() => limiter.take('a'))).toEqual([0, 0, 0, 2]);
  });

  it('does not grow without bound under a flood of keys', () => {
    const limiter = createLimiter({ burst: 1, perSecond: 1e-3 }, { now: () => 0, monotonic: () => 0 });
    for (let i = 0; i < 120_000; i += 1) limiter.take(String(i));
    expect(limiter.take('119999')).toBeGreaterThan(0);
  });
});

describe('the browser cookie', () => {
  const secret = newBrowserSecret(systemRandom);
  const { read } = browserCookie(true);

  it('is found among others, and only where it is of our making', () => {
    expect(read(`a=b; __Host-caihub=${secret}; c=d`)).toBe(secret);
    expect(read(`__Host-caihub=junk; __Host-caihub=${secret}`)).toBe(secret);
    const foreign = [
      undefined,
      '',
      `caihub-dev=${secret}`,
      `__host-caihub=${secret}`,
      '__Host-caihub=',
      `__Host-caihub="${secret}"`,
      `x__Host-caihub=${secret}`,
      secret,
    ];
    for (const header of foreign) expect([header, read(header)]).toEqual([header, null]);
  });
});
