import type { Logger } from './log.ts';
import { pause } from './pause.ts';

export interface Beat {
  readonly name: string;
  readonly everyMs: number;
  work(): Promise<unknown>;
}

export interface Beats {
  /** No further beat begins; resolves when the running ones have ended. */
  stop(): Promise<void>;
}

/** Repeats each beat's work with a pause between the end of one and the start of the next; a failure is logged and the next one comes all the same. */
export function startBeats(log: Logger, beats: readonly Beat[]): Beats {
  const halt = new AbortController();
  const running = beats.map((beat) => repeat(log, beat, halt.signal));
  return {
    async stop() {
      halt.abort();
      await Promise.all(running);
    },
  };
}

async function repeat(log: Logger, beat: Beat, halt: AbortSignal): Promise<void> {
  while (!halt.aborted) {
    try {
      await beat.work();
    } catch (error) {
      log.warn({ err: error, beat: beat.name }, 'a beat failed');
    }
    await pause(beat.everyMs, halt);
  }
}
