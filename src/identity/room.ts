import type { Journal } from '#audit/journal.ts';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import type { Outbox } from '#delivery/outbox.ts';
import type { DriverHosts } from '#drivers/host.ts';
import type { Authorities } from '#drivers/repository.ts';
import type { Trust } from '#drivers/trust.ts';
import { isBoundTo } from '#interaction/browser.ts';
import { type Interaction, stateAt } from '#interaction/interaction.ts';
import { createPageTokens, type PageTokens } from '#interaction/page-token.ts';
import { createInteractions, type Interactions } from '#interaction/repository.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Logger } from '#kernel/log.ts';
import type { Random } from '#kernel/random.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { Keyring } from '#store/keys.ts';
import type { Handle, Store, Tx } from '#store/store.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { createTurns, type Turns } from './turns.ts';

export interface LoginDeps {
  readonly store: Store;
  readonly gm: Gm;
  readonly cipher: FieldCipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly relyingParties: RelyingParties;
  readonly authorities: Authorities;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
  readonly drivers: DriverHosts;
  /** The hub's own public origin. */
  readonly publicUrl: string;
  /** Signs grants for the agent. */
  readonly signingKey: Sm2PrivateKey;
  /** After each commit that a page may see: wakes the live channel. */
  readonly publish: (interaction: string, version: number) => void;
}

/** What the room's use cases share. */
export interface Room extends LoginDeps {
  readonly interactions: Interactions;
  readonly tokens: PageTokens;
  readonly ticketKey: Bytes;
  readonly turns: Turns;
}

export const createRoom = (deps: LoginDeps): Room => ({
  ...deps,
  interactions: createInteractions(deps),
  tokens: createPageTokens(deps.gm, deps.keyring.derive('page-token')),
  ticketKey: deps.keyring.derive('login-ticket'),
  turns: createTurns(),
});

/** Where this platform's people reach the hub (readings L55): origin of page, challenge and grant. */
export const pageOrigin = (room: Pick<Room, 'publicUrl'>, platform: Platform): string =>
  platform.publicUrl ?? room.publicUrl;

/** Both must still be active: a suspension holds from the next step on, also in the middle of a login. */
export async function partiesOf(
  room: Room,
  h: Handle,
  interaction: Interaction,
): Promise<Result<{ unit: Unit; platform: Platform }>> {
  const unit = await room.relyingParties.unit(h, interaction.unitId);
  if (unit?.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  const platform = await room.relyingParties.platform(h, interaction.unitId, interaction.orgcode);
  if (platform?.status !== 'active')
    return refused(refusal('PLATFORM_UNKNOWN', { orgcode: interaction.orgcode }, 'platform suspended or removed'));
  return ok({ unit, platform });
}

/** A page's call: which login, and what the browser holds (cookie, or claim secret where no cookie survives). */
export interface Visit {
  readonly interaction: string;
  readonly secret: string | null;
}

/** The interaction when this very browser is bound to it, in whatever state. */
export async function boundTo(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const interaction = await room.interactions.find(room.store.read, visit.interaction);
  if (interaction === undefined) return refused(refusal('LINK_INVALID'));
  if (isBoundTo(room.gm, interaction, visit.secret)) return ok(interaction);
  if (interaction.browserHash !== null) return refused(refusal('OTHER_BROWSER'));
  return refused(endForStranger(interaction, room.clock.now()) ?? refusal('LINK_SUPERSEDED'));
}

/** The same, and the person may still act: claimed and alive. */
export async function actingOn(room: Room, visit: Visit): Promise<Result<Interaction>> {
  const bound = await boundTo(room, visit);
  if (!bound.ok) return bound;
  return bound.value.state === 'claimed' && bound.value.expiresAt > room.clock.now()
    ? bound
    : refused(endOf(bound.value, room.clock.now()) ?? refusal('TASK_ENDED'));
}

/** Why nothing more can be done; undefined while something can. */
export function endOf(interaction: Interaction, now: number): Refusal | undefined {
  switch (stateAt(interaction, now)) {
    case 'open':
    case 'claimed':
    case 'proved':
    case 'succeeded':
      return undefined;
    case 'expired':
      return refusal('TASK_EXPIRED');
    case 'cancelled':
      return refusal('CANCELLED_BY_PERSON');
    case 'refused':
    case 'undelivered':
      return interaction.refusal ?? refusal('TASK_ENDED');
  }
}

/** The same for a browser that is not the login's own: that it is over, never how. */
export function endForStranger(interaction: Interaction, now: number): Refusal | undefined {
  const end = endOf(interaction, now);
  return end === undefined || end.code === 'TASK_EXPIRED' ? end : refusal('TASK_ENDED');
}

/** Tells the live channel once the transaction stands. */
export function announce(room: Room, tx: Tx, interaction: Interaction): void {
  tx.afterCommit(() => room.publish(interaction.id, interaction.version));
}
