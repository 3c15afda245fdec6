import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { challengeText, newNonce, type Purpose } from './challenge.ts';
import type { Interaction } from './interaction.ts';
import { announce, type PageRoom, pageOrigin, partiesOf } from './page-room.ts';
import { challengeOf } from './proof.ts';
import { actingOn, type Visit } from './visit.ts';

export interface IssuedChallenge {
  readonly text: string;
  readonly nonce: string;
  /** UTC ms. */
  readonly expiresAt: number;
}

/** A fresh challenge for the key road. The one before, and a mobile exchange under way, are over: one question at a time. */
export async function issueChallenge(
  room: PageRoom,
  visit: Visit,
  purpose: Purpose = 'login',
): Promise<Result<IssuedChallenge>> {
  const acting = await actingOn(room, visit);
  return acting.ok ? freshChallenge(room, acting.value, purpose) : acting;
}

/** Lives 5 minutes, and never longer than the interaction. */
export async function freshChallenge(
  room: PageRoom,
  interaction: Interaction,
  purpose: Purpose,
): Promise<Result<IssuedChallenge>> {
  const parties = await partiesOf(room, room.store.read, interaction);
  if (!parties.ok) return parties;
  const now = room.clock.now();
  const challenge = {
    nonce: newNonce(room.random),
    expiresAt: Math.min(now + limits.challengeLife, interaction.expiresAt),
  };
  const issued = await room.store.tx(async (tx) => {
    const row = await room.interactions.change(
      tx,
      interaction.id,
      { states: ['claimed'], generation: interaction.generation, liveAt: now },
      { challenge, exchange: null, refusal: null },
    );
    if (row !== undefined) announce(room, tx, row);
    return row;
  });
  if (issued === undefined) return refused(refusal('LINK_SUPERSEDED'));
  const text = challengeText(challengeOf(issued, challenge, pageOrigin(room, parties.value.platform), purpose));
  return ok({ text, ...challenge });
}
