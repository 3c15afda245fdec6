import type { Clock } from './clock.ts';

/** The wall clock was set while the process ran. `byMs`: how far it now stands from where it should (negative: it went back). */
export type OnJump = (byMs: number) => void;

/** A step of this size may be an ordinary correction and is followed; anything larger is somebody or something setting the clock. */
export const JUMP_MS = 2_000;
/** A wall clock that has kept a steady lead for so long is believed: nothing that was begun before the jump is still alive (loginLife). */
const BELIEVE_AFTER_MS = 10 * 60_000;
/** Two oscillators may differ so much without anybody having set a clock. */
const DRIFT = 0.0005;
const SAY_AGAIN_MS = 60_000;

/**
 * Business time that a set clock cannot move (reliability 3.7). It follows the wall clock while that agrees with the monotonic one, and
 * never goes back: a clock set back would revive challenges and tickets that had expired and hold back leases and deliveries; a clock
 * set forward would end everybody's login. After a jump it goes on counting monotonically and says so. A lasting jump forward is
 * believed in the end (a machine that slept); a jump back only by a restart.
 */
export function createSteadyClock(source: Clock, onJump: OnJump): Clock {
  let anchor = source.now() - source.monotonic();
  let looked = source.monotonic();
  let last = source.now();
  let jump: { at: number; said: number; offset: number } | undefined;

  const say = (offset: number, at: number): void => {
    jump = { at, said: at, offset };
    onJump(Math.round(offset - anchor));
  };

  const read = (): number => {
    const monotonic = source.monotonic();
    const offset = source.now() - monotonic;
    const gap = offset - anchor;
    if (Math.abs(gap) <= JUMP_MS) {
      jump = undefined;
      const slew = (monotonic - looked) * DRIFT;
      anchor += Math.max(-slew, Math.min(slew, gap));
      looked = monotonic;
      return offset + monotonic;
    }
    looked = monotonic;
    if (jump === undefined || Math.abs(offset - jump.offset) > JUMP_MS) say(offset, monotonic);
    else if (gap > 0 && monotonic - jump.at >= BELIEVE_AFTER_MS) {
      anchor = offset;
      jump = undefined;
      return offset + monotonic;
    } else if (monotonic - jump.said >= SAY_AGAIN_MS) {
      jump.said = monotonic;
      onJump(Math.round(gap));
    }
    return anchor + monotonic;
  };

  return {
    now: () => {
      last = Math.max(last, Math.floor(read()));
      return last;
    },
    monotonic: () => source.monotonic(),
  };
}
