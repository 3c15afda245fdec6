import type { Authority } from '#drivers/authority.ts';
import type { Evidence } from '#drivers/contract.ts';
import { judgeEvidence } from '#interaction/evidence.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { partiesOf } from '#interaction/page-room.ts';
import type { SignedChallenge, VerifiedIdentity } from '#interaction/proof.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { base64 } from '#kernel/bytes.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { type Result, refused } from '#kernel/result.ts';
import { tailOf } from '#pki/certificate.ts';
import { nameOfSealed } from '#store/sealed-files.ts';
import type { EnrolledKey } from '#subscriber/find-for-login.ts';
import { maskId } from '#subscriber/mask.ts';
import { removeFiles } from './documents.ts';
import { forgetFiles } from './repository.ts';
import type { Room } from './room.ts';
import type { KeptSigner, SigningWords } from './signing.ts';
import { inTx, signingOf, write } from './write.ts';

/** The key road: the page brings certificate and signature over the present challenge. */
export async function identify(room: Room, visit: Visit, signed: SignedChallenge): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  return judgeSigner(room, acting.value, signed, 'key');
}

/**
 * Finds out who signs, as a login does: the challenge is spent first, then the slow part outside any transaction. What the proof allows is his seals and
 * his signatures on this page, until somebody else proves himself or the page ends.
 */
export const judgeSigner = (
  room: Room,
  interaction: Interaction,
  signed: SignedChallenge & Pick<Evidence, 'seals'>,
  road: KeptSigner['road'],
  authority?: Authority,
): Promise<Result<Interaction>> =>
  judgeEvidence(room, interaction, signed, {
    ...{ purpose: 'sign', road, authority, allowNonGm: true },
    decide: (identity) => keep(room, interaction, identity, road, signed.seals ?? []),
  });

async function keep(
  room: Room,
  interaction: Interaction,
  { authority, key, challenge }: VerifiedIdentity,
  road: KeptSigner['road'],
  seals: readonly string[],
): Promise<Result<Interaction>> {
  const signing = await signingOf(room, interaction.id);
  const admitted = admits(signing.words, key);
  if (admitted !== undefined) return refused(admitted);
  const signer: KeptSigner = {
    certificate: base64(key.signCertificate.der),
    certificateId: key.certificateId,
    authorityId: authority.id,
    ...{ road, seals },
  };
  const pending = signing.prepared === null ? [] : [signing.prepared.revision.ref];
  const kept = await inTx(room, async (tx, need) => {
    const { unit } = need(await partiesOf(room, tx, interaction));
    // Asked once more inside the transaction: a suspension or a cancelled key holds from its own commit on.
    if ((await room.authorities.find(tx, authority.id))?.status !== 'active')
      need(refused(refusal('AUTHORITY_SUSPENDED', { authority: authority.name })));
    need(await room.subscribers.findForLogin(tx, unit, key.signCertificate));
    const present = await room.interactions.find(tx, interaction.id);
    if (present?.challenge?.nonce !== challenge.nonce) need(refused(refusal('CHALLENGE_USED')));
    await forgetFiles(
      tx,
      pending.flatMap((ref) => nameOfSealed(ref) ?? []),
    );
    return need(
      await write(room, tx, {
        ...{ interaction, signing },
        set: { signer_sealed: room.vault.signer(interaction.id, signer), prepared_id: null, prepared_sealed: null },
        change: {
          ...{ exchange: null, refusal: null },
          ...{ certificateId: key.certificateId, authorityId: authority.id },
        },
        journal: {
          kind: 'sign.identified',
          body: { road, authority: authority.id, certificate: key.certificateId, tail: tailOf(key.signCertificate) },
        },
      }),
    );
  });
  if (kept.ok) await removeFiles(room, pending);
  return kept;
}

/** Whose key the trading system demands (readings L39); undefined: this one may sign. */
export function admits({ unitCode }: Pick<SigningWords, 'unitCode'>, { record }: EnrolledKey): Refusal | undefined {
  if (unitCode === null || spelt(record.unitCode) === spelt(unitCode)) return undefined;
  return refusal('SIGNER_OTHER_UNIT', { code: maskId(unitCode) });
}

const spelt = (code: string): string => code.replace(/[\s-]/g, '').toUpperCase();
