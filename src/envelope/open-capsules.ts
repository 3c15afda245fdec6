import { openTask } from '#interaction/open-task.ts';
import { pageUrlOf } from '#interaction/page-room.ts';
import { ok, type Result } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import type { CapsuleItem } from './capsule-port.ts';
import { insertItems, type NewItem } from './insert-items.ts';
import type { StartedDecrypt } from './requests.ts';
import type { Room } from './room.ts';
import { capsuleItem } from './start.ts';

export interface CapsulesRequest {
  /** The caller's own name of this try; the same again gives a fresh link. */
  readonly taskId: string;
  /** Of one bidder, all open now. */
  readonly capsules: readonly CapsuleItem[];
}

/** A page for one bidder's capsules, begun from the hall and not by a trading system's startdecrypt. Each is told to its platform under its own taskId. */
export async function openCapsules(
  room: Room,
  unit: Unit,
  platform: Platform,
  { taskId, capsules }: CapsulesRequest,
): Promise<Result<StartedDecrypt>> {
  const items: NewItem[] = [];
  for (const capsule of capsules) items.push(await capsuleItem(room, unit, capsule));
  const ends = Math.min(...capsules.map(({ windowEnds }) => windowEnds));
  const opened = await openTask(room, {
    unit,
    platform,
    request: { taskId, standBy: null, returnUrl: null, content: { capsules: capsules.map((one) => one.capsuleId) } },
    expiresAt: () => ends,
    opened: (tx, interaction) => insertItems(room, tx, interaction, items),
  });
  return opened.ok ? ok({ interaction: opened.value.id, pageUrl: pageUrlOf(room, platform, opened.value) }) : opened;
}
