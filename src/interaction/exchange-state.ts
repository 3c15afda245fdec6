import type { Medium } from '#drivers/contract.ts';
import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import type { Interaction } from './interaction.ts';

/** A vendor's exchange under way, as it stands sealed in the interaction's row. */
export interface VendorExchange {
  /** `<interaction>.<16 hex>`: names the exchange at the vendor's callback door, opens nothing. */
  readonly exchange: string;
  /** The challenge this exchange was begun with; another present challenge means that it is over. */
  readonly nonce: string;
  /** The vendor's app on a phone, or the vendor's own page in the browser. */
  readonly medium: RemoteMedium;
  readonly digits: string;
  /** What the QR code says, or the page's address; '' until the vendor has given one. */
  readonly content: string;
  /** UTC ms. */
  readonly expiresAt: number;
  readonly status: ExchangeStatus;
  /** The driver's own, opaque. */
  readonly state: Json;
  /** The asking room's own, with what it needs to judge the answer. */
  readonly own: Json;
}

export type RemoteMedium = Exclude<Medium, 'key'>;
export type ExchangeStatus = 'waiting' | 'scanned' | 'cancelled' | 'expired' | 'failed';
const STATUSES: readonly string[] = ['waiting', 'scanned', 'cancelled', 'expired', 'failed'];

export const exchangeBody = (exchange: VendorExchange): JsonObject => ({ ...exchange });

/** The exchange of the present challenge; undefined when there is none. */
export function exchangeOf(interaction: Interaction): VendorExchange | undefined {
  const body = interaction.exchange;
  if (!isObject(body)) return undefined;
  const { exchange, nonce, medium, digits, content, expiresAt, status, state, own } = body;
  if (typeof exchange !== 'string' || typeof nonce !== 'string' || typeof digits !== 'string') return undefined;
  if (typeof content !== 'string' || typeof expiresAt !== 'number') return undefined;
  if (typeof status !== 'string' || !STATUSES.includes(status)) return undefined;
  if (interaction.challenge?.nonce !== nonce) return undefined;
  return {
    exchange,
    nonce,
    medium: medium === 'page' ? 'page' : 'mobile',
    digits,
    content,
    expiresAt,
    status: status as ExchangeStatus,
    state: state ?? null,
    own: own ?? null,
  };
}

export const isRunning = (exchange: VendorExchange): boolean =>
  exchange.status === 'waiting' || exchange.status === 'scanned';

/** The interaction that an exchange id names; undefined when it is not of our shape. */
export const interactionOfExchange = (exchange: string): string | undefined =>
  /^(int_[0-9a-z]{26})\.[0-9a-f]{16}$/.exec(exchange)?.[1];

/** What a page shows of an exchange. */
export type ShownExchange = VendorExchange & { readonly authority: string };

/** null until the vendor has given a code; one that has run out reads so before anybody has written it. */
export function shownExchange(
  interaction: Interaction,
  exchange: VendorExchange | undefined,
  now: number,
): ShownExchange | null {
  if (exchange === undefined || interaction.exchangeAuthority === null || exchange.content === '') return null;
  const status = isRunning(exchange) && exchange.expiresAt <= now ? 'expired' : exchange.status;
  return { ...exchange, status, authority: interaction.exchangeAuthority };
}
