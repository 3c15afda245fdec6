import { hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Tx } from '#store/store.ts';
import { gateOf, refusalOfGate } from './gate.ts';
import type { Actor, Opening } from './opening.ts';
import { openingOf } from './read-opening.ts';
import { changeOpening, findOpening } from './repository.ts';
import { type Room, topicOf } from './room.ts';
import { wrongState } from './states.ts';

/**
 * The host begins: behind the gate only, and once. From here on the custodians may hand in their shares, wrapped for the release key that is made in this
 * moment and not before. With the key model `bidder` nothing is released and the window begins at once. NOT_YET_OPEN, TIME_DISTRUSTED, OPENING_STATE.
 */
export async function beginRelease(room: Room, tx: Tx, openingId: string, actor: Actor): Promise<Result<Opening>> {
  const { vault, gm } = room;
  const row = await findOpening(tx, openingId);
  if (row === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const opening = openingOf(vault, row);
  const gate = await gateOf(room.time, tx, opening);
  const closed = refusalOfGate(gate);
  if (closed !== undefined) return refused(closed);
  if (row.state !== 'announced') return refused(wrongState(row.state));
  const { now } = gate;
  const key = gm.sm2.generateKey();
  const sealed = vault.seal('opening', openingId, 'release_sealed', hex(gm.sm2.exportPrivate(key)));
  const release = { release_point: hex(key.publicKey.point), release_sealed: sealed, release_at: now };
  const change =
    opening.keyModel === 'bidder'
      ? { state: 'released' as const, release_at: now, released_at: now, window_ends_at: now + opening.windowMs }
      : { state: 'releasing' as const, ...release };
  const changed = await changeOpening(tx, openingId, ['announced'], change, now);
  if (changed === undefined) return refused(wrongState('releasing'));
  await room.events.record(tx, { openingId, kind: 'opening.begun', actor, secrecy: 'public' });
  tx.notify(topicOf(openingId));
  return ok(openingOf(vault, changed));
}
