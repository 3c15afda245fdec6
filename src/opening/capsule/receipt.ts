import { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { hex } from '#kernel/bytes.ts';
import type { CapsuleHeader, KeyModel, SealedBy } from './header.ts';
import { type SignedRecord, signRecord, verifyRecord } from './record.ts';
import type { Structure } from './structure.ts';
import { type Wrap, wrapSm3 } from './wraps.ts';

const sm3Hex = z.string().regex(/^[0-9a-f]{64}$/);
const name = (most: number) => z.string().min(1).max(most);

const schema = z.strictObject({
  type: z.literal('capsule-receipt'),
  v: z.literal(1),
  /** What was done with it: taken in, taken in place of an earlier version, withdrawn, or its bidder's half wrapped for a new certificate. */
  event: z.enum(['sealed', 'replaced', 'withdrawn', 'rewrapped']),
  hub: name(200),
  opening: name(128),
  lot: name(128),
  task: name(128),
  bidder: name(64),
  capsule: name(64),
  /** 1, 2, …: only the last version of a bid opens. */
  version: z.int().min(1),
  /** SM3 of the receipt before this one for the same bid (canonical JSON of its record); null for the first. */
  previous: sm3Hex.nullable(),
  /** UTC milliseconds, of the hub's clock. */
  at: z.int().min(0),
  opensAt: z.int().min(0),
  capsuleSm3: sm3Hex,
  bytes: z.int().min(1),
  headerSm3: sm3Hex,
  certificateSm3: sm3Hex,
  keyModel: z.enum(['bidder', 'joint', 'quorum']),
  sealedBy: z.enum(['client', 'hub']),
  /** Every wrap by SM3: one that fails at the opening is either this one or not the one that was handed in. */
  wraps: z.array(z.strictObject({ id: name(64), kind: name(16), sm3: sm3Hex })).max(64),
  /** In words, for people. */
  statement: z.string().max(500),
});

export type CapsuleReceipt = z.infer<typeof schema>;
export type SignedReceipt = SignedRecord<CapsuleReceipt>;

export interface ReceiptFacts {
  readonly event: CapsuleReceipt['event'];
  readonly capsule: string;
  readonly version: number;
  readonly previous: string | null;
  readonly at: number;
  readonly structure: Structure;
  /** All wraps at this moment, re-wraps included. */
  readonly wraps: readonly Wrap[];
}

/** The receipt of one capsule, signed by the hub's signing key. */
export function makeReceipt(gm: Gm, key: Sm2PrivateKey, facts: ReceiptFacts): Promise<SignedReceipt> {
  const { header, headerSm3 } = facts.structure.head;
  const { hub, opening, lot, task, bidder, opensAt, certificateSm3, keyModel, sealedBy } = header;
  return signRecord(gm, key, {
    type: 'capsule-receipt',
    v: 1,
    event: facts.event,
    hub,
    opening,
    lot,
    task,
    bidder,
    capsule: facts.capsule,
    version: facts.version,
    previous: facts.previous,
    at: facts.at,
    opensAt,
    capsuleSm3: facts.structure.sm3,
    bytes: facts.structure.bytes,
    headerSm3: hex(headerSm3),
    certificateSm3,
    keyModel,
    sealedBy,
    wraps: facts.wraps.map((wrap) => ({ id: wrap.id, kind: wrap.kind, sm3: wrapSm3(gm, wrap) })),
    statement: `${KEEPS_CLOSED[keyModel]}${SAW[sealedBy]}`,
  });
}

const KEEPS_CLOSED: Readonly<Record<KeyModel, string>> = {
  bidder: '本文件仅以投标人证书加密：开标前不被打开由平台的时间控制保证，不由密码学保证。',
  joint: '本文件须由投标人证书与开标密钥共同打开，开标密钥由托管人分别保管：开标前任何一方（包括平台）都不能单独打开。',
  quorum:
    '本文件须由投标人证书与开标密钥共同打开，开标密钥由托管人分别保管；投标人证书不能使用时，可由达到规定人数的恢复托管人代为恢复投标人一半密钥。开标前任何一方（包括平台）都不能单独打开。',
};
const SAW: Readonly<Record<SealedBy, string>> = {
  client: '密封在投标方完成，平台没有接触明文。',
  hub: '密封由平台的一次性进程完成，平台在密封时接触过明文。',
};

export type ReceiptCheck =
  | { readonly ok: true; readonly receipt: CapsuleReceipt }
  | { readonly ok: false; readonly fault: 'unreadable' | 'signature' | 'key' };

/**
 * Checks a receipt with nothing but the hub's public points (130 hex): no database, no network. `trusted` left out: the signature is checked, the key is
 * not, and the caller compares it with what the hub published.
 */
export function verifyReceipt(gm: Gm, value: unknown, trusted?: readonly string[]): ReceiptCheck {
  const record = z.looseObject({ record: schema, key: z.string() }).safeParse(value);
  if (!record.success) return { ok: false, fault: 'unreadable' };
  if (trusted !== undefined && !trusted.includes(record.data.key)) return { ok: false, fault: 'key' };
  if (verifyRecord(gm, value, trusted) === undefined) return { ok: false, fault: 'signature' };
  return { ok: true, receipt: record.data.record };
}

/** Which members of a receipt do not fit this capsule; none: it is the receipt of exactly these bytes. */
export function receiptMismatches(receipt: CapsuleReceipt, structure: Structure): readonly string[] {
  const header: CapsuleHeader = structure.head.header;
  const own = {
    capsuleSm3: structure.sm3,
    bytes: structure.bytes,
    headerSm3: hex(structure.head.headerSm3),
    hub: header.hub,
    opening: header.opening,
    lot: header.lot,
    task: header.task,
    bidder: header.bidder,
    opensAt: header.opensAt,
    certificateSm3: header.certificateSm3,
    keyModel: header.keyModel,
    sealedBy: header.sealedBy,
  } as const;
  return Object.entries(own).flatMap(([member, value]) =>
    receipt[member as keyof typeof own] === value ? [] : [member],
  );
}
