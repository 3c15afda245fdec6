import type { Gm } from '#crypto/gm.ts';
import type { DecryptRequest, Encrypted, EncryptRequest, StartedDecrypt } from '#envelope/requests.ts';
import type { Logins } from '#identity/logins.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { Result } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Store } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';

/** What the trading systems' API is made of. */
export interface BrokerDeps {
  readonly store: Pick<Store, 'read'>;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly log: Logger;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'units' | 'liveSecrets' | 'platform'>;
  readonly subscribers: Pick<Subscribers, 'synchronise' | 'change'>;
  readonly logins: Pick<Logins, 'start' | 'status' | 'redeemTicket'>;
  readonly envelopes: EnvelopeDesk;
}

/** What this edge asks of the envelope room. */
export interface EnvelopeDesk {
  /** Ids of units that may have sent an encrypt without a name (readings L6), in groups, likeliest first: with this task, with this subject. */
  candidatesFor(
    request: Pick<EncryptRequest, 'taskId' | 'idNumber' | 'unitCode'>,
  ): Promise<readonly (readonly string[])[]>;
  encrypt(unit: Unit, request: EncryptRequest): Promise<Result<Encrypted>>;
  startDecrypt(unit: Unit, platform: Platform, request: DecryptRequest): Promise<Result<StartedDecrypt>>;
}
