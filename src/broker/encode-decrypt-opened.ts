import type { Encode } from '#delivery/dispatcher.ts';
import type { DecryptOpened, OpenedContent } from '#envelope/event.ts';
import { HubError } from '#kernel/errors.ts';
import { callbackUrl } from '#relying-party/party.ts';
import type { UnitProfile } from '#relying-party/profile.ts';
import { type DecryptMessage, decryptBody } from '#wire/decrypt.ts';
import { deliveryHeaders } from '#wire/feedback.ts';
import { interfaces } from '#wire/interfaces.ts';
import { decryptReplyLimit, type Echo, type PeerVerdict, readDecryptAnswer } from '#wire/peer-answer.ts';
import { type EncodeDeps, receiverOf } from './receiver.ts';

export interface DecryptEncodeDeps extends EncodeDeps {
  /** Profile `plaintext: memory-only`: what this process still holds of an item; undefined after a restart. */
  readonly held: (item: string) => Promise<OpenedContent | undefined>;
  /** A one-time address at which the trading system fetches an opened capsule's content. */
  readonly fileUrl: (file: { unitId: string; capsuleId: string }) => Promise<string>;
}

/** Messages remembered as sent once more for their echo; beyond it the oldest are forgotten and would be sent a third time. */
const REMEMBERED = 10_000;

/**
 * The outbox event `decrypt.opened` → message 7, decrypt, at the platform's address of this moment. Throws as `receiverOf` does, where a
 * content that was held in memory only is gone, and where the unit takes no files; tried again until the window ends.
 */
export function encodeDecryptOpened(deps: DecryptEncodeDeps): Encode<string> {
  const { gm, clock } = deps;
  const sentAgain = new Set<string>();
  return async ({ id, unitId, orgcode, stateVersion, body }) => {
    const { unit, platform, secret } = await receiverOf(deps, { unitId, orgcode });
    // Written by the envelope room in the same version of this program, and sealed since.
    const event = body as DecryptOpened;
    const message: DecryptMessage = {
      taskId: event.taskId,
      ...(await contentOf(deps, unitId, unit.profile, event)),
      encCert: event.encryptionCertificate,
      encCertSn: event.encryptionSerial,
      standBy: event.standBy,
    };
    const text = JSON.stringify(decryptBody(gm, unit.profile, secret, message));
    const strict = unit.profile.echo === 'strict';
    return {
      url: callbackUrl(platform, interfaces.decrypt.path),
      headers: deliveryHeaders(gm, secret, { id, stateVersion, timestamp: clock.now(), body: text }),
      body: text,
      privateRanges: platform.privateRanges,
      maxReply: decryptReplyLimit(message.decData),
      read: (status, reply) => {
        const { verdict, echo } = readDecryptAnswer(status, reply, message);
        const again = strict && echo !== 'same' && verdict === 'delivered' && !sentAgain.has(id);
        if (!again) return judge(verdict, echo);
        remember(sentAgain, id);
        return { retry: `echo ${echo}` };
      },
    };
  };
}

/** An echo that is missing or different is the platform's to explain, never a bidder's fault (readings L10). */
function judge(verdict: PeerVerdict, echo: Echo): PeerVerdict | { delivered: string } {
  return verdict === 'delivered' && echo !== 'same' ? { delivered: `echo ${echo}` } : verdict;
}

async function contentOf(
  deps: DecryptEncodeDeps,
  unitId: string,
  profile: UnitProfile,
  event: DecryptOpened,
): Promise<Pick<DecryptMessage, 'decData' | 'encoding'>> {
  const content = event.content.kind === 'held' ? await deps.held(event.item) : event.content;
  if (content === undefined || content.kind === 'held') {
    throw new HubError('TASK_ENDED', 'content was held in memory only and is gone');
  }
  switch (content.kind) {
    case 'text':
      return { decData: content.text, encoding: 'text' };
    case 'binary':
      return { decData: content.base64, encoding: 'base64' };
    case 'file': {
      if (!profile.capsuleFiles) throw new HubError('FILE_NOT_TAKEN', 'the profile takes no files by message 7');
      const { capsuleId, sm3, size } = content;
      const url = await deps.fileUrl({ unitId, capsuleId });
      return { decData: JSON.stringify({ capsuleId, sm3, size, url }), encoding: 'file' };
    }
  }
}

function remember(set: Set<string>, id: string): void {
  set.add(id);
  const [oldest] = set;
  if (set.size > REMEMBERED && oldest !== undefined) set.delete(oldest);
}
