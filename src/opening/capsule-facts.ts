import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SignedReceipt } from './capsule/receipt.ts';
import { capsuleOf, wrapsOfCapsule } from './capsules.ts';
import type { Outcome } from './open-capsule.ts';
import type { CapsuleState } from './opening.ts';
import { type RehearsalFact, rehearsals } from './rehearsal.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/** What the unit that handed a capsule in may know of it at any time. */
export interface CapsuleFacts {
  readonly capsuleId: string;
  readonly lot: string;
  readonly taskId: string;
  readonly version: number;
  readonly state: CapsuleState;
  readonly bytes: number;
  readonly sm3: string;
  readonly sealedAt: number;
  readonly opensAt: number;
  readonly receipts: readonly SignedReceipt[];
  readonly keys: readonly CapsuleKey[];
  /** Newest first. */
  readonly rehearsals: readonly RehearsalFact[];
  /** `rehearsed`: the key was here and works · `untried` · `at-risk`: no key that opens it is in use any more, and none was shown to be kept. */
  readonly willOpen: 'rehearsed' | 'untried' | 'at-risk';
  readonly outcome: Outcome | null;
}

export interface CapsuleKey {
  readonly wrap: string;
  readonly tail: string;
  readonly notAfter: number;
  readonly expired: boolean;
  /** Superseded or cancelled, by this unit's record or by another unit's report: the old key must be kept, or the capsule wrapped again. */
  readonly retired: boolean;
}

/** CAPSULE_UNKNOWN for everybody else's. */
export async function capsuleFacts(
  room: Room,
  unit: Unit,
  openingId: string,
  id: string,
): Promise<Result<CapsuleFacts>> {
  const { store, vault, clock, subscribers } = room;
  const row = await rows.findCapsule(store.read, id);
  if (row?.owner_index !== vault.index.owner(unit.id) || row.opening_id !== openingId)
    return refused(refusal('CAPSULE_UNKNOWN'));
  const capsule = capsuleOf(room, row);
  const now = clock.now();
  const keys: CapsuleKey[] = [];
  for (const { wrap, certificate: text } of await wrapsOfCapsule(room, store.read, id)) {
    if (text === null) continue;
    const certificate = vault.certificate(text);
    const holder = await subscribers.holderOf(store.read, unit, certificate.fingerprint);
    keys.push({
      wrap: wrap.id,
      tail: tailOf(certificate),
      notAfter: certificate.notAfter,
      expired: certificate.notAfter < now,
      retired: (holder?.retired ?? true) || capsule.record.reported?.includes(vault.index.key(certificate)) === true,
    });
  }
  const tried = await rehearsals(store.read, id);
  const good = tried.some((one) => one.verdict === 'good');
  return ok({
    capsuleId: id,
    lot: capsule.record.lot,
    taskId: capsule.record.taskId,
    version: capsule.version,
    state: capsule.state,
    bytes: capsule.bytes,
    sm3: capsule.record.sm3,
    sealedAt: capsule.sealedAt,
    opensAt: capsule.opensAt,
    receipts: capsule.record.receipts,
    keys,
    rehearsals: tried,
    willOpen: good ? 'rehearsed' : keys.every((key) => key.retired) ? 'at-risk' : 'untried',
    outcome:
      row.outcome_sealed === null ? null : vault.open<Outcome>('capsule', id, 'outcome_sealed', row.outcome_sealed),
  });
}

/** The same for who knows its own task and not the capsule's id: sealed by `encrypt`, or the answer to an upload was lost. The last version. CAPSULE_UNKNOWN. */
export async function bidFacts(
  room: Room,
  unit: Unit,
  openingId: string,
  bid: { readonly lot: string; readonly taskId: string },
): Promise<Result<CapsuleFacts>> {
  const slot = room.vault.index.slot(unit.id, openingId, bid.lot, bid.taskId);
  const row = await rows.newestOfSlot(room.store.read, slot);
  return row === undefined ? refused(refusal('CAPSULE_UNKNOWN')) : capsuleFacts(room, unit, openingId, row.id);
}
