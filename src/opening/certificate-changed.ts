import type { Tx } from '#store/store.ts';
import { keyIndexes } from '#subscriber/repository-holder.ts';
import type { CertificateChange } from '#subscriber/workbench.ts';
import type { CapsuleRecord } from './capsules.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/**
 * changeCert took a key away that closed capsules need (readings L25, domain 5.2). The unit that handed them in is told the number in its answer; any other unit is
 * told nothing, because it would learn that its customer bids elsewhere: what it reported stands in the capsule's record, and its owner reads it in the capsule's
 * facts, without a word of who said so.
 */
export async function certificateChanged(room: Room, tx: Tx, change: CertificateChange): Promise<readonly string[]> {
  const ids = change.retired.map((key) => key.encryptionCertificateId);
  const next = change.next?.encryptionCertificateId;
  const keys = await keyIndexes(tx, next === undefined ? ids : [...ids, next]);
  const fresh = next === undefined ? undefined : keys.get(next);
  // A renewal that keeps the key pair opens everything as before.
  const gone = ids.flatMap((id) => keys.get(id) ?? []).filter((key) => key !== fresh);
  const waiting = await rows.sealedForKeys(tx, [...new Set(gone)]);
  const others = await rows.bidderKeysOf(
    tx,
    waiting.map((one) => one.id),
  );
  const depending = waiting.filter(({ id }) => fresh === undefined || !others.get(id)?.has(fresh));
  for (const capsule of depending) {
    await room.events.record(tx, {
      openingId: capsule.opening_id,
      kind: 'capsule.key-retired',
      actor: { kind: 'unit', id: change.unitId, name: '' },
      capsuleId: capsule.id,
      body: { change: change.change },
      secrecy: 'closed',
    });
    if (capsule.owner_index !== room.vault.index.owner(change.unitId)) await keepReport(room, tx, capsule.id, gone);
  }
  const own = depending.filter((capsule) => capsule.owner_index === room.vault.index.owner(change.unitId)).length;
  if (own === 0) return [];
  return [`有 ${own} 份未开标文件只能用旧证书解密，请保留旧 UKey 至开标结束，或在截止前重新加密。`];
}

async function keepReport({ vault, clock }: Room, tx: Tx, id: string, gone: readonly string[]): Promise<void> {
  const row = await rows.findCapsule(tx, id);
  if (row === undefined) return;
  const before = vault.open<CapsuleRecord>('capsule', id, 'record_sealed', row.record_sealed);
  const record: CapsuleRecord = { ...before, reported: [...new Set([...(before.reported ?? []), ...gone])] };
  const sealed = vault.seal('capsule', id, 'record_sealed', record);
  await rows.changeCapsule(tx, id, ['sealed'], { record_sealed: sealed, updated_at: clock.now() });
}
