/**
 * The hub lives in about 100 MB. Without a bound V8 lets the young generation grow to 128 MB and garbage wait until the old one is a multiple of what
 * is alive, which is resident memory that a hostile document can call up and that never goes back (R10).
 */
export const heapBounds = ['--max-semi-space-size=16', '--max-old-space-size=1024'] as const;

/**
 * Becomes the same program with `heapBounds`, in the same process: same number, same standard streams, nothing read yet. Does nothing where whoever
 * started it has said how large the heap may be (arguments or NODE_OPTIONS), and where the system cannot exchange a process's program.
 */
export function boundHeap(): void {
  const said = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  if (/--max[-_](old|semi)[-_]space[-_]size/.test(said)) return;
  if (process.platform === 'win32' || process.execve === undefined) return;
  const args = [process.execPath, ...process.execArgv, ...heapBounds, ...process.argv.slice(1)];
  process.execve(process.execPath, args, process.env);
}
