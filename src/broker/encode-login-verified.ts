import type { Gm } from '#crypto/gm.ts';
import type { Encode } from '#delivery/dispatcher.ts';
import type { LoginVerified } from '#identity/event.ts';
import { beijingDateTime, type Clock, isoUtc } from '#kernel/clock.ts';
import { HubError } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { callbackUrl } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Store } from '#store/store.ts';
import { deliveryHeaders, feedbackBody } from '#wire/feedback.ts';
import { interfaces } from '#wire/interfaces.ts';
import { readPeerAnswer } from '#wire/peer-answer.ts';

export interface EncodeDeps {
  readonly store: Pick<Store, 'read'>;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'platform' | 'liveSecrets'>;
}

/**
 * The outbox event `login.verified` → message 4, feedbackResult, at the platform's address of this moment. A unit or platform that was
 * suspended meanwhile gets nothing: thrown, so that the dispatcher tries again until the login ends and an operator's correction still counts.
 */
export function encodeLoginVerified({ store, gm, clock, relyingParties }: EncodeDeps): Encode {
  return async ({ id, unitId, orgcode, stateVersion, body }) => {
    const unit = await relyingParties.unit(store.read, unitId);
    if (unit?.status !== 'active') throw new HubError('UNIT_SUSPENDED', 'unit suspended or removed before delivery');
    const platform = await relyingParties.platform(store.read, unitId, orgcode);
    if (platform?.status !== 'active') {
      throw new HubError('PLATFORM_UNKNOWN', 'platform suspended or removed before delivery', { params: { orgcode } });
    }
    const [secret] = await relyingParties.liveSecrets(store.read, unitId);
    if (secret === undefined) throw new HubError('INTERNAL', 'unit without a live secret');
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
