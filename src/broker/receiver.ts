import type { Gm } from '#crypto/gm.ts';
import type { OutboxEvent } from '#delivery/dispatcher.ts';
import type { Clock } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import type { Secret } from '#kernel/secret.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Store } from '#store/store.ts';

export interface EncodeDeps {
  readonly store: Pick<Store, 'read'>;
  readonly gm: Gm;
  readonly clock: Pick<Clock, 'now'>;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'platform' | 'liveSecrets'>;
}

/**
 * Whom an outbox event is for, as registered at this moment, and the secret that signs to it. Throws for a unit or platform that was suspended
 * meanwhile, so that the dispatcher tries again and an operator's correction still counts.
 */
export async function receiverOf(
  { store, relyingParties }: EncodeDeps,
  { unitId, orgcode }: Pick<OutboxEvent, 'unitId' | 'orgcode'>,
): Promise<{ unit: Unit; platform: Platform; secret: Secret<string> }> {
  const unit = await relyingParties.unit(store.read, unitId);
  if (unit?.status !== 'active') throw new HubError('UNIT_SUSPENDED', 'unit suspended or removed before delivery');
  const platform = await relyingParties.platform(store.read, unitId, orgcode);
  if (platform?.status !== 'active') {
    throw new HubError('PLATFORM_UNKNOWN', 'platform suspended or removed before delivery', { params: { orgcode } });
  }
  const [secret] = await relyingParties.liveSecrets(store.read, unitId);
  if (secret === undefined) throw new HubError('INTERNAL', 'unit without a live secret');
  return { unit, platform, secret };
}
