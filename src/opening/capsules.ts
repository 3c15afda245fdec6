import { fromBase64 } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { CapsuleTable, CapsuleWrapTable } from '#store/schema-opening.ts';
import type { Handle } from '#store/store.ts';
import { type CapsuleHead, readHead } from './capsule/head.ts';
import type { SignedReceipt } from './capsule/receipt.ts';
import type { Wrap } from './capsule/wraps.ts';
import type { CapsuleState } from './opening.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/** Everything readable about a capsule; sealed in its row. */
export interface CapsuleRecord {
  readonly unitId: string;
  readonly orgcode: string;
  readonly taskId: string;
  readonly lot: string;
  /** As the header names him. */
  readonly bidder: string;
  /** As the certificate and the library name him. */
  readonly bidderName: string;
  readonly subscriberId: string;
  readonly authorityId: string;
  /** What people may call it; '' where the sealer said nothing. */
  readonly label: string;
  readonly standBy: string | null;
  /** SM3 of the whole capsule, lower hex. */
  readonly sm3: string;
  readonly sealedBy: 'client' | 'hub';
  /** Oldest first: sealing, replacement of what stood before, withdrawal, re-wraps. */
  readonly receipts: readonly SignedReceipt[];
  /** Keyed hashes of the bidder's keys that another unit has reported as replaced or cancelled since. */
  readonly reported?: readonly string[];
}

export interface WrapRecord {
  readonly wrap: Wrap;
  /** Base64 DER of the recipient's certificate; null where the hub does not have it (and for the opening's own key). */
  readonly certificate: string | null;
}

export interface Capsule {
  readonly id: string;
  readonly openingId: string;
  readonly version: number;
  readonly state: CapsuleState;
  readonly record: CapsuleRecord;
  readonly head: CapsuleHead;
  readonly blobId: string;
  readonly bytes: number;
  /** header.opensAt. */
  readonly opensAt: number;
  readonly sealedAt: number;
  /** Last verdict about its opening; null before. */
  readonly outcome: string | null;
  readonly endedAt: number | null;
}

export function capsuleOf({ gm, vault }: Room, row: CapsuleTable): Capsule {
  const head = readHead(gm, vault.openBytes('capsule', row.id, 'head_sealed', row.head_sealed));
  if (head === undefined) throw new HubError('INTERNAL', `head of capsule ${row.id} does not read any more`);
  return {
    id: row.id,
    openingId: row.opening_id,
    version: row.version,
    state: row.state,
    record: vault.open<CapsuleRecord>('capsule', row.id, 'record_sealed', row.record_sealed),
    head,
    blobId: row.blob_id,
    bytes: row.bytes,
    opensAt: row.opens_at,
    sealedAt: row.sealed_at,
    outcome: row.outcome,
    endedAt: row.ended_at,
  };
}

export const wrapOf = ({ vault }: Room, row: CapsuleWrapTable): WrapRecord =>
  vault.open<WrapRecord>('capsule_wrap', row.id, 'record_sealed', row.record_sealed);

/** All wraps of a capsule as they stand now, re-wraps included, oldest first. */
export async function wrapsOfCapsule(room: Room, h: Handle, capsuleId: string): Promise<WrapRecord[]> {
  const found = (await rows.wrapsOf(h, capsuleId)).map((row) => wrapOf(room, row));
  // Those of the capsule itself were written in one moment: in the order of the capsule, re-wraps behind.
  return found.sort((a, b) => rank(a.wrap) - rank(b.wrap));
}

const rank = (wrap: Wrap): number => ({ bidder: 0, opening: 1, recovery: 2, rewrap: 3 })[wrap.kind];

/** The bytes of one wrap, base64 in its record. */
export const wrappedOf = (wrap: Wrap): Uint8Array => fromBase64(wrap.wrapped) ?? Buffer.alloc(0);

/** Head and body again as one stream: the capsule as it came. */
export async function* capsuleBytes({ blobs }: Room, capsule: Capsule): AsyncGenerator<Uint8Array> {
  yield capsule.head.bytes;
  yield* blobs.open(capsule.blobId);
}
