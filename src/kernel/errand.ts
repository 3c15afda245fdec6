import type { Logger } from './log.ts';
import { pause } from './pause.ts';

/** Work that has an end and that nobody waits for. */
export interface Errand {
  readonly name: string;
  /** Returns at its end, or soon after `halt` is raised. */
  work(halt: AbortSignal): Promise<unknown>;
}

export interface Running {
  /** Raises `halt`; resolves when the work has ended. Idempotent. */
  stop(): Promise<void>;
}

const AGAIN_MS = 60_000;

/** Does the errand beside everything else. A failure is logged and the work begun again a while later: it must remember how far it came. */
export function startErrand(log: Logger, errand: Errand, againMs = AGAIN_MS): Running {
  const halt = new AbortController();
  const ended = carryOut(log, errand, againMs, halt.signal);
  return {
    stop: () => {
      halt.abort();
      return ended;
    },
  };
}

async function carryOut(log: Logger, { name, work }: Errand, againMs: number, halt: AbortSignal): Promise<void> {
  while (!halt.aborted) {
    try {
      await work(halt);
      return;
    } catch (error) {
      log.warn({ err: error, errand: name }, 'an errand failed; it is tried again');
    }
    await pause(againMs, halt);
  }
}
