import type { Gm, Sm3Stream } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Secret } from '#kernel/secret.ts';
import { hmacSm3Stream } from './hmac-stream.ts';
import { signedMessage } from './message.ts';
import type { SignProfile } from './sign.ts';

/** What message 4 says, printed members first. */
export interface FeedbackResult {
  readonly orgcode: string;
  readonly caUnitId: string;
  readonly taskId: string;
  readonly signCertSn: string;
  readonly idNumber: string;
  /** Base64 DER, one line (readings L20); so is encCert. */
  readonly signCert: string;
  readonly encCert: string;
  readonly encCertSn: string;
  readonly unitName: string;
  readonly unitCode: string;
}

/** Ours, under `hub` of the extra member `standBy`. */
export interface FeedbackHub {
  /** Lower hex SM3 of the ticket's ASCII text: log in only the browser that brings that ticket to the return URL. */
  readonly ticketSm3: string;
  /** `2026-03-18T09:31:00.000Z`: not later than the hub itself takes the ticket. */
  readonly ticketExpires: string;
  /** Grows with each state of the task: an older message never overwrites a newer one. */
  readonly stateVersion: number;
  readonly userName: string;
  /** `2026-10-17 23:59:59`, Beijing. */
  readonly certEndTime: string;
  readonly caVendor: string;
  /** Marked messages of `unit test` only. */
  readonly test?: true;
}

/**
 * The body of feedbackResult: each printed member once, in printed order, `sign` by the unit's profile, then the extra member `standBy`: a
 * string (as standBy is everywhere) holding JSON `{"hub": …, "standBy": "<the caller's own text, verbatim>"}`; the inner `standBy` is
 * absent when startCheck had none (readings L12, L13, L48). `sign` covers `standBy` only under `allMembers`; X-Ca-Signature covers the body.
 */
export function feedbackBody(
  gm: Gm,
  profile: SignProfile,
  secret: Secret<string>,
  result: FeedbackResult,
  hub: FeedbackHub,
  callerStandBy: string | null,
): JsonObject {
  const standBy = JSON.stringify({ hub, ...(callerStandBy === null ? {} : { standBy: callerStandBy }) });
  return signedMessage(gm, profile, secret, 'feedbackResult', { ...result }, { standBy });
}

/** Which delivery a message is. */
export interface Delivery {
  readonly id: string;
  readonly stateVersion: number;
  /** UTC ms of this attempt. */
  readonly timestamp: number;
}

/** Headers that say which delivery this is and prove the whole body; a receiver may ignore them (design 9). */
export function deliveryHeaders(
  gm: Gm,
  secret: Secret<string>,
  { body, ...delivery }: Delivery & { readonly body: string },
): Record<string, string> {
  return headersOf(delivery, hex(deliveryProof(gm, secret, delivery).update(utf8(body)).digest()));
}

/** What makes the signature of those headers; the body is still to go through it. */
export const deliveryProof = (gm: Gm, secret: Secret<string>, { id, stateVersion, timestamp }: Delivery): Sm3Stream =>
  hmacSm3Stream(gm, utf8(secret.reveal())).update(utf8(`${id}.${stateVersion}.${timestamp}.`));

export const headersOf = ({ id, stateVersion, timestamp }: Delivery, signature: string): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'x-ca-delivery': id,
  'x-ca-state-version': String(stateVersion),
  'x-ca-timestamp': String(timestamp),
  'x-ca-signature': signature,
});
