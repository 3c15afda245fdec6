import type { Tx } from '#store/store.ts';
import { prolong } from './repository-items.ts';
import type { Room } from './room.ts';

/** The decryption window of these capsules ends later: pages that wait for them live as long, and so do messages under way. In the extension's transaction. */
export async function windowMoved(room: Room, tx: Tx, capsules: readonly string[], endsAt: number): Promise<void> {
  await prolong(tx, capsules, endsAt, room.clock.now());
}
