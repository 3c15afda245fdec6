import { z } from 'zod';
import { limits } from '#kernel/limits.ts';

/** Members that the requests of several pages have. */
export const interaction = z.string().regex(/^int_[0-9a-z]{26}$/);
/** Base64 DER. */
export const certificate = z.string().min(1).max(limits.certificateField);
/** The page's own handle of a plugged key. */
export const keyHandle = z.string().min(1).max(200);
/** Of an agent's connection, for the grant. */
export const agentNonce = z.string().length(64);
export const authority = z.string().min(1).max(64);
export const pageToken = z.string().min(1).max(200);

/** Signing certificates of the plugged keys. */
export const shownCertificates = z.strictObject({
  interaction,
  certificates: z.array(z.strictObject({ key: keyHandle, sign: certificate })).max(16),
});

/** Nothing but which interaction. */
export const only = z.strictObject({ interaction });
