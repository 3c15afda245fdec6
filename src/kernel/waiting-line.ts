import { HubError } from './errors.ts';

/** Works of one kind, a few at a time, the others in the order of asking. */
export interface WaitingLine {
  /** Does the work in a turn of its own, which ends with it however it ends. Throws SERVICE_BUSY when the turn came too late. */
  through<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Work that takes a core or many transactions waits here and not in front of the processor or the database, where everybody else would stand behind it.
 * At most `atOnce` turns at the same time; who has waited `patienceMs` before his turn is told SERVICE_BUSY, `busy` is for the log, and nothing has
 * been done for him.
 */
export function createWaitingLine(how: {
  readonly atOnce: number;
  readonly patienceMs: number;
  readonly busy: string;
}): WaitingLine {
  const waiting: { since: number; enter(): void; refuse(error: unknown): void }[] = [];
  let running = 0;

  function next(): void {
    const late = performance.now() - how.patienceMs;
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      if (first.since >= late) {
        first.enter();
        return;
      }
      first.refuse(new HubError('SERVICE_BUSY', how.busy, { params: { seconds: '5' } }));
    }
    running -= 1;
  }

  return {
    async through(work) {
      if (running < how.atOnce) running += 1;
      else
        await new Promise<void>((enter, refuse) => {
          waiting.push({ since: performance.now(), enter, refuse });
        });
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
}
