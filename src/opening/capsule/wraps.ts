import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, fromBase64, hex } from '#kernel/bytes.ts';

const binary = (most: number) =>
  z
    .string()
    .min(4)
    .max(most)
    .refine((value) => fromBase64(value) !== undefined);
const sm3Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** GM/T 0009 SM2Cipher of a key of 16 bytes or a share of 17, base64. */
const wrapped = binary(400);
const id = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);

/**
 * One key of a capsule for one holder. The list stands outside the header and only grows: K_b wrapped again for a renewed certificate is one more entry,
 * and the entries before it stay.
 */
export const wrapSchema = z.discriminatedUnion('kind', [
  /** K_b for an encryption certificate of the bidder. */
  z.strictObject({ kind: z.literal('bidder'), id, certificateSm3: sm3Hex, wrapped }),
  /** K_o for the opening's key. */
  z.strictObject({ kind: z.literal('opening'), id, key: sm3Hex, wrapped }),
  /** A share of K_b for a recovery custodian's encryption certificate. */
  z.strictObject({ kind: z.literal('recovery'), id, custodian: id, certificateSm3: sm3Hex, wrapped }),
  /** K_b again, for a new encryption certificate, by the word of the old signing key over `text` (rewrap.ts). */
  z.strictObject({
    kind: z.literal('rewrap'),
    id,
    /** SM3 of the old encryption certificate. */
    old: sm3Hex,
    certificateSm3: sm3Hex,
    wrapped,
    text: z.string().max(2048),
    signature: binary(200),
    /** Base64 DER of the signing certificate beside the old encryption certificate. */
    signedBy: binary(24_000),
  }),
]);

export type Wrap = Readonly<z.infer<typeof wrapSchema>>;
export type WrapOf<K extends Wrap['kind']> = Extract<Wrap, { kind: K }>;

/** The wrapped key's bytes. */
export const wrappedBytes = (wrap: Wrap): Bytes => fromBase64(wrap.wrapped) ?? Buffer.alloc(0);

/** SM3 of the wrapped bytes, hex: how a receipt and a re-wrap name a wrap. */
export const wrapSm3 = (gm: Gm, wrap: Wrap): string => hex(gm.sm3(wrappedBytes(wrap)));

/** The wraps from which the bidder's half can be unwrapped, oldest first. */
export const bidderWraps = (wraps: readonly Wrap[]): (WrapOf<'bidder'> | WrapOf<'rewrap'>)[] =>
  wraps.filter((wrap): wrap is WrapOf<'bidder'> | WrapOf<'rewrap'> => wrap.kind === 'bidder' || wrap.kind === 'rewrap');

export const openingWrap = (wraps: readonly Wrap[]): WrapOf<'opening'> | undefined =>
  wraps.find((wrap): wrap is WrapOf<'opening'> => wrap.kind === 'opening');

export const recoveryWraps = (wraps: readonly Wrap[]): WrapOf<'recovery'>[] =>
  wraps.filter((wrap): wrap is WrapOf<'recovery'> => wrap.kind === 'recovery');
