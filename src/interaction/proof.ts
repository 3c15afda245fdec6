import type { Gm } from '#crypto/gm.ts';
import type { Authority } from '#drivers/authority.ts';
import type { Trust } from '#drivers/trust.ts';
import { type Bytes, fromBase64, utf8 } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, parseCertificate } from '#pki/certificate.ts';
import { oids } from '#pki/oids.ts';
import { checkSignature, type SignatureCheck } from '#pki/signature.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Store, Tx } from '#store/store.ts';
import type { EnrolledKey } from '#subscriber/find-for-login.ts';
import type { Subscribers } from '#subscriber/subscribers.ts';
import { type Challenge, challengeText, type Purpose } from './challenge.ts';
import type { Interaction } from './interaction.ts';
import { refusalOfJudgement } from './judgement.ts';
import type { Interactions } from './repository.ts';

/** Evidence, nothing more: what a page or a driver brought. */
export interface SignedChallenge {
  /** Base64 DER. */
  readonly certificate: string;
  /** Base64; any form of domain 1.1. */
  readonly signature: string;
  /** The text the driver says was signed; compared with the hub's own, never used in its place. */
  readonly text?: string;
}

declare const consumed: unique symbol;
/** A challenge that this very call took out of circulation; only `consumeChallenge` makes one. */
export interface ConsumedChallenge {
  readonly [consumed]: true;
  readonly challenge: Challenge;
}

declare const held: unique symbol;
/** Whose certificate signed, as the hub itself found out: nothing yet of enrolment. Only `proveHolder` makes one. */
export interface VerifiedHolder {
  readonly [held]: true;
  readonly challenge: Challenge;
  readonly authority: Authority;
  readonly certificate: Certificate;
}

declare const proved: unique symbol;
/** Who the person is, as the hub itself found out. Only `prove` makes one; nothing else in the hub may say who somebody is. */
export interface VerifiedIdentity {
  readonly [proved]: true;
  readonly challenge: Challenge;
  readonly authority: Authority;
  readonly key: EnrolledKey;
}

/**
 * Takes the interaction's present challenge out of circulation, whatever comes of the evidence: of any number of parallel calls one wins.
 * Refuses CHALLENGE_USED (used, replaced or killed meanwhile) and CHALLENGE_EXPIRED.
 */
export async function consumeChallenge(
  deps: { interactions: Interactions; clock: Clock },
  tx: Tx,
  interaction: Interaction,
  hub: string,
  purpose: Purpose = 'login',
): Promise<Result<ConsumedChallenge>> {
  const now = deps.clock.now();
  const { challenge } = interaction;
  if (challenge === null) return refused(refusal('CHALLENGE_EXPIRED'));
  const row = await deps.interactions.change(
    tx,
    interaction.id,
    { states: ['claimed'], nonce: challenge.nonce, challengeUsed: false, challengeLiveAt: now, liveAt: now },
    { challengeUsedAt: now },
  );
  if (row !== undefined)
    return ok({ challenge: challengeOf(interaction, challenge, hub, purpose) } as ConsumedChallenge);
  return refused(
    refusal(challenge.usedAt === null && challenge.expiresAt <= now ? 'CHALLENGE_EXPIRED' : 'CHALLENGE_USED'),
  );
}

/** The challenge as stored, in the words that are signed. */
export const challengeOf = (
  interaction: Interaction,
  stored: { nonce: string; expiresAt: number },
  hub: string,
  purpose: Purpose,
): Challenge => ({
  purpose,
  hub,
  unitId: interaction.unitId,
  orgcode: interaction.orgcode,
  interaction: interaction.id,
  nonce: stored.nonce,
  expiresAt: stored.expiresAt,
});

export interface ProofDeps {
  readonly gm: Gm;
  readonly store: Store;
  readonly trust: Trust;
  readonly subscribers: Subscribers;
}

/**
 * Evidence → proof of an enrolled person: `proveHolder`, and the certificate is enrolled and usable for this unit.
 * May wait for a vendor's CRL: never call it inside a transaction.
 */
export async function prove(
  deps: ProofDeps,
  consumed: ConsumedChallenge,
  signed: SignedChallenge,
  asked: { unit: Unit; authority?: Authority; allowNonGm?: boolean },
): Promise<Result<VerifiedIdentity>> {
  const holder = await proveHolder(deps, consumed, signed, asked.authority, asked.allowNonGm);
  if (!holder.ok) return holder;
  const { challenge, authority, certificate } = holder.value;
  const enrolled = await deps.subscribers.findForLogin(deps.store.read, asked.unit, certificate);
  if (!enrolled.ok) return enrolled;
  return ok({ challenge, authority, key: enrolled.value } as VerifiedIdentity);
}

/**
 * Evidence → proof of a certificate's holder. Checks, in this order: the text is the hub's own; the signature over it is the certificate's; chain,
 * usage, validity and status by the vendor's issuer key; the vendor is the one that was asked (`authority`). Enrolment is not asked: officers of an
 * opening are known by the certificate that stands in its announcement. `allowNonGm`: RSA keys too (a document's signer), by vendors whose manifest allows them. May wait for a vendor's CRL: never call it inside a transaction.
 */
export async function proveHolder(
  deps: Pick<ProofDeps, 'gm' | 'trust'>,
  { challenge }: ConsumedChallenge,
  signed: SignedChallenge,
  asked?: Authority,
  allowNonGm = false,
): Promise<Result<VerifiedHolder>> {
  const text = challengeText(challenge);
  if (signed.text !== undefined && signed.text !== text) return refused(refusal('CHALLENGE_WRONG'));

  const read = readEvidence(deps.gm, signed);
  if (!read.ok) return read;
  const { certificate, signature } = read.value;
  const checked = checkText(deps.gm, utf8(text), certificate, signature, allowNonGm);
  if (checked === 'algorithm-not-allowed') return refused(refusal('ALGORITHM_NOT_ALLOWED'));
  if (checked === 'bad') return refused(refusal('SIGNATURE_WRONG'));

  const judgement = await deps.trust.judge(certificate, 'sign', { requireStatus: true });
  if (judgement.verdict !== 'valid')
    return refused(refusalOfJudgement(judgement) ?? refusal('CHAIN_INVALID', {}, judgement.verdict));
  const { authority } = judgement;
  if (asked !== undefined && asked.id !== authority.id)
    return refused(refusal('AUTHORITY_REFUSED', { authority: asked.name, reason: '所用证书不是该机构签发。' }));
  return ok({ challenge, authority, certificate } as VerifiedHolder);
}

function checkText(
  gm: Gm,
  text: Bytes,
  certificate: Certificate,
  signature: Bytes,
  allowNonGm: boolean,
): SignatureCheck {
  if (certificate.key.kind === 'sm2')
    return gm.sm2.verify(certificate.key.publicKey, [text], signature) ? 'good' : 'bad';
  if (certificate.key.kind !== 'rsa') return 'algorithm-not-allowed';
  const signatureAlgorithm = { oid: oids.rsaSha256, parameters: null };
  return checkSignature(gm, { tbs: text, signatureAlgorithm, signature }, certificate, allowNonGm);
}

function readEvidence(gm: Gm, signed: SignedChallenge): Result<{ certificate: Certificate; signature: Bytes }> {
  const der = fromBase64(signed.certificate);
  const certificate = der === undefined ? undefined : parseCertificate(gm, der);
  if (certificate === undefined)
    return refused(refusal('CERTIFICATE_UNREADABLE', { field: 'certificate', label: '签名证书' }));
  const signature = fromBase64(signed.signature);
  if (signature === undefined || signature.length === 0) return refused(refusal('SIGNATURE_WRONG'));
  return ok({ certificate, signature });
}
