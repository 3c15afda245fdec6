import { readFileSync } from 'node:fs';
import { Browser, logIn } from '#test/support/bidder.ts';
import type { HostileWorld } from './world.ts';

/** Honest people who go on logging in while everything else happens. */
export interface Neighbours {
  /** Milliseconds of each login that succeeded since the last call. */
  take(): number[];
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

export function startNeighbours(world: HostileWorld, count = 1): Neighbours {
  let times: number[] = [];
  const faults: string[] = [];
  let over = false;
  const people = Array.from({ length: count }, async (_, i) => {
    for (let turn = i; !over; turn += 1) {
      const key = world.keys[turn % world.keys.length];
      if (key === undefined) throw new Error('no key');
      const began = performance.now();
      try {
        const { loggedIn, view } = await logIn(new Browser(), world.trading, key);
        if (loggedIn) times.push(performance.now() - began);
        else faults.push(`an honest login ended as ${view.state} ${view.error?.code ?? ''}`);
      } catch (error) {
        if (!over) faults.push(`an honest login failed: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  return {
    take: () => {
      const taken = times;
      times = [];
      return taken;
    },
    faults,
    stop: async () => {
      over = true;
      await Promise.all(people);
    },
  };
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}

export const share = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
