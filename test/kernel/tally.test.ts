import { describe, expect, it } from 'vitest';
import { createTally } from '#kernel/tally.ts';

describe('a tally', () => {
  it('counts by name and in all, and forgets a name of which there is none', () => {
    const tally = createTally();
    const [first, second, other] = [tally.add('甲'), tally.add('甲'), tally.add('乙')];
    expect([tally.of('甲'), tally.of('乙'), tally.of('丙'), tally.total()]).toEqual([2, 1, 0, 3]);
    first();
    first();
    expect([tally.of('甲'), tally.total()]).toEqual([1, 2]);
    second();
    other();
    expect([[...tally.counts], tally.total()]).toEqual([[], 0]);
  });
});
