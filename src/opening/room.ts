import type { Journal } from '#audit/journal.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import type { Trust } from '#drivers/trust.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Blobs } from '#store/blobs.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Store } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { createEvents, type Events } from './events.ts';
import type { NoteOfBid } from './notes.ts';
import type { OneShots } from './process/one-shots.ts';
import type { TimeTrust } from './time-trust.ts';
import { createVault, type Vault } from './vault.ts';

export interface OpeningDeps {
  readonly store: Store;
  readonly gm: Gm;
  readonly cipher: FieldCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly journal: Journal;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'liveSecrets' | 'platform'>;
  readonly trust: Pick<Trust, 'judge'>;
  readonly subscribers: Pick<Subscribers, 'holderOf' | 'findForEncryption'>;
  readonly blobs: Blobs;
  /** What must be whole for a moment is whole in a process of its own and nowhere else. */
  readonly processes: OneShots;
  readonly time: TimeTrust;
  readonly publicUrl: string;
  /** The hub's signing key: tickets, receipts, announcements. */
  readonly signingKey: Sm2PrivateKey;
  /** The hall's ear for what became known of a bid. */
  readonly note: NoteOfBid;
}

/** The same with what the room made of them; handed to every use case. */
export interface Room extends OpeningDeps {
  readonly vault: Vault;
  readonly events: Events;
}

export function createRoom(deps: OpeningDeps): Room {
  const vault = createVault(deps.gm, deps.cipher);
  return { ...deps, vault, events: createEvents({ ...deps, vault }) };
}

/** Topic on which the store tells every hub process that an opening has changed (a hint; the hall reads again). */
export const topicOf = (openingId: string): string => `opening.${openingId}`;

/** How a seat is named inside shares and commitments. */
export const seatName = (seat: number): string => `s${seat}`;
