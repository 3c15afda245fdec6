import { beijingDateTime } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import { announce } from './announce.ts';
import type { Actor, Opening, OpeningFile } from './opening.ts';
import { readFile } from './read-opening.ts';
import { changeOpening } from './repository.ts';
import { amendmentsOf } from './repository-events.ts';
import type { AmendmentRequest } from './request.ts';
import { type Room, topicOf } from './room.ts';
import { wrongState } from './states.ts';
import { ownOpening } from './ticket.ts';

/** By the trading system that announced it. OPENING_UNKNOWN and the refusals of `amendIn`. */
export async function amendOpening(
  room: Room,
  unit: Unit,
  openingId: string,
  request: AmendmentRequest,
): Promise<Result<OpeningFile>> {
  const own = await ownOpening(room, room.store.read, unit, openingId);
  if (!own.ok) return own;
  const actor = { kind: 'unit', id: unit.id, name: unit.name } as const;
  return room.store.tx((tx) => amendIn(room, tx, openingId, request, actor));
}

/**
 * A signed amendment in the caller's transaction. Times only ever move away: an opening moved forward would come before the time that sealed capsules carry, and a
 * refusal that depended on them would say that there are some. OPENING_STATE, OPENING_TIME_FIXED, OPENING_CLOSED, FIELD_INVALID.
 */
export async function amendIn(
  room: Room,
  tx: Tx,
  openingId: string,
  request: AmendmentRequest,
  actor: Actor,
): Promise<Result<OpeningFile>> {
  const before = await readFile(room.vault, tx, openingId);
  if (before === undefined) return refused(refusal('OPENING_UNKNOWN'));
  const now = room.clock.now();
  const times = timesOf(before.opening, request, now);
  const fault = faultOf(before.opening, times, now);
  if (fault !== undefined) return refused(fault);
  const { opensAt, closesAt, windowMs } = times;
  const change = { opens_at: opensAt, closes_at: closesAt, window_ms: windowMs };
  const changed = await changeOpening(tx, openingId, ['announced'], change, now);
  if (changed === undefined) return refused(wrongState(before.opening.state));
  const after: OpeningFile = { ...before, opening: { ...before.opening, ...times, version: changed.version } };
  const number = (await amendmentsOf(tx, openingId)).length + 1;
  await announce(room, tx, after, number, request.reason);
  await room.events.record(tx, {
    openingId,
    kind: opensAt > before.opening.opensAt ? 'opening.postponed' : 'opening.amended',
    actor,
    body: { number, reason: request.reason, from: before.opening.opensAt, ...times },
    secrecy: 'public',
  });
  tx.notify(topicOf(openingId));
  return ok(after);
}

type Times = Pick<Opening, 'opensAt' | 'closesAt' | 'windowMs'>;

/** Until the deadline is past it moves along with an opening that it was one moment with (招标投标法: both at the same time). */
function timesOf(opening: Opening, request: AmendmentRequest, now: number): Times {
  const opensAt = request.opensAt ?? opening.opensAt;
  const along = opening.closesAt === opening.opensAt && now < opening.closesAt ? opensAt : opening.closesAt;
  return { opensAt, closesAt: request.closesAt ?? along, windowMs: request.windowMs ?? opening.windowMs };
}

function faultOf(opening: Opening, times: Times, now: number): Refusal | undefined {
  if (opening.state !== 'announced') return wrongState(opening.state);
  if (times.opensAt < opening.opensAt)
    return refusal('OPENING_TIME_FIXED', { what: '开标时间', time: beijingDateTime(opening.opensAt) });
  if (times.closesAt < opening.closesAt)
    return refusal('OPENING_TIME_FIXED', { what: '投标截止时间', time: beijingDateTime(opening.closesAt) });
  if (times.closesAt !== opening.closesAt && now >= opening.closesAt)
    return refusal('OPENING_CLOSED', { time: beijingDateTime(opening.closesAt) });
  if (times.opensAt !== opening.opensAt && times.opensAt <= now)
    return refusal('FIELD_INVALID', { field: 'opensAt', label: '开标时间', reason: '应晚于现在' });
  if (times.closesAt > times.opensAt)
    return refusal('FIELD_INVALID', { field: 'closesAt', label: '投标截止时间', reason: '不能晚于开标时间' });
  return undefined;
}
