import type { Encode } from '#delivery/dispatcher.ts';
import type { LoginVerified } from '#identity/event.ts';
import { beijingDateTime, isoUtc } from '#kernel/clock.ts';
import { limits } from '#kernel/limits.ts';
import { callbackUrl } from '#relying-party/party.ts';
import { deliveryHeaders, feedbackBody } from '#wire/feedback.ts';
import { interfaces } from '#wire/interfaces.ts';
import { readPeerAnswer } from '#wire/peer-answer.ts';
import { type EncodeDeps, receiverOf } from './receiver.ts';

/**
 * The outbox event `login.verified` → message 4, feedbackResult, at the platform's address of this moment. Throws as
 * `receiverOf` does; tried again until the login ends.
 */
export function encodeLoginVerified(deps: EncodeDeps): Encode<string> {
  const { gm, clock } = deps;
  return async ({ id, unitId, orgcode, stateVersion, body }) => {
    const { unit, platform, secret } = await receiverOf(deps, { unitId, orgcode });
    const now = clock.now();
    // Written by identity in the same version of this program, and sealed since.
    const event = body as LoginVerified;
    const result = {
      orgcode,
      caUnitId: unitId,
      taskId: event.taskId,
      signCertSn: event.signSerial,
      idNumber: event.idNumber,
      signCert: event.signCertificate,
      encCert: event.encryptionCertificate,
      encCertSn: event.encryptionSerial,
      unitName: event.unitName,
      unitCode: event.unitCode,
    };
    const hub = {
      ticketSm3: event.ticketSm3,
      ticketExpires: isoUtc(now + limits.ticketLife),
      stateVersion,
      userName: event.userName,
      certEndTime: beijingDateTime(event.certificateEnds),
      caVendor: event.authorityName,
    };
    const text = JSON.stringify(feedbackBody(gm, unit.profile, secret, result, hub, event.standBy));
    return {
      url: callbackUrl(platform, interfaces.feedbackResult.path),
      headers: deliveryHeaders(gm, secret, { id, stateVersion, timestamp: now, body: text }),
      body: text,
      privateRanges: platform.privateRanges,
      read: readPeerAnswer,
    };
  };
}
