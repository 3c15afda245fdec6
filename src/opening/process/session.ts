import type { Writable } from 'node:stream';
import type { Gm } from '#crypto/gm.ts';
import type { Random } from '#kernel/random.ts';
import type { Frame } from './frames.ts';

/** What a one-shot process has: cryptography and its two pipes. */
export interface Session {
  readonly gm: Gm;
  readonly random: Random;
  readonly frames: AsyncGenerator<Frame, undefined, undefined>;
  readonly output: Writable;
}
