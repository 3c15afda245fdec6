import { openTask, type TaskRequest } from '#interaction/open-task.ts';
import { pageUrlOf } from '#interaction/page-room.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { Room } from './room.ts';

export type LoginRequest = TaskRequest;

export interface StartedLogin {
  readonly interaction: string;
  /** `<public origin>/check/<page token>`; the only secret in it is the token. */
  readonly pageUrl: string;
}

/** startCheck: opens a login, or gives a fresh link to one that is under way (readings L31). */
export async function start(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: LoginRequest,
): Promise<Result<StartedLogin>> {
  const expiresAt = (): number => room.clock.now() + limits.loginLife;
  const opened = await openTask(room, { unit, platform, request, expiresAt });
  return opened.ok ? ok({ interaction: opened.value.id, pageUrl: pageUrlOf(room, platform, opened.value) }) : opened;
}
