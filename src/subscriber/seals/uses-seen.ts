import { LAST_INSTANT } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Handle } from '#store/store.ts';
import type { SealRoom } from './library.ts';
import * as rows from './repository.ts';
import { mayNot, type SealActor, unitOf } from './state.ts';

export interface RecordedUse {
  /** UTC ms. */
  readonly at: number;
  /** Last four of the serial of the certificate that used it. */
  readonly tail: string;
  /** Through which unit. */
  readonly unitId: string;
  readonly interactionId: string;
  /** SM3 of the document that resulted, lower hex. */
  readonly documentSm3: string;
  readonly places: number;
}

const PAGE = 100;

export async function usesSeen(
  room: SealRoom,
  h: Handle,
  actor: SealActor,
  id: string,
  before: number = LAST_INSTANT,
): Promise<Result<readonly RecordedUse[]>> {
  const row = await rows.sealById(h, id, unitOf(actor)?.id);
  if (row === undefined) return refused(refusal('SEAL_UNKNOWN'));
  const why = await mayNot(room, h, actor, row, 'audit');
  if (why !== null) return refused(why);
  const found = await rows.usesOf(h, id, before, PAGE);
  return ok(
    found.map((use) => ({
      ...{ at: use.at, tail: use.tail, unitId: use.unit_id, interactionId: use.interaction_id },
      ...{ documentSm3: use.document_sm3, places: use.places },
    })),
  );
}
