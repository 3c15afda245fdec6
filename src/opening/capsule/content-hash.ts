import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Gm } from '#crypto/gm.ts';
import type { Bytes } from '#kernel/bytes.ts';

/** SM3 of a content as it passes; may be worked out elsewhere. */
export interface ContentHash {
  /** `piece` belongs to the caller again when this has resolved. */
  update(piece: Bytes): unknown;
  digest(): Bytes | Promise<Bytes>;
  /** Called at the end, however it came. */
  close(): void;
}

/** Below this a thread costs more than it saves. */
const WORTH_A_THREAD = 8 * 1024 * 1024;
/** Bytes on their way to the thread at most. */
const ON_THE_WAY = 8 * 1024 * 1024;

/**
 * For large contents a second thread, so that the SM3 under the inner signature does not wait for cipher and tags (a third of all the work). Not for processes whose permission flags
 * allow no thread.
 */
export function contentHash(gm: Gm, size: number): ContentHash {
  if (size >= WORTH_A_THREAD) return threadedHash();
  const hash = gm.sm3Stream();
  return { update: (piece) => hash.update(piece), digest: () => hash.digest(), close: () => undefined };
}

function threadedHash(): ContentHash {
  // beside this file with its extension: .ts in the tree, a bundled .js in the package
  const worker = new Worker(new URL(`./hash-thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 32 },
  });
  worker.unref();
  let onTheWay = 0;
  let fault: Error | undefined;
  let wake = (): void => undefined;
  let result: Bytes | undefined;
  worker.on('message', (said: number | Uint8Array) => {
    if (typeof said === 'number') onTheWay -= said;
    else result = said;
    wake();
  });
  worker.on('error', (error: Error) => {
    fault = error;
    wake();
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      if (fault !== undefined) throw fault;
      worker.ref();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      worker.unref();
    }
  };
  return {
    async update(piece) {
      await until(() => onTheWay < ON_THE_WAY);
      const copy = new Uint8Array(piece);
      onTheWay += copy.length;
      worker.postMessage(copy, [copy.buffer]);
    },
    async digest() {
      worker.postMessage('digest');
      await until(() => result !== undefined);
      return result ?? new Uint8Array(0);
    },
    close: () => void worker.terminate(),
  };
}
