import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, equalBytes, fromBase64, hex } from '#kernel/bytes.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { commit, labels } from '../capsule/commitment.ts';
import { joinShares, splitSecret } from '../capsule/shares.ts';
import { nextJson, writeJson } from './frames.ts';
import type { Session } from './session.ts';

export const dealOrder = z.strictObject({
  opening: z.string().min(1).max(128),
  threshold: z.int().min(2).max(32),
  custodians: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
        /** Base64 DER. */
        certificate: z.string(),
        /** Who may stand in for him: the very same share is wrapped to their certificates too, so that a seat never has two. */
        deputies: z.array(z.string()).max(8).default([]),
      }),
    )
    .min(2)
    .max(32),
});

export const dealing = z.strictObject({
  /** The opening's public point, 130 hex. */
  openingKey: z.string().regex(/^04[0-9a-f]{128}$/),
  threshold: z.int(),
  /** 16 bytes, hex: of the shares' commitments. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  shares: z.array(
    z.strictObject({
      custodian: z.string(),
      certificateSm3: z.string(),
      /** The share (33 bytes) under the custodian's encryption certificate, GM/T 0009 DER, base64. */
      wrapped: z.string(),
      /** The same share under the deputies' certificates, in their order. */
      deputies: z.array(z.string()),
      /** Commitment of the share, hex. */
      sm3: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** An opening's key as the world sees it: the public point, and each custodian's share that only he can unwrap. */
export type Dealing = Readonly<z.infer<typeof dealing>>;
export type DealOrder = Readonly<z.input<typeof dealOrder>>;

/** Makes the opening's key pair and deals the private part out. It is whole for these few milliseconds and, after the release, in the opener; nowhere else. */
export async function serveDealer({ gm, random, frames, output }: Session): Promise<void> {
  const { opening, threshold, custodians } = dealOrder.parse(await nextJson(frames));
  const holders = custodians.map(({ id, certificate, deputies }) => ({
    id,
    certificate: readHolder(gm, certificate),
    deputies: deputies.map((text) => readHolder(gm, text)),
  }));
  const key = gm.sm2.generateKey();
  const secret = gm.sm2.exportPrivate(key);
  const shares = await splitSecret(secret, holders.length, threshold);
  await prove(shares, threshold, secret);
  const nonce = random.bytes(16);
  const dealt: Dealing['shares'] = await Promise.all(
    holders.map(async ({ id, certificate, deputies }, index) => {
      const share = shares[index] ?? Buffer.alloc(0);
      const wrapFor = async (holder: Certificate): Promise<string> => {
        if (holder.key.kind !== 'sm2') throw new Error('not an SM2 certificate');
        return base64(await gm.sm2.encrypt(holder.key.publicKey, share));
      };
      return {
        custodian: id,
        certificateSm3: certificate.fingerprint,
        wrapped: await wrapFor(certificate),
        deputies: await Promise.all(deputies.map(wrapFor)),
        sm3: commit(gm, labels.openingShare(opening, id), share, nonce),
      };
    }),
  );
  secret.fill(0);
  for (const share of shares) share.fill(0);
  const public_: Dealing = { openingKey: hex(key.publicKey.point), threshold, nonce: hex(nonce), shares: dealt };
  await writeJson(output, public_);
}

function readHolder(gm: Gm, text: string): Certificate {
  const certificate = parseCertificate(gm, fromBase64(text) ?? Buffer.alloc(0));
  if (certificate === undefined) throw new Error('unreadable certificate');
  return certificate;
}

/** Before anybody seals to this key: the first and the last `threshold` shares really give it back. */
async function prove(shares: readonly Bytes[], threshold: number, secret: Bytes): Promise<void> {
  for (const some of [shares.slice(0, threshold), shares.slice(-threshold)]) {
    const joined = await joinShares(some);
    if (joined === undefined || !equalBytes(joined, secret)) throw new Error('the shares do not join');
    joined.fill(0);
  }
}
