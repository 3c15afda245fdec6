import type { Journal } from '#audit/journal.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import type { Authorities } from '#drivers/repository.ts';
import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Keyring } from '#store/keys.ts';
import type { InteractionKind } from '#store/schema.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import type { Interaction } from './interaction.ts';
import { createPageTokens, type PageTokens } from './page-token.ts';
import { createInteractions, type Interactions } from './repository.ts';
import { createTurns, type Turns } from './turns.ts';

/** What every kind of page is made of. */
export interface PageDeps {
  readonly store: Store;
  readonly gm: Gm;
  readonly cipher: FieldCipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly journal: Journal;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  /** The hub's own public origin. */
  readonly publicUrl: string;
  /** Signs grants for the agent. */
  readonly signingKey: Sm2PrivateKey;
  /** After each commit that a page may see: wakes the live channel. */
  readonly publish: (interaction: string, version: number) => void;
}

/** One kind of question put to a person: what differs from kind to kind. */
export interface PageKind {
  readonly kind: InteractionKind;
  /** First segment of its page's path: `<public origin>/<path>/<page token>`. */
  readonly path: string;
  /** Told in the transaction that writes a cancel, an expiry, or a link that was given anew; for what the room keeps besides. */
  readonly changed?: (tx: Tx, interaction: Interaction, what: 'cancelled' | 'expired' | 'reopened') => Promise<void>;
}

/** A room's desk: it sees the interactions of its own kind alone, so that no page of one kind can act on another's. */
export interface PageRoom extends PageDeps, PageKind {
  readonly interactions: Interactions;
  readonly tokens: PageTokens;
  readonly turns: Turns;
}

export const createPageRoom = (deps: PageDeps, kind: PageKind): PageRoom => ({
  ...deps,
  ...kind,
  interactions: createInteractions(deps, kind.kind),
  tokens: createPageTokens(deps.gm, deps.keyring.derive('page-token')),
  turns: createTurns(),
});

/** Where this platform's people reach the hub (readings L55): origin of page, challenge and grant. */
export const pageOrigin = (room: Pick<PageRoom, 'publicUrl'>, platform: Platform): string =>
  platform.publicUrl ?? room.publicUrl;

/** The page's address under the present generation of its link. */
export const pageUrlOf = (room: PageRoom, platform: Platform, { id, generation }: Interaction): string =>
  `${pageOrigin(room, platform)}/${room.path}/${room.tokens.make({ interaction: id, generation })}`;

/** Both must still be active: a suspension holds from the next step on, also in the middle of it. */
export async function partiesOf(
  room: Pick<PageRoom, 'relyingParties'>,
  h: Handle,
  interaction: Pick<Interaction, 'unitId' | 'orgcode'>,
): Promise<Result<{ unit: Unit; platform: Platform }>> {
  const { unit, platform } = await room.relyingParties.parties(h, interaction.unitId, interaction.orgcode);
  if (unit?.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  if (platform?.status !== 'active')
    return refused(refusal('PLATFORM_UNKNOWN', { orgcode: interaction.orgcode }, 'platform suspended or removed'));
  return ok({ unit, platform });
}

/** Tells the live channel once the transaction stands. */
export function announce(room: Pick<PageRoom, 'publish'>, tx: Tx, interaction: Interaction): void {
  tx.afterCommit(() => room.publish(interaction.id, interaction.version));
}
