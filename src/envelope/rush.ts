import { HubError } from '#kernel/errors.ts';

/** Works of one kind, a few at a time, the others in the order of asking. */
export type Rush = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A thousand bidders who decrypt in one moment wait here, and not in the queue of transactions, where each of a work's transactions would stand behind
 * those of all others, and whoever stands there for 5 s is turned away. At most `atOnce` works run; who has waited `patienceMs` before his turn is told
 * SERVICE_BUSY and nothing has been done for him.
 */
export function createRush({ atOnce, patienceMs }: { atOnce: number; patienceMs: number }): Rush {
  const waiting: { since: number; enter(): void; refuse(error: unknown): void }[] = [];
  let running = 0;

  function next(): void {
    const late = performance.now() - patienceMs;
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      if (first.since >= late) {
        first.enter();
        return;
      }
      first.refuse(new HubError('SERVICE_BUSY', 'too many decryptions at once', { params: { seconds: '5' } }));
    }
    running -= 1;
  }

  return async (work) => {
    if (running < atOnce) running += 1;
    else
      await new Promise<void>((enter, refuse) => {
        waiting.push({ since: performance.now(), enter, refuse });
      });
    try {
      return await work();
    } finally {
      next();
    }
  };
}
