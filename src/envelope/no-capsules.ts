import { HubError, refusal } from '#kernel/errors.ts';
import { refused } from '#kernel/result.ts';
import type { CapsulePort } from './capsule-port.ts';

/** A hub without openings: nothing is a capsule, and none can be asked for. */
export const noCapsules: CapsulePort = {
  recognise: () => false,
  seal: async () => refused(refusal('OPENING_UNKNOWN')),
  find: async () => refused(refusal('DECRYPT_FAILED')),
  get: async () => refused(refusal('DECRYPT_FAILED')),
  open: async () => refused(refusal('DECRYPT_FAILED')),
  ended: async () => {
    throw new HubError('INTERNAL', 'a capsule ended in a hub that has none');
  },
};
