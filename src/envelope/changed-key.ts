import type { Tx } from '#store/store.ts';
import type { CertificateChange } from '#subscriber/workbench.ts';
import { unopenedFor } from './repository-ciphertexts.ts';
import type { Room } from './room.ts';

/** Ciphertexts older than that are nobody's worry any more: no tender waits so long. */
const WORRY_MS = 400 * 24 * 3600_000;

/**
 * changeCert took an encryption key out of use while ciphertexts to it have not been opened (readings L25; domain 5.2): what to warn of. A renewal that
 * keeps the pair of keys opens them as before and warns of nothing.
 */
export async function changedKey(room: Room, tx: Tx, change: CertificateChange): Promise<readonly string[]> {
  const next = change.next?.encryptionCertificateId;
  const same = next === undefined ? [] : await room.subscribers.sameKey(tx, next);
  const gone = change.retired.map((key) => key.encryptionCertificateId).filter((id) => !same.includes(id));
  const count = await unopenedFor(tx, gone, room.clock.now() - WORRY_MS);
  if (count === 0) return [];
  return [`有 ${count} 份密文只能用旧证书解密，请保留旧 UKey 至全部解密完成，或重新加密。`];
}
