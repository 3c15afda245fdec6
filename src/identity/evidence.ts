import type { Authority } from '#drivers/authority.ts';
import { type EvidenceRoad, judgeEvidence } from '#interaction/evidence.ts';
import type { Interaction } from '#interaction/interaction.ts';
import type { SignedChallenge } from '#interaction/proof.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import type { Result } from '#kernel/result.ts';
import { decide } from './decide.ts';
import type { Room } from './room.ts';

/** The key road: the page brings certificate and signature over the present challenge. */
export async function acceptEvidence(room: Room, visit: Visit, signed: SignedChallenge): Promise<Result<Interaction>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  return judgeLogin(room, acting.value, signed, 'key');
}

/** Evidence of either road, judged as every evidence is; a proved person is decided on as a login. */
export const judgeLogin = (
  room: Room,
  interaction: Interaction,
  signed: SignedChallenge,
  road: EvidenceRoad,
  authority?: Authority,
): Promise<Result<Interaction>> =>
  judgeEvidence(room, interaction, signed, {
    ...{ purpose: 'login', road, authority },
    decide: (identity) => decide(room, identity, road),
  });
