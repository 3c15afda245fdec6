import type { Authority } from '#drivers/authority.ts';
import { exchangeOf, type ShownExchange, shownExchange } from '#interaction/exchange-state.ts';
import { type Interaction, stateAt } from '#interaction/interaction.ts';
import { offered } from '#interaction/offered.ts';
import type { Platform } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import type { Room } from './room.ts';
import { liveTicket, returnAddress } from './ticket.ts';

/** What the page of one login shows; the edge turns it into its wire form. */
export interface LoginSnapshot {
  readonly interaction: Interaction;
  /** With an expiry the sweeper has not written yet. */
  readonly state: InteractionState;
  readonly now: number;
  /** undefined: removed meanwhile. */
  readonly platform: Platform | undefined;
  readonly authorities: readonly Authority[];
  readonly mobile: ShownExchange | null;
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

/** `bound`: false for a browser that is not the login's own; it learns that the login is finished and nothing else. */
export async function snapshot(room: Room, interaction: Interaction, bound: boolean): Promise<LoginSnapshot> {
  const { store, relyingParties, authorities, clock } = room;
  const now = clock.now();
  const state = stateAt(interaction, now);
  const platform = await relyingParties.platform(store.read, interaction.unitId, interaction.orgcode);
  const known = bound && state === 'claimed' ? await authorities.list(store.read) : [];
  return {
    interaction,
    state,
    now,
    platform,
    authorities: offered(room.drivers, known, 'auth'),
    mobile: bound && state === 'claimed' ? shownExchange(interaction, exchangeOf(interaction), now) : null,
    delivery: bound && state === 'proved' ? await deliveryOf(room, interaction) : null,
    next: state === 'succeeded' ? nextOf(room, interaction, platform, bound) : null,
  };
}

async function deliveryOf(room: Room, interaction: Interaction): Promise<LoginSnapshot['delivery']> {
  const row = await room.interactions.delivery(room.store.read, interaction.id);
  if (row === undefined) return null;
  return { attempt: Math.max(1, row.attempts), nextAt: row.dueAt > room.clock.now() ? row.dueAt : null };
}

/**
 * Only the bound browser, only after the trading system has taken the result, only while the ticket is good, only to a URL that is still registered
 * (T15); otherwise the page says that it is done.
 */
function nextOf(
  room: Room,
  interaction: Interaction,
  platform: Platform | undefined,
  bound: boolean,
): LoginSnapshot['next'] {
  const { returnUrl } = interaction;
  const ticket = bound ? liveTicket(room, interaction) : undefined;
  if (ticket === undefined || returnUrl === null) return { kind: 'stay' };
  if (platform?.returnUrls.includes(returnUrl) !== true) return { kind: 'stay' };
  return { kind: 'redirect', url: returnAddress(returnUrl, interaction.taskId, ticket) };
}
