import type { Gm } from '#crypto/gm.ts';
import type { Envelopes } from '#envelope/envelopes.ts';
import type { Presence } from '#http/presence.ts';
import type { Logins } from '#identity/logins.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { SealedFiles } from '#store/sealed-files.ts';
import type { Store } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';

/** What the trading systems' API is made of. */
export interface BrokerDeps {
  readonly store: Pick<Store, 'read'>;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly log: Logger;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'units' | 'liveSecrets' | 'platform' | 'fileKey'>;
  readonly subscribers: Pick<Subscribers, 'synchronise' | 'change'>;
  readonly logins: Pick<Logins, 'start' | 'status' | 'redeemTicket'>;
  readonly signing: {
    readonly signatures: Pick<Signatures, 'stage' | 'startSignature' | 'startLocal' | 'status'>;
    /** Where an attFile lies until its message is proved. */
    readonly files: Pick<SealedFiles, 'write' | 'open' | 'remove'>;
    /** How many of them lie there at the same time. */
    readonly presence: Presence;
  };
  /** Whether X-Forwarded-For says who calls. */
  readonly trustProxy: boolean;
  readonly envelopes: Pick<Envelopes, 'candidatesFor' | 'encrypt' | 'startDecrypt' | 'status'>;
}
