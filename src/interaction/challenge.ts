import { hex } from '#kernel/bytes.ts';
import { isoUtc } from '#kernel/clock.ts';
import type { Random } from '#kernel/random.ts';

export type Purpose = 'login' | 'decrypt' | 'release' | 'sign' | 'rehearse';

/** What a key signs, before it is text. */
export interface Challenge {
  readonly purpose: Purpose;
  /** Public origin of the page, e.g. `https://hub.ca.example`. */
  readonly hub: string;
  readonly unitId: string;
  readonly orgcode: string;
  readonly interaction: string;
  /** 64 lower hex digits. */
  readonly nonce: string;
  /** UTC ms. */
  readonly expiresAt: number;
}

export const newNonce = (random: Random): string => hex(random.bytes(32));

/**
 * The one spelling (design 5): UTF-8, LF between the lines, none at the end. Purpose, origin, unit, platform and interaction stand in it, so that a
 * signature fetched for anything else is worth nothing here (T09).
 */
export const challengeText = (challenge: Challenge): string =>
  [
    'caihub/1',
    `purpose=${challenge.purpose}`,
    `hub=${challenge.hub}`,
    `unit=${challenge.unitId}`,
    `orgcode=${challenge.orgcode}`,
    `interaction=${challenge.interaction}`,
    `nonce=${challenge.nonce}`,
    `expires=${isoUtc(challenge.expiresAt)}`,
  ].join('\n');
