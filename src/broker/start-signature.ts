import { HubError, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { signedFileForm } from '#relying-party/profile.ts';
import type { Signatures } from '#signature/signatures.ts';
import { readAttFile } from '#wire/att-file.ts';
import { readStartLocal, readStartSignature } from '#wire/signature-requests.ts';
import type { BrokerDeps } from './deps.ts';
import type { Freshness } from './freshness.ts';
import type { ProvenRequest } from './prove.ts';
import type { ProvenFile } from './receive-file.ts';

type SigningDeps = BrokerDeps & { readonly signatures: Pick<Signatures, 'stage' | 'startSignature' | 'startLocal'> };

/** No. 8: the document goes sealed to disk before anybody looks at it; the same request again is known by the document's SM3, for its IV differs. */
export async function startSignature(
  deps: SigningDeps,
  freshness: Freshness,
  { unit, members, proof, attFile }: ProvenFile,
): Promise<Result<JsonObject>> {
  const read = readStartSignature(members);
  if (!read.ok) return read;
  const { orgcode, hub, content, ...asked } = read.value;
  const stale = freshness(unit, hub);
  if (stale !== undefined) return refused(stale);
  const platform = await deps.relyingParties.platform(deps.store.read, unit.id, orgcode);
  if (platform?.status !== 'active') return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
  const fileKey = await deps.relyingParties.fileKey(deps.store.read, unit.id);
  if (fileKey === undefined) throw new HubError('INTERNAL', 'unit without a file key');
  const file = await readAttFile(deps.gm, unit.profile, fileKey, attFile());
  const staged = await deps.signatures.stage(file.content, limits.document);
  if (!staged.ok) return staged;
  const started = await deps.signatures.startSignature(unit, platform, {
    ...asked,
    content: { ...content, file: staged.value.sm3 },
    document: staged.value,
    answerAs: signedFileForm(unit.profile, file.form),
    ...(proof && { proof }),
  });
  return started.ok ? ok({ taskId: asked.taskId, signurl: started.value.pageUrl }) : started;
}

/**
 * No. 10: a page for a file that never leaves the person's hands but to be signed; onSignature follows only where the platform has registered an
 * address of its own for it (readings L40). No standBy is printed, so nothing can carry a time stamp and nonce.
 */
export async function startLocal(
  deps: SigningDeps,
  { unit, members, proof }: ProvenRequest,
): Promise<Result<JsonObject>> {
  const read = readStartLocal(members);
  if (!read.ok) return read;
  const { taskId, orgcode, content } = read.value;
  const platform = await deps.relyingParties.platform(deps.store.read, unit.id, orgcode);
  if (platform?.status !== 'active') return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
  const started = await deps.signatures.startLocal(unit, platform, {
    taskId,
    returnUrl: null,
    content,
    postBack: Object.hasOwn(platform.callbackPaths, 'onSignature'),
    answerAs: signedFileForm(unit.profile),
    ...(proof && { proof }),
  });
  return started.ok ? ok({ signurl: started.value.pageUrl }) : started;
}
