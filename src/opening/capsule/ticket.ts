import { z } from 'zod';
import type { Gm, Sm2PrivateKey, Sm2PublicKey } from '#crypto/gm.ts';
import { fromBase64, fromHex } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import type { KeyModel } from './header.ts';
import { type SignedRecord, signRecord, verifyRecord } from './record.ts';

const schema = z
  .strictObject({
    type: z.literal('sealing-ticket'),
    v: z.literal(1),
    /** Public origin of the hub. */
    hub: z.string().min(1).max(200),
    opening: z.string().min(1).max(128),
    lot: z.string().min(1).max(128),
    /** UTC milliseconds. */
    opensAt: z.int().min(0),
    keyModel: z.enum(['bidder', 'joint', 'quorum']),
    /** The opening's public point, 130 hex; null for the key model `bidder`. */
    openingKey: z
      .string()
      .regex(/^04[0-9a-f]{128}$/)
      .nullable(),
    recovery: z
      .strictObject({
        threshold: z.int().min(2).max(32),
        custodians: z
          .array(
            z.strictObject({
              id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
              /** Base64 DER of the encryption certificate. */
              certificate: z.string().max(limits.certificateField),
            }),
          )
          .min(2)
          .max(32),
      })
      .nullable(),
    issuedAt: z.int().min(0),
  })
  .refine(({ keyModel, openingKey }) => (openingKey !== null) === (keyModel !== 'bidder'))
  .refine(({ keyModel, recovery }) => (recovery !== null) === (keyModel === 'quorum'))
  .refine(({ recovery }) => recovery === null || recovery.threshold <= recovery.custodians.length);

/** What is needed to seal for one lot of an opening, as the hub signs it. */
export type SealingTicket = z.infer<typeof schema>;
export type SignedTicket = SignedRecord<SealingTicket>;

/** A ticket whose signature and parts have been checked: the only thing capsules are sealed from. */
export interface TrustedTicket {
  readonly hub: string;
  readonly opening: string;
  readonly lot: string;
  readonly opensAt: number;
  readonly keyModel: KeyModel;
  readonly openingKey: Sm2PublicKey | null;
  readonly recovery: {
    readonly threshold: number;
    readonly custodians: readonly { readonly id: string; readonly certificate: Certificate }[];
  } | null;
}

export const signTicket = (gm: Gm, key: Sm2PrivateKey, ticket: SealingTicket): Promise<SignedTicket> =>
  signRecord(gm, key, ticket);

/** The ticket when one of the hub's keys (`trusted`, points in hex) signed it and its parts can be used; else undefined. */
export function readTicket(gm: Gm, value: unknown, trusted: readonly string[]): TrustedTicket | undefined {
  const signed = verifyRecord(gm, value, trusted);
  return signed === undefined ? undefined : readTicketRecord(gm, signed.record);
}

/** A ticket that came on a trusted road (our own tables, the sealer's stdin) and needs no signature. */
export function readTicketRecord(gm: Gm, record: unknown): TrustedTicket | undefined {
  const parsed = schema.safeParse(record);
  if (!parsed.success) return undefined;
  const { hub, opening, lot, opensAt, keyModel } = parsed.data;
  const openingKey = openingKeyOf(gm, parsed.data);
  const recovery = recoveryOf(gm, parsed.data);
  if (openingKey === undefined || recovery === undefined) return undefined;
  return { hub, opening, lot, opensAt, keyModel, openingKey, recovery };
}

function openingKeyOf(gm: Gm, { openingKey }: SealingTicket): Sm2PublicKey | null | undefined {
  return openingKey === null ? null : gm.sm2.importPublic(fromHex(openingKey) ?? Buffer.alloc(0));
}

/** undefined: a custodian's certificate cannot be read, has no SM2 key, or stands twice. */
function recoveryOf(gm: Gm, { recovery }: SealingTicket): TrustedTicket['recovery'] | undefined {
  if (recovery === null) return null;
  const custodians = recovery.custodians.flatMap(({ id, certificate }) => {
    const read = parseCertificate(gm, fromBase64(certificate) ?? Buffer.alloc(0));
    return read?.key.kind === 'sm2' ? [{ id, certificate: read }] : [];
  });
  const distinct = new Set(custodians.map(({ id }) => id)).size;
  const keys = new Set(custodians.map(({ certificate }) => certificate.fingerprint)).size;
  if (distinct !== recovery.custodians.length || keys !== distinct) return undefined;
  return { threshold: recovery.threshold, custodians };
}
