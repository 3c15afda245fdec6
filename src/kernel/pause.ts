/** Resolves after `ms`, or as soon as `halt` is raised. */
export function pause(ms: number, halt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (halt.aborted) return resolve();
    const timer = setTimeout(done, ms);
    halt.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      halt.removeEventListener('abort', done);
      resolve();
    }
  });
}
