import type { Authority } from '#drivers/authority.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce, pageOrigin, partiesOf } from '#interaction/page-room.ts';
import { consumeChallenge, prove, type SignedChallenge } from '#interaction/proof.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import type { Refusal } from '#kernel/errors.ts';
import type { Result } from '#kernel/result.ts';
import { decide, type Road } from './decide.ts';
import type { Room } from './room.ts';

/** The key road: the page brings certificate and signature over the present challenge. */
export async function acceptEvidence(room: Room, visit: Visit, signed: SignedChallenge): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  return judgeEvidence(room, acting.value, signed, 'key');
}

/**
 * Evidence of either road → decision. The challenge is consumed first, in a transaction of its own: a wrong signature burns the challenge but not the
 * login, and two hundred parallel tries get one verification. Then the slow part (CRL) outside any transaction, then `decide`.
 */
export async function judgeEvidence(
  room: Room,
  interaction: Interaction,
  signed: SignedChallenge,
  road: Road,
  authority?: Authority,
): Promise<Result<Interaction>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const { unit, platform } = parties.value;
  const consumed = await room.store.tx((tx) => consumeChallenge(room, tx, interaction, pageOrigin(room, platform)));
  if (!consumed.ok) return consumed;

  const asked = authority === undefined ? { unit } : { unit, authority };
  const proved = await prove(room, consumed.value, signed, asked);
  const decided = proved.ok ? await decide(room, proved.value, road) : proved;
  if (!decided.ok) await recordRefusal(room, interaction, consumed.value.challenge.nonce, decided.refusal, road);
  return decided;
}

/** The page re-reads it after a reload, the mobile road learns it only so; the journal keeps the code. */
async function recordRefusal(
  room: Room,
  interaction: Interaction,
  nonce: string,
  why: Refusal,
  road: Road,
): Promise<void> {
  await room.store.tx(async (tx) => {
    const row = await room.interactions.change(tx, interaction.id, { states: ['claimed'], nonce }, { refusal: why });
    await room.journal.append(tx, {
      kind: 'login.evidence-refused',
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: { code: why.code, road },
    });
    if (row !== undefined) announce(room, tx, row);
  });
}
