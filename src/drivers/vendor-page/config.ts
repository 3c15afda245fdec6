import { z } from 'zod';

/** Configuration of one vendor's own pages: all of it data, so that a further vendor of this kind needs no code. */
export const configSchema = z.strictObject({
  /** Base URL of the vendor's service, without a slash at its end. Its origin, and that of the pages, must be registered for egress. */
  apiBase: z.url({ protocol: /^https?$/ }).regex(/[^/]$/),
  /** Which hub this is, as the vendor calls it. */
  app: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .default('ca-interop-hub'),
  /** Shared with the vendor: authenticates what the hub asks. 16 to 128 printable ASCII characters. */
  secret: z.string().regex(/^[\x21-\x7e]{16,128}$/),
  /** The vendor's SM2 key that signs its returns: hex of the 65-byte point. Nobody at the hub could make one. */
  returnKey: z.string().regex(/^04[0-9a-f]{128}$/),
  /** Milliseconds for one request to the vendor. */
  timeoutMs: z.int().min(200).max(10_000).default(5_000),
});

export type VendorPageConfig = z.output<typeof configSchema>;
