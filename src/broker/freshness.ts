import type { Clock } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Unit } from '#relying-party/party.ts';
import type { StandByHub } from '#wire/stand-by.ts';

/** Nonces remembered at most; the oldest go first. */
const CAPACITY = 100_000;

/** Refuses a message that is too old or was seen before, where the unit's profile demands both members (readings L3). */
export type Freshness = (unit: Unit, hub: StandByHub) => Refusal | undefined;

/**
 * Remembered in this process: after a restart, or beside a second hub process, a message may be taken once more within its window. Interfaces
 * are idempotent besides, so this narrows a replay and is not what stops it.
 */
export function createFreshness(clock: Clock): Freshness {
  const seen = new Map<string, number>();
  return (unit, hub) => {
    const windowMs = unit.profile.freshness * 1000;
    if (windowMs === 0) return undefined;
    if (hub.timestamp === undefined) return missing('timestamp');
    if (hub.nonce === undefined) return missing('nonce');
    const now = clock.now();
    if (Math.abs(now - hub.timestamp) > windowMs) {
      return invalid('timestamp', `与当前时间相差超过 ${unit.profile.freshness} 秒，请校准服务器时间`);
    }
    forget(seen, now);
    const key = `${unit.id} ${hub.nonce}`;
    if ((seen.get(key) ?? 0) > now) return invalid('nonce', '已经使用过，请每次生成新的随机串');
    seen.set(key, hub.timestamp + windowMs + 1);
    return undefined;
  };
}

/** Map keeps the order of insertion, and entries of one window expire roughly in it. */
function forget(seen: Map<string, number>, now: number): void {
  for (const [key, until] of seen) {
    if (until > now && seen.size < CAPACITY) return;
    seen.delete(key);
  }
}

const missing = (name: string): Refusal =>
  refusal('FIELD_MISSING', { field: `standBy.hub.${name}`, label: '互认平台扩展参数' });
const invalid = (name: string, reason: string): Refusal =>
  refusal('FIELD_INVALID', { field: `standBy.hub.${name}`, label: '互认平台扩展参数', reason });
