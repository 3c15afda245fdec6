import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';

/** Runs one work after the other; the next begins when the last has ended, however it ended. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * One writer a process. On PostgreSQL writers queue at the database anyway, but a process that is paused while several of its transactions
 * stand in that queue would be granted one after the other, each holding everybody up until the server gives up on it; with one, it can
 * stall the others once. Whoever has waited `patienceMs` for his turn is told SERVICE_BUSY and has written nothing.
 */
export function createTurns(monotonic: Clock['monotonic'], patienceMs: number): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const asked = monotonic();
    const turn = last.then(() => {
      if (monotonic() - asked <= patienceMs) return work();
      throw new HubError('SERVICE_BUSY', 'database: waited too long for a turn to write', { params: { seconds: '5' } });
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}
