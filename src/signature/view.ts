import type { Authority } from '#drivers/authority.ts';
import { exchangeOf, type ShownExchange, shownExchange } from '#interaction/exchange-state.ts';
import { type Interaction, stateAt } from '#interaction/interaction.ts';
import { offered } from '#interaction/offered.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import { type Step, stepOf } from './mobile.ts';
import { broughtBy, certificateOf } from './prepare.ts';
import type { Room } from './room.ts';
import {
  type KeptDocument,
  type KeptPlan,
  type KeptSigner,
  largestOf,
  type MadeSignature,
  type Prepared,
  type SigningWords,
} from './signing.ts';
import { signingOf } from './write.ts';

/** What the page of one signing shows; the edge turns it into its wire form. */
export interface SigningSnapshot {
  readonly interaction: Interaction;
  /** With an expiry the sweeper has not written yet. */
  readonly state: InteractionState;
  readonly now: number;
  /** undefined: removed meanwhile. */
  readonly platform: Platform | undefined;
  readonly authorities: readonly Authority[];
  readonly mode: SigningWords['mode'];
  /** Bytes of the largest file that may be brought here. */
  readonly largest: number;
  readonly wish: SigningWords['wish'];
  /** Whose key is demanded; null: anybody's. */
  readonly demanded: string | null;
  readonly document: (KeptDocument & { readonly version: number }) | null;
  readonly signer: {
    readonly certificate: Certificate;
    readonly authority: Authority;
    readonly road: 'key' | 'mobile';
  } | null;
  readonly seals: readonly HeldSeal[];
  readonly prepared: Prepared | null;
  readonly made: readonly MadeSignature[];
  /** null: nobody has proved himself. */
  readonly plan: { readonly revision: number; readonly kept: KeptPlan | null } | null;
  readonly mobile: (ShownExchange & { readonly step: Step }) | null;
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}

/** `bound`: false for a browser that is not the interaction's own; it learns that it is finished and nothing else. */
export async function snapshot(room: Room, interaction: Interaction, bound: boolean): Promise<SigningSnapshot> {
  const { store, relyingParties, authorities, clock } = room;
  const now = clock.now();
  const state = stateAt(interaction, now);
  const acting = bound && state === 'claimed';
  const platform = await relyingParties.platform(store.read, interaction.unitId, interaction.orgcode);
  const unit = await relyingParties.unit(store.read, interaction.unitId);
  const known = acting ? await authorities.list(store.read) : [];
  const { words, document, version, made, prepared, signer, plan } = await signingOf(room, interaction.id);
  const shown = bound && !['cancelled', 'expired'].includes(state);
  const authority = known.find(({ id }) => id === signer?.authorityId);
  const signs = acting && signer !== null && authority !== undefined;
  return {
    interaction,
    state,
    now,
    platform,
    authorities: offered(room.drivers, known, 'auth', 'seal'),
    mode: words.mode,
    largest: largestOf(words),
    wish: bound ? words.wish : null,
    demanded: bound ? words.unitCode : null,
    document: shown && document !== null ? { ...document, version } : null,
    signer: signs ? { certificate: certificateOf(room, signer), authority, road: signer.road } : null,
    seals: signs && unit !== undefined ? await sealsOf(room, unit, signer) : [],
    prepared: signs && prepared !== null && prepared.expiresAt > now ? prepared : null,
    made: shown ? made : [],
    plan: signs ? plan : null,
    mobile: acting ? mobileOf(interaction, now) : null,
    delivery: bound && state === 'proved' ? await deliveryOf(room, interaction) : null,
    next: state === 'succeeded' ? nextOf(interaction, platform, bound, words.mode) : null,
  };
}

async function sealsOf(room: Room, unit: Unit, signer: KeptSigner): Promise<readonly HeldSeal[]> {
  const certificate = certificateOf(room, signer);
  const kept = await room.seals.forSigner(room.store.read, unit, certificate);
  const brought = await broughtBy(room, unit, signer);
  return [...kept, ...brought.filter(({ id }) => !kept.some((one) => one.id === id))];
}

function mobileOf(interaction: Interaction, now: number): SigningSnapshot['mobile'] {
  const step = stepOf(interaction);
  const shown = shownExchange(interaction, exchangeOf(interaction), now);
  return step === undefined || shown === null ? null : { ...shown, step };
}

async function deliveryOf(room: Room, interaction: Interaction): Promise<SigningSnapshot['delivery']> {
  const row = await room.interactions.delivery(room.store.read, interaction.id);
  if (row === undefined) return null;
  return { attempt: Math.max(1, row.attempts), nextAt: row.dueAt > room.clock.now() ? row.dueAt : null };
}

/**
 * Back to the trading system, to a URL that is still registered (T15). No ticket: a signature logs nobody in. A file that the person has to take away
 * himself keeps him here.
 */
function nextOf(
  interaction: Interaction,
  platform: Platform | undefined,
  bound: boolean,
  mode: SigningWords['mode'],
): SigningSnapshot['next'] {
  const { returnUrl } = interaction;
  if (!bound || mode === 'local' || returnUrl === null) return { kind: 'stay' };
  if (platform?.returnUrls.includes(returnUrl) !== true) return { kind: 'stay' };
  const url = new URL(returnUrl);
  url.searchParams.set('taskId', interaction.taskId);
  return { kind: 'redirect', url: url.href };
}
