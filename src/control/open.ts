import { openTask } from '#interaction/open-task.ts';
import { pageOrigin, pageUrlOf } from '#interaction/page-room.ts';
import { base64url } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { frameOrigins, type Platform, type Unit } from '#relying-party/party.ts';
import { type ControlOperation, controlOperations } from './operations.ts';
import { insertSession } from './repository.ts';
import type { Room } from './room.ts';

export interface ControlRequest {
  /** Origin of the page that will hold the control; one of the platform's registered ones. */
  readonly origin: string;
  /** Empty: all. */
  readonly operations: readonly ControlOperation[];
  /** The caller's own name of the session; null: made here. */
  readonly taskId: string | null;
}

export interface OpenedControl {
  readonly taskId: string;
  /** Address of the frame; the only one who may show it is `origin`. Good for one page: a reload needs a new one. */
  readonly frame: string;
  /** Where the page loads the SDK from, under the same public origin. */
  readonly hub: string;
  readonly operations: readonly ControlOperation[];
  /** UTC ms. */
  readonly expiresAt: number;
}

/** Opens a session of the certificate control for one page of one registered origin. CONTROL_ORIGIN_UNREGISTERED; the rest as `openTask`. */
export async function openControl(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: ControlRequest,
): Promise<Result<OpenedControl>> {
  const { origin } = request;
  if (!frameOrigins(platform).includes(origin)) return refused(refusal('CONTROL_ORIGIN_UNREGISTERED', { origin }));
  const operations = controlOperations.filter(
    (one) => request.operations.length === 0 || request.operations.includes(one),
  );
  const taskId = request.taskId ?? `control-${base64url(room.random.bytes(18))}`;
  const opened = await openTask(room, {
    unit,
    platform,
    request: { taskId, standBy: null, returnUrl: null, content: { origin, operations: [...operations] } },
    expiresAt: () => room.clock.now() + limits.controlLife,
    opened: (tx, interaction) => insertSession(tx, interaction.id, { origin, operations }),
  });
  if (!opened.ok) return opened;
  const { expiresAt } = opened.value;
  return ok({
    ...{ taskId, operations, expiresAt },
    frame: pageUrlOf(room, platform, opened.value),
    hub: pageOrigin(room, platform),
  });
}
