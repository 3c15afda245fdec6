import type { Handle } from '#store/store.ts';
import { type KeyRow, keys } from './repository.ts';

/** Every unit's record of one encryption certificate, oldest first. */
export const keysByEncryption = (h: Handle, fingerprintIndex: string): Promise<KeyRow[]> =>
  keys(h).where('enc.fingerprint_index', '=', fingerprintIndex).execute();
