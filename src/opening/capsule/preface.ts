import { z } from 'zod';
import { type Bytes, concat, utf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { canonicalJson, readCanonical } from './canonical.ts';

/** The longest preface: a name, and a signer's certificate. */
const MOST = 48 * 1024;
/** Length byte and the longest DER SM2Signature. */
export const SIGNATURE_ROOM = 1 + 72;

/**
 * Who signed what lies inside: the bidder with his key, the trading system with a certificate or, where it has none, with HMAC-SM3 under its secret, or the
 * hub for a capsule it sealed on a request that the trading system had signed.
 */
export const signerName = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('bidder'), /** Base64 DER. */ certificate: z.string().max(limits.certificateField) }),
  z.strictObject({ by: z.literal('system'), /** Base64 DER. */ certificate: z.string().max(limits.certificateField) }),
  z.strictObject({
    by: z.literal('unit'),
    /** caUnitId whose secret made the HMAC. */ unit: z.string().min(1).max(128),
  }),
  z.strictObject({
    by: z.literal('hub'),
    /** Point of the hub's signing key, 130 hex. */ key: z.string().regex(/^04[0-9a-f]{128}$/),
  }),
]);
export type SignerName = z.infer<typeof signerName>;

const schema = z.strictObject({
  v: z.literal(1),
  /** `text`: the content is UTF-8 and goes back as it came; `file`: bytes of a file. */
  kind: z.enum(['text', 'file']),
  /** Bytes of content behind this preface. */
  size: z.int().min(0).max(limits.capsuleContent),
  /** File name as the sealer gave it, for people; never used as a path. */
  name: z.string().max(255).nullable(),
  signer: signerName,
});

/** The first thing inside a capsule. */
export type Preface = Readonly<z.infer<typeof schema>>;

/** uint32 length ‖ canonical JSON. */
export function writePreface(preface: Preface): Bytes {
  const json = canonicalJson(preface);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return concat(length, json);
}

/** A preface at the start of the first chunk, and where the content begins; undefined when there is none. */
export function readPreface(first: Bytes): { preface: Preface; contentAt: number } | undefined {
  if (first.length < 4) return undefined;
  const length = Buffer.from(first.buffer, first.byteOffset, 4).readUInt32BE();
  if (length > MOST || first.length < 4 + length) return undefined;
  const parsed = schema.safeParse(readCanonical(first.subarray(4, 4 + length), MOST));
  return parsed.success ? { preface: parsed.data, contentAt: 4 + length } : undefined;
}

/** What the signer signs: purpose, header and content in one short text. */
export const sealText = (headerSm3Hex: string, contentSm3Hex: string): Bytes =>
  utf8(`caihub-capsule/1\npurpose=seal\nheader=${headerSm3Hex}\ncontent=${contentSm3Hex}`);
