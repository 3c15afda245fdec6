import type { Encode } from '#delivery/dispatcher.ts';
import type { StreamedBody } from '#delivery/egress.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Random } from '#kernel/random.ts';
import { callbackUrl } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import { claimSignPath } from '#relying-party/sign-path-repository.ts';
import type { DocumentSigned } from '#signature/event.ts';
import type { OpenDocument } from '#signature/open-document.ts';
import type { Store } from '#store/store.ts';
import { attFileLength, writeAttFile } from '#wire/att-file.ts';
import { interfaces } from '#wire/interfaces.ts';
import { onSignatureBody } from '#wire/on-signature.ts';
import { readPeerAnswer } from '#wire/peer-answer.ts';
import { type EncodeDeps, receiverOf } from './receiver.ts';

export interface DocumentEncodeDeps extends EncodeDeps {
  readonly store: Pick<Store, 'read' | 'tx'>;
  readonly random: Random;
  readonly relyingParties: EncodeDeps['relyingParties'] & Pick<RelyingParties, 'fileKey'>;
  readonly signedDocument: (eventBody: JsonObject) => Promise<OpenDocument>;
}

const { path } = interfaces.onSignature;

/**
 * The outbox event `document.signed` → message 9, onSignature, at the platform's address of this moment. The document is read from its sealed files twice, once to prove
 * the message and once to send it, never held; each attempt encrypts it under a fresh IV. Throws as `receiverOf` does, and where the document is gone.
 */
export function encodeDocumentSigned(deps: DocumentEncodeDeps): Encode<StreamedBody> {
  const { gm, clock, random, store, relyingParties } = deps;
  return async ({ id, unitId, orgcode, stateVersion, body }) => {
    const { unit, platform, secret } = await receiverOf(deps, { unitId, orgcode });
    const fileKey = await relyingParties.fileKey(store.read, unitId);
    if (fileKey === undefined) throw new HubError('INTERNAL', 'unit without a file key');
    // Written by the signature room in the same version of this program, and sealed since.
    const event = body as DocumentSigned;
    const { taskId, standBy, answerAs, bytes } = event;
    const iv = random.bytes(16);
    const attFile = {
      length: attFileLength(answerAs, bytes),
      open: () => writeAttFile(gm, answerAs, fileKey, iv, contentOf(deps, body)),
    };
    const message = { caUnitId: unitId, taskId, orgcode, standBy, attFile };
    const delivery = { id, stateVersion, timestamp: clock.now() };
    const { headers, digest, ...written } = await onSignatureBody(gm, unit.profile, secret, message, delivery);
    // Whoever sees this message could hand it to startSignature, whose signed string is the same (readings L1).
    await store.tx((tx) => claimSignPath(tx, { unitId, digest, path, at: clock.now() }));
    return {
      url: callbackUrl(platform, path),
      headers,
      body: written.body,
      privateRanges: platform.privateRanges,
      timeoutMs: limits.documentCallback,
      read: readPeerAnswer,
    };
  };
}

async function* contentOf({ signedDocument }: DocumentEncodeDeps, event: JsonObject): AsyncIterable<Bytes> {
  const document = await signedDocument(event);
  try {
    yield* document.stream();
  } finally {
    await document.close();
  }
}
