import { beijingDateTime } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Handle } from '#store/store.ts';
import type { Doubt, TimeTrust } from './time-trust.ts';

export type Gate =
  | { readonly open: true; readonly now: number }
  | { readonly open: false; readonly why: 'early'; readonly now: number; readonly opensAt: number }
  | { readonly open: false; readonly why: 'time'; readonly now: number; readonly reason: Doubt };

/**
 * Nothing opens one millisecond before max(the opening's present time, the capsule's own), nor while the clock is doubted (design 8). The only place
 * that says so; asked anew before every step, inside the step's own transaction where it has one.
 */
export async function gateOf(
  time: Pick<TimeTrust, 'read'>,
  h: Handle,
  opening: { readonly opensAt: number },
  capsule?: { readonly opensAt: number },
): Promise<Gate> {
  const reading = await time.read(h);
  const { now } = reading;
  const opensAt = Math.max(opening.opensAt, capsule?.opensAt ?? 0);
  if (!reading.trusted) return { open: false, why: 'time', now, reason: reading.reason };
  return now < opensAt ? { open: false, why: 'early', now, opensAt } : { open: true, now };
}

/** undefined: it is open. */
export function refusalOfGate(gate: Gate): Refusal | undefined {
  if (gate.open) return undefined;
  switch (gate.why) {
    case 'early':
      return refusal('NOT_YET_OPEN', { time: beijingDateTime(gate.opensAt) });
    case 'time':
      return refusal('TIME_DISTRUSTED', {}, gate.reason);
  }
}
