import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { PlacementWish } from '#signature/requests.ts';
import type { Members } from './members.ts';
import { readTaskId, textOf } from './requests.ts';
import { readStandBy, type StandByHub } from './stand-by.ts';

/** startSignature and startiframesign: printed members → what the signature room is asked. */

export interface SignatureMembers {
  readonly taskId: string;
  readonly orgcode: string;
  readonly standBy: string | null;
  readonly hub: StandByHub;
  readonly returnUrl: string | null;
  readonly name: string | null;
  readonly wish: PlacementWish | null;
  readonly unitCode: string | null;
  /** All that makes the request what it is but the file. */
  readonly content: JsonObject;
}

/** A document that somebody is to sign (readings L36, L38, L39); its file comes beside the members. */
export function readStartSignature(members: Members): Result<SignatureMembers> {
  const standBy = readStandBy(members, 'startSignature');
  if (!standBy.ok) return standBy;
  const task = readTaskId(members);
  if (!task.ok) return task;
  const [taskId, orgcode] = [task.value, textOf(members, 'orgcode')];
  const { text, hub, content } = standBy.value;
  const { keyword, page, x, y } = hub;
  const asked = Object.fromEntries(Object.entries({ keyword, page, x, y }).filter(([, value]) => value !== undefined));
  return ok({
    taskId,
    orgcode,
    standBy: text,
    hub,
    returnUrl: hub.returnUrl ?? null,
    name: hub.fileName ?? null,
    wish: Object.keys(asked).length === 0 ? null : asked,
    unitCode: hub.unitCode ?? null,
    content: { taskId, orgcode, standBy: content },
  });
}

/** A page on which somebody signs a file of his own; no standBy is printed for it (readings L40). */
export function readStartLocal(members: Members): Result<{ taskId: string; orgcode: string; content: JsonObject }> {
  const task = readTaskId(members);
  if (!task.ok) return task;
  const [taskId, orgcode] = [task.value, textOf(members, 'orgcode')];
  return ok({ taskId, orgcode, content: { taskId, orgcode } });
}
