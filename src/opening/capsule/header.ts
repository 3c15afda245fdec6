import { z } from 'zod';
import type { Bytes } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { canonicalJson, readCanonical } from './canonical.ts';
import { isPaddedLength } from './padding.ts';

/**
 * Who can open a capsule (design 8).
 * `bidder`  the bidder's key alone; that it stays closed until the opening is the hub's policy, not mathematics
 * `joint`   the bidder's key and the opening's key, which `t` custodians release
 * `quorum`  joint, and the bidder's half may be given back by a quorum of recovery custodians of another body
 * There is no model in which the opening's key is enough.
 */
export type KeyModel = 'bidder' | 'joint' | 'quorum';
/** Where the plaintext was when it was sealed: `client` = the hub never had it. */
export type SealedBy = 'client' | 'hub';

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is kept out
    .regex(/^[^\u0000-\u001f\u007f]*$/);
const sm3Hex = z.string().regex(/^[0-9a-f]{64}$/);
const custodianId = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);

const schema = z
  .strictObject({
    v: z.literal(1),
    /** Public origin of the hub, as in its challenges. */
    hub: text(200),
    opening: text(128),
    lot: text(128),
    /** The trading system's own mark of this bid. */
    task: text(limits.taskIdLength),
    /** The bidder's unified credit code (or number of an ID) as the trading system names him. */
    bidder: text(64),
    /** SM3 of the DER of the encryption certificate that the bidder's half is first wrapped to. */
    certificateSm3: sm3Hex,
    /** UTC milliseconds. No later change of the opening opens this capsule before it. */
    opensAt: z.int().min(0),
    keyModel: z.enum(['bidder', 'joint', 'quorum']),
    sealedBy: z.enum(['client', 'hub']),
    /** SM3 of the opening's 65-byte public point; null for the key model `bidder`. */
    openingKey: sm3Hex.nullable(),
    /** Bytes inside all chunks together, padding included. */
    padded: z
      .int()
      .refine(isPaddedLength)
      .refine((bytes) => bytes <= limits.capsulePadded),
    /** 16 bytes, hex: of every commitment below. */
    nonce: z.string().regex(/^[0-9a-f]{32}$/),
    commitments: z.strictObject({
      dek: sm3Hex,
      kb: sm3Hex,
      ko: sm3Hex.nullable(),
      /** Key model `quorum`: how many shares give K_b back, and each custodian's share. */
      recovery: z
        .strictObject({
          threshold: z.int().min(2).max(32),
          shares: z
            .array(z.strictObject({ custodian: custodianId, sm3: sm3Hex }))
            .min(2)
            .max(32),
        })
        .nullable(),
    }),
  })
  .refine(({ keyModel, openingKey, commitments: { ko, recovery } }) => {
    const joint = keyModel !== 'bidder';
    if ((openingKey !== null) !== joint || (ko !== null) !== joint) return false;
    return (recovery !== null) === (keyModel === 'quorum');
  })
  .refine(({ commitments: { recovery } }) => {
    if (recovery === null) return true;
    const names = new Set(recovery.shares.map(({ custodian }) => custodian));
    return names.size === recovery.shares.length && recovery.threshold <= recovery.shares.length;
  });

export type CapsuleHeader = Readonly<z.infer<typeof schema>>;

/** The bytes of a header: what SM3(header) is made of. */
export const writeHeader = (header: CapsuleHeader): Bytes => canonicalJson(header);

/** A header in its one spelling and with its parts agreeing with the key model; anything else is undefined. */
export function readHeader(bytes: Bytes): CapsuleHeader | undefined {
  const value = readCanonical(bytes, limits.capsuleHead);
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
