import type { Authority } from '#drivers/authority.ts';
import type { Refusal } from '#kernel/errors.ts';
import type { Result } from '#kernel/result.ts';
import type { Interaction } from './interaction.ts';
import { announce, type PageRoom, pageOrigin, partiesOf } from './page-room.ts';
import { consumeChallenge, type ProofDeps, prove, type SignedChallenge, type VerifiedIdentity } from './proof.ts';

/** By which road evidence came: the key at the PC, or the vendor (phone, page). */
export type EvidenceRoad = 'key' | 'mobile';

export interface Judging {
  /** What the challenge was for. */
  readonly purpose: 'login' | 'sign';
  readonly road: EvidenceRoad;
  /** The vendor that brought it, where one did. */
  readonly authority?: Authority | undefined;
  readonly allowNonGm?: boolean;
  /** The room's own decision over a proved person. */
  decide(identity: VerifiedIdentity): Promise<Result<Interaction>>;
}

/**
 * Evidence of either road → proof → decision. The challenge is consumed first, in a transaction of its own: a wrong signature burns the challenge but not the
 * interaction, and two hundred parallel tries get one verification. Then the slow part (CRL) outside any transaction, then `decide`.
 */
export async function judgeEvidence(
  room: PageRoom & ProofDeps,
  interaction: Interaction,
  signed: SignedChallenge,
  { purpose, road, authority, allowNonGm, decide }: Judging,
): Promise<Result<Interaction>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const { unit, platform } = parties.value;
  const hub = pageOrigin(room, platform);
  const consumed = await room.store.tx((tx) => consumeChallenge(room, tx, interaction, hub, purpose));
  if (!consumed.ok) return consumed;

  const asked = {
    unit,
    ...(authority !== undefined && { authority }),
    ...(allowNonGm !== undefined && { allowNonGm }),
  };
  const proved = await prove(room, consumed.value, signed, asked);
  const decided = proved.ok ? await decide(proved.value) : proved;
  if (!decided.ok) await recordRefusal(room, interaction, consumed.value.challenge.nonce, decided.refusal, road);
  return decided;
}

/** The page re-reads it after a reload, the mobile road learns it only so; the journal keeps the code. */
async function recordRefusal(
  room: PageRoom,
  interaction: Interaction,
  nonce: string,
  why: Refusal,
  road: EvidenceRoad,
): Promise<void> {
  await room.store.tx(async (tx) => {
    const row = await room.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, { refusal: why });
    await room.journal.append(tx, {
      kind: `${room.kind}.evidence-refused`,
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: { code: why.code, road },
    });
    if (row !== undefined) announce(room, tx, row);
  });
}
