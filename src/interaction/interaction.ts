import type { Refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import type { InteractionKind, InteractionState } from '#store/schema.ts';

/** One person asked one thing, as the domain sees the row: opened texts, no sealed columns. */
export interface Interaction {
  readonly id: string;
  readonly kind: InteractionKind;
  readonly unitId: string;
  readonly orgcode: string;
  readonly taskId: string;
  /** Keyed hash of the request's content. */
  readonly bodyIndex: string;
  /** 1, 2, …: tries of one taskId after failure, expiry or cancel (readings L31). */
  readonly attempt: number;
  readonly standBy: string | null;
  /** Exactly as registered; null: the page ends without a way back (readings L30). */
  readonly returnUrl: string | null;
  readonly state: InteractionState;
  readonly version: number;
  readonly generation: number;
  readonly browserHash: string | null;
  readonly challenge: { readonly nonce: string; readonly expiresAt: number; readonly usedAt: number | null } | null;
  readonly exchange: Json;
  readonly exchangeAuthority: string | null;
  readonly certificateId: string | null;
  readonly authorityId: string | null;
  readonly ticketUsedAt: number | null;
  readonly supportCode: string;
  /** Why it ended, or what was refused last. */
  readonly refusal: Refusal | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
}

/** Still waiting for its person. */
const WAITING = ['open', 'claimed'] as const satisfies readonly InteractionState[];
/** Ends after which the same taskId may be tried again. */
const FAILED = ['refused', 'undelivered', 'cancelled', 'expired'] as const satisfies readonly InteractionState[];

const oneOf = (states: readonly InteractionState[], state: InteractionState): boolean => states.includes(state);

export const isWaiting = (state: InteractionState): boolean => oneOf(WAITING, state);
export const hasFailed = (state: InteractionState): boolean => oneOf(FAILED, state);

/** The state a person or caller is told: the sweeper may not have written an expiry yet. */
export const stateAt = (interaction: Interaction, now: number): InteractionState =>
  isWaiting(interaction.state) && interaction.expiresAt <= now ? 'expired' : interaction.state;
