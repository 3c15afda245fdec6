import type { Authority } from '#drivers/authority.ts';
import { exchangeOf, type ShownExchange, shownExchange } from '#interaction/exchange-state.ts';
import { type Interaction, stateAt } from '#interaction/interaction.ts';
import { offered } from '#interaction/offered.ts';
import { type Certificate, spkiFingerprint } from '#pki/certificate.ts';
import type { Platform } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import { certificateOf, type Item } from './item.ts';
import { offeredItems } from './load.ts';
import type { Room } from './room.ts';

/** What the page of one decryption shows; the edge turns it into its wire form. */
export interface DecryptSnapshot {
  readonly interaction: Interaction;
  /** With an expiry the sweeper has not written yet. */
  readonly state: InteractionState;
  readonly now: number;
  /** undefined: removed meanwhile. */
  readonly platform: Platform | undefined;
  /** Of the keys that are needed; where nothing is known of them, every active vendor. */
  readonly authorities: readonly Authority[];
  readonly items: readonly ShownItem[];
  readonly mobile: ShownExchange | null;
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

export interface ShownItem {
  readonly item: Item;
  readonly needed: readonly NeededKey[];
}

export interface NeededKey {
  readonly certificate: Certificate;
  readonly authority: Authority | undefined;
  readonly expired: boolean;
  readonly renewed: boolean;
}

/** `bound`: false for a browser that is not the interaction's own; it learns that it is finished and nothing else. */
export async function snapshot(room: Room, interaction: Interaction, bound: boolean): Promise<DecryptSnapshot> {
  const { store, relyingParties, authorities, clock } = room;
  const now = clock.now();
  const state = stateAt(interaction, now);
  const platform = await relyingParties.platform(store.read, interaction.unitId, interaction.orgcode);
  const known = bound ? await authorities.list(store.read) : [];
  const { own, siblings } = bound
    ? await offeredItems(room, store.read, interaction)
    : { own: [] as Item[], siblings: [] as Item[] };
  const acting = state === 'claimed';
  // Siblings are offered while something can be done here; those that were opened here stay shown.
  const shown = [...own, ...siblings.filter((item) => acting || item.openedBy === interaction.id)];
  const items = shown.map((item) => ({ item, needed: neededFor(room, item, known, now) }));
  return {
    interaction,
    state,
    now,
    platform,
    authorities: acting ? neededAuthorities(items, offered(room.drivers, known, 'crypto')) : [],
    items,
    mobile: bound && acting ? shownExchange(interaction, exchangeOf(interaction), now) : null,
    delivery: bound ? await deliveryOf(room, shown) : null,
    next: state === 'succeeded' ? nextOf(interaction, platform, bound) : null,
  };
}

/** One a public key, however many certificates and copies it has. */
function neededFor(room: Room, item: Item, known: readonly Authority[], now: number): NeededKey[] {
  if (!isWaiting(item)) return [];
  const needed = new Map<string, NeededKey>();
  for (const { known: recipient } of item.wraps) {
    const certificate = recipient === null ? undefined : certificateOf(room.gm, recipient);
    if (recipient === null || certificate === undefined) continue;
    needed.set(spkiFingerprint(room.gm, certificate), {
      certificate,
      authority: known.find(({ id }) => id === recipient.authorityId),
      expired: certificate.notAfter < now,
      renewed: recipient.retired,
    });
  }
  return [...needed.values()];
}

function neededAuthorities(items: readonly ShownItem[], active: readonly Authority[]): readonly Authority[] {
  const waiting = items.filter(({ item }) => isWaiting(item));
  if (waiting.some(({ needed }) => needed.length === 0)) return active;
  const ids = new Set(waiting.flatMap(({ needed }) => needed.map(({ authority }) => authority?.id)));
  return active.filter(({ id }) => ids.has(id));
}

const isWaiting = ({ state }: Item): boolean => state === 'waiting' || state === 'failed';

async function deliveryOf(room: Room, items: readonly Item[]): Promise<DecryptSnapshot['delivery']> {
  const under = items.find(({ state }) => state === 'opened');
  if (under === undefined) return null;
  const row = await room.interactions.delivery(room.store.read, under.interactionId);
  if (row === undefined) return null;
  return { attempt: Math.max(1, row.attempts), nextAt: row.dueAt > room.clock.now() ? row.dueAt : null };
}

/** Back to the trading system, to a URL that is still registered (T15). No ticket: a decryption proves nobody's identity. */
function nextOf(interaction: Interaction, platform: Platform | undefined, bound: boolean): DecryptSnapshot['next'] {
  const { returnUrl } = interaction;
  if (!bound || returnUrl === null || platform?.returnUrls.includes(returnUrl) !== true) return { kind: 'stay' };
  const url = new URL(returnUrl);
  url.searchParams.set('taskId', interaction.taskId);
  return { kind: 'redirect', url: url.href };
}
