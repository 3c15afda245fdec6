import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromHex, hex } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';
import type { Certificate } from '#pki/certificate.ts';
import { commit, commits, labels } from './commitment.ts';
import type { CapsuleHeader } from './header.ts';
import { joinShares, splitSecret } from './shares.ts';
import type { TrustedTicket } from './ticket.ts';
import type { Wrap } from './wraps.ts';

/** Bytes of K_b, K_o and the DEK. */
export const KEY_BYTES = 16;

interface Dealt {
  /** To be wiped by the caller. */
  readonly dek: Bytes;
  readonly nonce: string;
  readonly commitments: CapsuleHeader['commitments'];
  readonly wraps: readonly Wrap[];
}

/** Fresh keys of one capsule: committed to, wrapped for their holders, and forgotten but for the DEK. */
export async function dealKeys(deal: {
  readonly gm: Gm;
  readonly random: Random;
  readonly ticket: TrustedTicket;
  readonly recipients: readonly Certificate[];
}): Promise<Dealt> {
  const { gm, random, ticket } = deal;
  const nonce = random.bytes(16);
  const kb = random.bytes(KEY_BYTES);
  const ko = ticket.openingKey === null ? null : random.bytes(KEY_BYTES);
  const dek = ko === null ? Buffer.from(kb) : xor(kb, ko);
  const wraps: Wrap[] = [];
  for (const [index, certificate] of deal.recipients.entries()) {
    const wrapped = base64(await gm.sm2.encrypt(sm2KeyOf(certificate), kb));
    wraps.push({ kind: 'bidder', id: `b${index + 1}`, certificateSm3: certificate.fingerprint, wrapped });
  }
  if (ko !== null && ticket.openingKey !== null) {
    const wrapped = base64(await gm.sm2.encrypt(ticket.openingKey, ko));
    wraps.push({ kind: 'opening', id: 'o', key: hex(gm.sm3(ticket.openingKey.point)), wrapped });
  }
  const recovery = await dealRecovery(deal, kb, nonce, wraps);
  const commitments = {
    dek: commit(gm, labels.dek, dek, nonce),
    kb: commit(gm, labels.kb, kb, nonce),
    ko: ko === null ? null : commit(gm, labels.ko, ko, nonce),
    recovery,
  };
  kb.fill(0);
  ko?.fill(0);
  return { dek, nonce: hex(nonce), commitments, wraps };
}

async function dealRecovery(
  { gm, ticket: { recovery } }: { gm: Gm; ticket: TrustedTicket },
  kb: Bytes,
  nonce: Bytes,
  wraps: Wrap[],
): Promise<CapsuleHeader['commitments']['recovery']> {
  if (recovery === null) return null;
  const shares = await splitSecret(kb, recovery.custodians.length, recovery.threshold);
  const committed: { custodian: string; sm3: string }[] = [];
  for (const [index, { id, certificate }] of recovery.custodians.entries()) {
    const share = shares[index] ?? Buffer.alloc(0);
    committed.push({ custodian: id, sm3: commit(gm, labels.recoveryShare(id), share, nonce) });
    const wrapped = base64(await gm.sm2.encrypt(sm2KeyOf(certificate), share));
    wraps.push({
      kind: 'recovery',
      id: `r${index + 1}`,
      custodian: id,
      certificateSm3: certificate.fingerprint,
      wrapped,
    });
    share.fill(0);
  }
  return { threshold: recovery.threshold, shares: committed };
}

function sm2KeyOf(certificate: Certificate): Sm2PublicKey {
  if (certificate.key.kind !== 'sm2') throw new RangeError('a capsule is wrapped to SM2 keys only');
  return certificate.key.publicKey;
}

const nonceOf = (header: CapsuleHeader): Bytes => fromHex(header.nonce) ?? Buffer.alloc(0);

export const isBidderKey = (gm: Gm, header: CapsuleHeader, kb: Bytes): boolean =>
  commits(gm, header.commitments.kb, labels.kb, kb, nonceOf(header));

export const isOpeningHalf = (gm: Gm, header: CapsuleHeader, ko: Bytes): boolean =>
  header.commitments.ko !== null && commits(gm, header.commitments.ko, labels.ko, ko, nonceOf(header));

/** Whether DEK, K_b and K_o are all what the header commits to; the first that is not is named. Keys are compared, never kept. */
export type Joined =
  | { readonly ok: true; readonly dek: Bytes }
  | { readonly ok: false; readonly wrong: 'kb' | 'ko' | 'dek' };

/** The DEK of both halves; `ko` is null for the key model `bidder` and for no other. */
export function joinKeys(gm: Gm, header: CapsuleHeader, kb: Bytes, ko: Bytes | null): Joined {
  if (!isBidderKey(gm, header, kb)) return { ok: false, wrong: 'kb' };
  if ((ko === null) !== (header.keyModel === 'bidder')) return { ok: false, wrong: 'ko' };
  if (ko !== null && !isOpeningHalf(gm, header, ko)) return { ok: false, wrong: 'ko' };
  const dek = ko === null ? Buffer.from(kb) : xor(kb, ko);
  return commits(gm, header.commitments.dek, labels.dek, dek, nonceOf(header))
    ? { ok: true, dek }
    : { ok: false, wrong: 'dek' };
}

export type Recovered =
  | { readonly ok: true; readonly kb: Bytes }
  /** Custodians whose share is not the committed one; empty when there are too few shares. */
  | { readonly ok: false; readonly wrong: readonly string[] };

/** K_b from the recovery custodians' shares (key model `quorum`); a bad share names its custodian and is left out. */
export async function recoverBidderKey(
  gm: Gm,
  header: CapsuleHeader,
  shares: readonly { readonly custodian: string; readonly share: Bytes }[],
): Promise<Recovered> {
  const { recovery } = header.commitments;
  if (recovery === null) return { ok: false, wrong: [] };
  const right = shares.filter(({ custodian, share }) => {
    const known = recovery.shares.find((one) => one.custodian === custodian);
    return known !== undefined && commits(gm, known.sm3, labels.recoveryShare(custodian), share, nonceOf(header));
  });
  const wrong = shares.filter((one) => !right.includes(one)).map(({ custodian }) => custodian);
  const kb = right.length < recovery.threshold ? undefined : await joinShares(right.map(({ share }) => share));
  return kb !== undefined && isBidderKey(gm, header, kb) ? { ok: true, kb } : { ok: false, wrong };
}

function xor(a: Bytes, b: Bytes): Bytes {
  const out = Buffer.alloc(a.length);
  for (let i = 0; i < a.length; i += 1) out[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return out;
}
