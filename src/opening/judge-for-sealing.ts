import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { HeldKey } from '#subscriber/find-holder.ts';
import type { CapsuleHeader } from './capsule/header.ts';
import type { Room } from './room.ts';

/**
 * The bidder's encryption certificate, judged at the moment of sealing (T28): what is sealed to a revoked, expired or unknown certificate is refused while it
 * can be mended. At the opening only possession of the key counts. May wait for a vendor: never in a transaction.
 */
export async function judgeForSealing(
  { subscribers, store, trust }: Room,
  unit: Unit,
  header: Pick<CapsuleHeader, 'bidder' | 'certificateSm3'>,
): Promise<Result<HeldKey>> {
  const holder = await subscribers.holderOf(store.read, unit, header.certificateSm3);
  if (holder === undefined) return refused(refusal('CAPSULE_CERTIFICATE', {}, 'not on record'));
  if (holder.retired) return refused(refusal('CAPSULE_CERTIFICATE', {}, 'superseded or cancelled'));
  const { unitCode } = holder.holder;
  if (unitCode !== '' && unitCode !== header.bidder)
    return refused(refusal('CAPSULE_MISMATCH', { reason: '投标人与加密证书的持有人不同' }));
  const judgement = await trust.judge(holder.certificate, 'encrypt', { requireStatus: false });
  return judgement.verdict === 'valid' ? ok(holder) : refused(refusal('CAPSULE_CERTIFICATE', {}, judgement.verdict));
}
