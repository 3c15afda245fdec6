import { z } from 'zod';
import { serviceShape } from '../kit/service.ts';

/** Configuration of one vendor's mobile service: all of it data, so that a further vendor of this kind needs no code. The secret proves the vendor's callbacks too. */
export const configSchema = z.strictObject(serviceShape);

export type MobileScanConfig = z.output<typeof configSchema>;
