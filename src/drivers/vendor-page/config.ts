import { z } from 'zod';
import { serviceShape } from '../kit/service.ts';

/** Configuration of one vendor's own pages: all of it data, so that a further vendor of this kind needs no code. The pages' origin must be registered for egress too. */
export const configSchema = z.strictObject({
  ...serviceShape,
  /** The vendor's SM2 key that signs its returns: hex of the 65-byte point. Nobody at the hub could make one. */
  returnKey: z.string().regex(/^04[0-9a-f]{128}$/),
});

export type VendorPageConfig = z.output<typeof configSchema>;
