import type { Interaction } from '#interaction/interaction.ts';
import { partiesOf } from '#interaction/page-room.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform } from '#relying-party/party.ts';
import type { ControlOperation } from './operations.ts';
import { type ControlSession, sessionOf } from './repository.ts';
import type { Room } from './room.ts';

export interface Acting {
  readonly interaction: Interaction;
  readonly platform: Platform;
  readonly session: ControlSession;
}

/** The session of this very browser page, alive, its platform active, and `operation` among those it was opened for. */
export async function actingFor(room: Room, visit: Visit, operation?: ControlOperation): Promise<Result<Acting>> {
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const parties = await partiesOf(room, room.store.read, acting.value);
  if (!parties.ok) return parties;
  const session = await sessionOf(room.store.read, acting.value.id);
  if (session === undefined) return refused(refusal('LINK_INVALID'));
  if (operation !== undefined && !session.operations.includes(operation))
    return refused(refusal('CONTROL_NOT_ALLOWED'));
  return ok({ interaction: acting.value, platform: parties.value.platform, session });
}

/** Every use stands in the journal before the page is told: which operation, whose certificate by its tail, keyed digests; never a content. */
export const noteUse = (
  room: Room,
  { interaction, session }: Acting,
  what: 'signing' | 'signed' | 'encrypted' | 'opening' | 'verified',
  body: JsonObject,
): Promise<void> =>
  room.store.tx((tx) =>
    room.journal.append(tx, {
      kind: `control.${what}`,
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: { origin: session.origin, ...body },
    }),
  );
