import type { Tx } from '#store/store.ts';
import { keyIndexes } from '#subscriber/repository-holder.ts';
import type { CertificateChange } from '#subscriber/workbench.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/**
 * changeCert took a key away that closed capsules need (readings L25, domain 5.2). The unit that handed them in is told the number in its answer; any other unit is
 * told nothing, because it would learn that its customer bids elsewhere. The bidder's own side shows it on the page, the owner's on the capsule's facts.
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
  }
  const own = depending.filter((capsule) => capsule.owner_index === room.vault.index.owner(change.unitId)).length;
  if (own === 0) return [];
  return [`有 ${own} 份未开标文件只能用旧证书解密，请保留旧 UKey 至开标结束，或在截止前重新加密。`];
}
