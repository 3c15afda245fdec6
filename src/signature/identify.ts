import type { Authority } from '#drivers/authority.ts';
import type { Evidence } from '#drivers/contract.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce, pageOrigin, partiesOf } from '#interaction/page-room.ts';
import { consumeChallenge, prove, type SignedChallenge, type VerifiedIdentity } from '#interaction/proof.ts';
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
export async function judgeSigner(
  room: Room,
  interaction: Interaction,
  signed: SignedChallenge & Pick<Evidence, 'seals'>,
  road: KeptSigner['road'],
  authority?: Authority,
): Promise<Result<Interaction>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const { unit, platform } = parties.value;
  const consumed = await room.store.tx((tx) =>
    consumeChallenge(room, tx, interaction, pageOrigin(room, platform), 'sign'),
  );
  if (!consumed.ok) return consumed;
  const asked = { unit, allowNonGm: true, ...(authority !== undefined && { authority }) };
  const proved = await prove(room, consumed.value, signed, asked);
  const kept = proved.ok ? await keep(room, interaction, proved.value, road, signed.seals ?? []) : proved;
  if (!kept.ok) await recordRefusal(room, interaction, consumed.value.challenge.nonce, kept.refusal, road);
  return kept;
}

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

/** The page re-reads it after a reload, the mobile road learns it only so; the journal keeps the code. */
const recordRefusal = (
  room: Room,
  interaction: Interaction,
  nonce: string,
  why: Refusal,
  road: KeptSigner['road'],
): Promise<void> =>
  room.store.tx(async (tx) => {
    const row = await room.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, { refusal: why });
    await room.journal.append(tx, {
      kind: 'sign.evidence-refused',
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: { code: why.code, road },
    });
    if (row !== undefined) announce(room, tx, row);
  });
