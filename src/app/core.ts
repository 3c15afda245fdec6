import { createJournal, type Journal } from '#audit/journal.ts';
import type { HubConfig } from '#config/config.ts';
import type { Gm } from '#crypto/gm.ts';
import { createGm } from '#crypto/provider.ts';
import { createEgress, type Egress } from '#delivery/egress.ts';
import { type Authorities, createAuthorities } from '#drivers/repository.ts';
import { createTrust, type Trust } from '#drivers/trust.ts';
import { type Clock, systemClock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import { type Random, systemRandom } from '#kernel/random.ts';
import { createSteadyClock } from '#kernel/steady-clock.ts';
import { createRelyingParties, type RelyingParties } from '#relying-party/relying-parties.ts';
import { createFieldCipher, type FieldCipher } from '#store/field-cipher.ts';
import { createKeyring, type Keyring } from '#store/keys.ts';
import { openStore, type Store } from '#store/store.ts';
import { createSeals, type SealLibrary } from '#subscriber/seals/library.ts';
import { createSubscribers, type Subscribers } from '#subscriber/subscribers.ts';
import type { OnCertificateChanged } from '#subscriber/workbench.ts';
import { sealMakersOf } from './believed.ts';

/** What every program over one hub's database shares: the hub itself and the admin commands beside it. */
export interface Core {
  readonly config: HubConfig;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly cipher: FieldCipher;
  readonly journal: Journal;
  readonly egress: Egress;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly seals: SealLibrary;
  /** Rooms that must learn of a changed key (changeCert) add themselves; asked in turn, inside the transaction. */
  readonly keyWatchers: OnCertificateChanged[];
  close(): Promise<void>;
}

/** Opens the database and everything that stands on it. `admin`: beside a running hub, without its lock. */
export async function openCore(config: HubConfig, log: Logger, options: { admin?: boolean } = {}): Promise<Core> {
  const clock = createSteadyClock(systemClock, (byMs) =>
    log.error({ alarm: 'clock', byMs }, 'the clock of this machine was set; the hub goes on counting without it'),
  );
  const random = systemRandom;
  const gm = createGm({ alarm: (message) => log.error({ alarm: 'crypto' }, message) });
  const store = await openStore(
    config.database.kind === 'sqlite'
      ? { ...config.database, admin: options.admin === true }
      : { kind: 'postgres', url: config.database.url, poolSize: config.database.poolSize },
    { log },
  );
  const keyring = createKeyring(gm, config.masterKeys);
  const cipher = createFieldCipher(gm, keyring, random);
  const journal = createJournal({ gm, clock });
  const egress = createEgress({ log, ...(config.extraCa !== undefined && { extraCa: config.extraCa }) });
  const relyingParties = createRelyingParties({ store, cipher, clock, random, mode: config.mode });
  const authorities = createAuthorities({ store, cipher, gm, clock });
  const trust = createTrust({ store, gm, authorities, egress, clock, log });
  const keyWatchers: OnCertificateChanged[] = [];
  const onCertificateChanged: OnCertificateChanged = async (tx, change) => {
    const warnings: string[] = [];
    for (const watcher of keyWatchers) warnings.push(...(await watcher(tx, change)));
    return warnings;
  };
  const deps = { store, cipher, gm, trust, journal, clock, random, onCertificateChanged };
  const subscribers = createSubscribers(deps);
  const seals = createSeals({ ...deps, sealMakers: sealMakersOf(config, gm) });
  return {
    config,
    gm,
    clock,
    random,
    log,
    store,
    keyring,
    cipher,
    journal,
    egress,
    relyingParties,
    authorities,
    trust,
    subscribers,
    seals,
    keyWatchers,
    close: () => store.close(),
  };
}
