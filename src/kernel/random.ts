import { randomBytes } from 'node:crypto';
import type { Bytes } from './bytes.ts';

/** Cryptographic randomness as a passed-in thing. */
export interface Random {
  /** `length` bytes from the operating system's generator. */
  bytes(length: number): Bytes;
}

export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
