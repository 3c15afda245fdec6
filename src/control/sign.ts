import { refusalOfJudgement } from '#interaction/judgement.ts';
import type { Visit } from '#interaction/visit.ts';
import { type Bytes, base64, fromBase64, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, parseCertificate, tailOf } from '#pki/certificate.ts';
import { assembleDetached, attributesToSign, type DetachedPlan, digestFor } from '#pki/cms-detached.ts';
import { digest } from '#pki/digest.ts';
import { actingFor, noteUse } from './acting.ts';
import type { Room } from './room.ts';

/** The message is made in two steps and nothing is kept between them: the signature itself proves which attributes it is of. */
export interface SigningContent {
  readonly content: Bytes;
  /** Base64 DER of the certificate that signs. */
  readonly certificate: string;
}

export interface PreparedMessage {
  /** Base64 DER of the signed attributes: what the key signs. */
  readonly toSign: string;
  /** UTC ms, as the attributes say it; comes back with the signature. */
  readonly signingTime: number;
  /** SM3 of the content, lower hex, to be shown to the person. */
  readonly sm3: string;
}

/** What the key is to sign for this content. Refuses a certificate that may not sign now: nobody's PIN is asked for a worthless signature. */
export async function prepareMessage(
  room: Room,
  visit: Visit,
  { content, certificate: given }: SigningContent,
): Promise<Result<PreparedMessage>> {
  const acting = await actingFor(room, visit, 'sign');
  if (!acting.ok) return acting;
  const certificate = readSigner(room, given);
  if (!certificate.ok) return certificate;
  const why = refusalOfJudgement(await room.trust.judge(certificate.value, 'sign'));
  if (why !== undefined) return refused(why);
  const signingTime = Math.floor(room.clock.now() / 1000) * 1000;
  const sm3 = hex(room.gm.sm3(content));
  await noteUse(room, acting.value, 'signing', { tail: tailOf(certificate.value), content: indexOf(room, sm3) });
  const toSign = attributesToSign(room.gm, planOf(room, certificate.value, content, signingTime));
  return ok({ toSign: base64(toSign), signingTime, sm3 });
}

export interface SignedContentParts extends SigningContent {
  readonly signingTime: number;
  /** Base64: DER for SM2, the raw block for RSA. */
  readonly signature: string;
  /** Leave the content out of the message. */
  readonly detached: boolean;
}

/** The SignedData. SIGNATURE_WRONG: the signature is not of this certificate's key over what was prepared. */
export async function assembleMessage(
  room: Room,
  visit: Visit,
  parts: SignedContentParts,
): Promise<Result<{ readonly message: string }>> {
  const acting = await actingFor(room, visit, 'sign');
  if (!acting.ok) return acting;
  const certificate = readSigner(room, parts.certificate);
  if (!certificate.ok) return certificate;
  const signature = fromBase64(parts.signature);
  const { content, signingTime, detached } = parts;
  const late = Math.abs(room.clock.now() - signingTime) > limits.challengeLife;
  if (signature === undefined || !Number.isSafeInteger(signingTime)) return refused(refusal('SIGNATURE_WRONG'));
  if (late) return refused(refusal('CHALLENGE_EXPIRED'));
  const plan = planOf(room, certificate.value, content, signingTime);
  const made = assembleDetached(room.gm, plan, signature, {
    certificates: [],
    ...(detached ? {} : { content }),
  });
  if (!made.ok) return refused(refusal(made.fault === 'key' ? 'SIGNATURE_WRONG' : 'ALGORITHM_NOT_ALLOWED'));
  const sm3 = hex(room.gm.sm3(content));
  await noteUse(room, acting.value, 'signed', {
    tail: tailOf(certificate.value),
    content: indexOf(room, sm3),
    detached,
  });
  return ok({ message: base64(made.der) });
}

/** Keyed: a price is short enough to be found from its plain digest. */
const indexOf = (room: Room, sm3: string): string => room.cipher.index('control.content', sm3);

/** SM2 in the national spelling, everything else in RFC 5652's. */
function planOf({ gm }: Room, certificate: Certificate, content: Bytes, signingTime: number): DetachedPlan {
  const profile = certificate.key.kind === 'sm2' ? 'gbt35275Attributes' : 'rfc5652';
  return { certificate, digest: digest(gm, digestFor(certificate), content), signingTime, profile };
}

function readSigner({ gm }: Room, given: string): Result<Certificate> {
  const der = fromBase64(given);
  const certificate = der && parseCertificate(gm, der);
  return certificate === undefined
    ? refused(refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' }))
    : ok(certificate);
}
