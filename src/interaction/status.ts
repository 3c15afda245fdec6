import { refusal, sentence } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { InteractionState } from '#store/schema.ts';
import { stateAt } from './interaction.ts';
import type { PageRoom } from './page-room.ts';

/** What a trading system may know of its own task. Never who the person is: that travels in message 4 alone. */
export interface TaskStatus {
  readonly taskId: string;
  readonly orgcode: string;
  readonly state: InteractionState;
  readonly attempt: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  /** What the page shows to the person, when something was refused. */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly supportCode: string;
}

/** Scoped by unit in the look-up itself: another unit's task reads exactly as an unknown one (T44). */
export async function taskStatus(room: PageRoom, unit: Unit, taskId: string, of?: string): Promise<Result<TaskStatus>> {
  const interaction = await room.interactions.latest(room.store.read, unit.id, taskId, of);
  if (interaction === undefined) return refused(refusal('TASK_UNKNOWN'));
  const { refusal: why } = interaction;
  return ok({
    taskId,
    orgcode: interaction.orgcode,
    state: stateAt(interaction, room.clock.now()),
    attempt: interaction.attempt,
    createdAt: interaction.createdAt,
    expiresAt: interaction.expiresAt,
    endedAt: interaction.endedAt,
    error: why === null ? null : { code: why.code, message: sentence(why) },
    supportCode: interaction.supportCode,
  });
}
