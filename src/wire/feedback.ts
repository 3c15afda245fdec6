import type { Gm } from '#crypto/gm.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Secret } from '#kernel/secret.ts';
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

/** Headers that say which delivery this is and prove the whole body; a receiver may ignore them (design 9). */
export function deliveryHeaders(
  gm: Gm,
  secret: Secret<string>,
  delivery: { id: string; stateVersion: number; timestamp: number; body: string },
): Record<string, string> {
  const { id, stateVersion, timestamp, body } = delivery;
  const signature = gm.hmacSm3(utf8(secret.reveal()), utf8(`${id}.${stateVersion}.${timestamp}.`), utf8(body));
  return {
    'content-type': 'application/json; charset=utf-8',
    'x-ca-delivery': id,
    'x-ca-state-version': String(stateVersion),
    'x-ca-timestamp': String(timestamp),
    'x-ca-signature': hex(signature),
  };
}
