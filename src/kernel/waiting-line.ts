import { HubError } from './errors.ts';

/** Works of one kind, a few at a time, the others in the order of asking. */
export interface WaitingLine {
  /** Resolves when it is the caller's turn, with what ends his turn (more than once does no harm). Throws SERVICE_BUSY when it came too late. */
  turn(): Promise<() => void>;
  /** Does the work in a turn of its own, which ends with it however it ends. */
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

  async function turn(): Promise<() => void> {
    if (running < how.atOnce) running += 1;
    else
      await new Promise<void>((enter, refuse) => {
        waiting.push({ since: performance.now(), enter, refuse });
      });
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      next();
    };
  }

  return {
    turn,
    async through(work) {
      const end = await turn();
      try {
        return await work();
      } finally {
        end();
      }
    },
  };
}
