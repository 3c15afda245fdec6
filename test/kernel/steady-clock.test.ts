import { describe, expect, it } from 'vitest';
import { createSteadyClock } from '#kernel/steady-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A machine whose wall clock can be set. */
function machine() {
  let monotonic = 5_000;
  let offset = 1_790_000_000_000;
  const jumps: number[] = [];
  const clock = createSteadyClock({ now: () => monotonic + offset, monotonic: () => monotonic }, (by) =>
    jumps.push(by),
  );
  return {
    clock,
    jumps,
    pass: (ms: number) => {
      monotonic += ms;
    },
    set: (ms: number) => {
      offset += ms;
    },
    wall: () => monotonic + offset,
  };
}

describe('business time', () => {
  it('is the wall clock’s while nobody sets it, small corrections included', () => {
    const { clock, pass, set, wall, jumps } = machine();
    for (const step of [0, 900, -400, 1_500]) {
      set(step);
      pass(60_000);
      expect(clock.now()).toBe(wall());
    }
    expect(jumps).toEqual([]);
  });

  it('never goes back, not by a millisecond', () => {
    const { clock, pass, set } = machine();
    const before = clock.now();
    set(-1_500);
    expect(clock.now()).toBe(before);
    pass(2_000);
    expect(clock.now()).toBe(before + 500);
  });

  it.each([-2 * HOUR, 2 * HOUR, -7 * DAY, 7 * DAY])('is not moved by a clock set by %i ms, and says so', (by) => {
    const { clock, pass, set, jumps } = machine();
    const before = clock.now();
    set(by);
    pass(1_000);
    expect(clock.now()).toBe(before + 1_000);
    pass(30_000);
    expect(clock.now()).toBe(before + 31_000);
    expect(jumps).toEqual([by]);
    set(-by);
    pass(1_000);
    expect(clock.now()).toBe(before + 32_000);
    expect(jumps).toEqual([by]);
  });

  it('does not follow a clock that runs an hour a second, however often it is read', () => {
    const { clock, pass, set, jumps } = machine();
    const before = clock.now();
    for (let i = 0; i < 5_000; i += 1) {
      pass(1);
      set(HOUR / 1_000);
      clock.now();
    }
    expect(clock.now() - before).toBeLessThan(5_000 + 3_000);
    expect(jumps.length).toBeGreaterThan(0);
  });

  it('says a lasting jump once a minute', () => {
    const { clock, pass, set, jumps } = machine();
    set(-HOUR);
    for (let i = 0; i <= 180; i += 1) {
      clock.now();
      pass(1_000);
    }
    expect(jumps).toEqual([-HOUR, -HOUR, -HOUR, -HOUR]);
  });

  it('believes a lead that has lasted longer than any login: the machine slept', () => {
    const { clock, pass, set, wall } = machine();
    set(3 * HOUR);
    clock.now();
    pass(9 * 60_000);
    expect(clock.now()).toBe(wall() - 3 * HOUR);
    pass(2 * 60_000);
    expect(clock.now()).toBe(wall());
  });

  it('never believes a clock that was set back: everything alive would live longer', () => {
    const { clock, pass, set, wall } = machine();
    set(-HOUR);
    clock.now();
    pass(30 * 60_000);
    expect(clock.now()).toBe(wall() + HOUR);
  });

  it('follows an oscillator that is a little off, for years', () => {
    const { clock, pass, set, wall, jumps } = machine();
    for (let day = 0; day < 400; day += 1) {
      for (let i = 0; i < 24; i += 1) {
        pass(HOUR);
        set(180); // 50 ppm
        clock.now();
      }
    }
    expect(clock.now()).toBe(wall());
    expect(jumps).toEqual([]);
  });
});
