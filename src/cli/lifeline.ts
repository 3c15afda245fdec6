/**
 * Ends this program when the one that started it is gone. The starter keeps our stdin open as a lifeline and writes nothing; its death, by
 * whatever signal, closes the pipe.
 */
export function endWithParent(end: () => void): void {
  process.stdin.on('end', end).on('close', end).on('error', end).resume();
}

/** Runs `end` once for SIGTERM, SIGINT or the lifeline's end, and exits with 0; a second signal exits at once. */
export function endOnSignals(end: () => Promise<void>, withParent: boolean): Promise<number> {
  return new Promise((resolve) => {
    let ending = false;
    const begin = (): void => {
      if (ending) return;
      ending = true;
      end().then(
        () => resolve(0),
        () => resolve(1),
      );
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => (ending && signal === 'SIGINT' ? process.exit(130) : begin()));
    }
    if (withParent) endWithParent(begin);
  });
}
