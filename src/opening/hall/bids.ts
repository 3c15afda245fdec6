import type { CapsuleState, CapsuleTable } from '#store/schema-opening.ts';
import type { Handle } from '#store/store.ts';
import type { CapsuleRecord } from '../capsules.ts';
import type { Lot } from '../opening.ts';
import { capsulesOf } from '../repository-capsules.ts';
import type { Hall } from './room.ts';

export interface BidFile {
  readonly capsuleId: string;
  readonly label: string;
  readonly taskId: string;
  readonly bytes: number;
  readonly version: number;
  readonly state: CapsuleState;
  readonly outcome: string | null;
  readonly sealedAt: number;
  readonly endedAt: number | null;
  readonly updatedAt: number;
  readonly sealedBy: 'client' | 'hub';
  readonly record: CapsuleRecord;
}

/** All that one bidder handed in for one lot: what the board shows as one row. */
export interface Bid {
  readonly id: string;
  readonly place: number;
  readonly lot: string;
  readonly bidder: string;
  readonly subscriberId: string;
  readonly authorityId: string;
  readonly files: readonly BidFile[];
}

const STATES: readonly CapsuleState[] = ['sealed', 'opened', 'failed', 'returned'];

interface Opened {
  readonly stamp: number;
  readonly record: CapsuleRecord;
  /** Of its bid. */
  readonly bid: string;
}

/** What a row says never changes under the same `updated_at`: opening it again costs a cipher and two MACs. */
const opened = new WeakMap<Hall, Map<string, Opened>>();
const MOST_KEPT = 20_000;

function openedOf(hall: Hall, row: CapsuleTable): Opened {
  const kept = opened.get(hall) ?? new Map<string, Opened>();
  opened.set(hall, kept);
  const known = kept.get(row.id);
  if (known?.stamp === row.updated_at) return known;
  const record = hall.room.vault.open<CapsuleRecord>('capsule', row.id, 'record_sealed', row.record_sealed);
  if (kept.size >= MOST_KEPT) kept.clear();
  const fresh = { stamp: row.updated_at, record, bid: bidId(hall, row.opening_id, record) };
  kept.set(row.id, fresh);
  return fresh;
}

/** Bids of an opening, by lot and time of receipt. The caller has asked the gate: before it nobody may even count them. */
export async function bidsOf(hall: Hall, h: Handle, openingId: string, lots: readonly Lot[]): Promise<Bid[]> {
  const files = new Map<string, BidFile[]>();
  for (const row of await capsulesOf(h, openingId, STATES)) {
    const { record, bid: id } = openedOf(hall, row);
    files.set(id, [...(files.get(id) ?? []), fileOf(row, record)]);
  }
  const order = new Map(lots.map((lot, index) => [lot.code, index]));
  const bids = [...files].flatMap(([id, own]) => {
    const first = [...own].sort((a, b) => a.sealedAt - b.sealedAt)[0];
    if (first === undefined) return [];
    const { lot, bidderName, bidder, subscriberId, authorityId } = first.record;
    const at = first.sealedAt;
    return [{ id, lot, bidder: bidderName || bidder, subscriberId, authorityId, files: own, at }];
  });
  bids.sort((a, b) => (order.get(a.lot) ?? 0) - (order.get(b.lot) ?? 0) || a.at - b.at || (a.id < b.id ? -1 : 1));
  return bids.map(({ at: _at, ...bid }, index) => ({ ...bid, place: index + 1 }));
}

/** Keyed: says nothing of who bids. */
const bidId = (hall: Hall, openingId: string, record: CapsuleRecord): string =>
  `bid_${hall.cipher.index('hall.bid', openingId, record.lot, record.subscriberId || record.bidder).slice(0, 26)}`;

const fileOf = (row: CapsuleTable, record: CapsuleRecord): BidFile => ({
  capsuleId: row.id,
  label: record.label || '投标文件',
  taskId: record.taskId,
  bytes: row.bytes,
  version: row.version,
  state: row.state,
  outcome: row.outcome,
  sealedAt: row.sealed_at,
  endedAt: row.ended_at,
  updatedAt: row.updated_at,
  sealedBy: record.sealedBy,
  record,
});
