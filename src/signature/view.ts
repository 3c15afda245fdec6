import type { Authority } from '#drivers/authority.ts';
import type { ShownExchange } from '#interaction/exchange-state.ts';
import type { Interaction } from '#interaction/interaction.ts';
import type { Certificate } from '#pki/certificate.ts';
import type { Platform } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import type { HeldSeal } from '#subscriber/seals/held-seal.ts';
import type { KeptDocument, MadeSignature, Prepared, SigningWords } from './signing.ts';

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
  readonly mobile: (ShownExchange & { readonly step: 'identify' | 'sign' }) | null;
  readonly delivery: { readonly attempt: number; readonly nextAt: number | null } | null;
  readonly next: { readonly kind: 'redirect'; readonly url: string } | { readonly kind: 'stay' } | null;
}
