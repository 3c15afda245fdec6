import { actingOn, type Visit } from '#interaction/visit.ts';
import { ok, type Result } from '#kernel/result.ts';
import { removeFiles } from './documents.ts';
import { namesOf } from './prepare.ts';
import { forgetFiles } from './repository.ts';
import type { Room } from './room.ts';
import { inTx, signingOf, write } from './write.ts';

/**
 * The person goes on in a window of its own: a frame's cookie does not reach there, so the claim is laid down, and whoever follows the fresh link first takes
 * it up. What is signed and what is placed stay; who he is has to be proved again, because a link may be followed by another person. Answers the page token.
 * Of two calls one wins, the other reads LINK_SUPERSEDED or DOCUMENT_CHANGED.
 */
export async function moveOut(room: Room, visit: Visit): Promise<Result<string>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const interaction = acting.value;
  const signing = await signingOf(room, interaction.id);
  const pending = namesOf(signing.prepared === null ? [] : [signing.prepared.revision.ref]);
  const moved = await inTx(room, async (tx, need) => {
    await forgetFiles(tx, pending);
    return need(
      await write(room, tx, {
        ...{ interaction, signing },
        set: { signer_sealed: null, prepared_id: null, prepared_sealed: null },
        change: {
          ...{ nextGeneration: true, state: 'open', browserHash: null },
          ...{ challenge: null, exchange: null, refusal: null },
        },
        journal: { kind: 'sign.moved', body: { generation: interaction.generation + 1 } },
      }),
    );
  });
  if (!moved.ok) return moved;
  await removeFiles(room, pending);
  const { id, generation } = moved.value;
  return ok(room.tokens.make({ interaction: id, generation }));
}
