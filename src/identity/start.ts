import type { Interaction } from '#interaction/interaction.ts';
import { hasFailed, isWaiting, stateAt } from '#interaction/interaction.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { newId, newSupportCode } from '#kernel/ids.ts';
import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import { chooseReturnUrl } from '#relying-party/return-url.ts';
import { isUniqueViolation, type Tx } from '#store/store.ts';
import { announce, pageOrigin, type Room } from './room.ts';
import { expire } from './sweep.ts';

export interface LoginRequest {
  /** The caller's own name of the task: 1-128 printable characters without `&` and `=` (readings L31). */
  readonly taskId: string;
  readonly standBy: string | null;
  /** Wanted by `standBy.hub.returnUrl`; null: the platform's first registered one. */
  readonly returnUrl: string | null;
  /** Every member that makes this request what it is; a repeat must equal it. */
  readonly content: JsonObject;
}

export interface StartedLogin {
  readonly interaction: string;
  /** `<public origin>/check/<page token>`; the only secret in it is the token. */
  readonly pageUrl: string;
}

/**
 * Opens a login, or opens it anew (readings L31). The same request before the end: fresh URL; older URLs, the claim and the challenge of this task are
 * dead. After proof or success: fresh URL, but claim and proof stay, so that a repeat can never move a proved login to another browser
 * (CVE-2026-7507 shape). After failure, expiry, cancel: the next attempt. Other content: TASK_CONFLICT.
 */
export async function start(
  room: Room,
  unit: Unit,
  platform: Platform,
  request: LoginRequest,
): Promise<Result<StartedLogin>> {
  if (unit.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  if (platform.status !== 'active' || platform.unitId !== unit.id)
    return refused(refusal('PLATFORM_UNKNOWN', { orgcode: platform.orgcode }));
  if (!isTaskId(request.taskId))
    return refused(
      refusal('FIELD_INVALID', {
        field: 'taskId',
        label: '任务标识',
        reason: `应为 1 至 ${limits.taskIdLength} 个可见字符，不含“&”与“=”`,
      }),
    );
  const returnUrl = chooseReturnUrl(platform, request.returnUrl ?? undefined);
  if (!returnUrl.ok) return returnUrl;

  // Each round lost was won by a parallel request of the same task, so a few rounds always end.
  for (let round = 0; round < 20; round += 1) {
    const opened = await openOnce(room, { unit, platform, request, returnUrl: returnUrl.value });
    if (opened === 'again') continue;
    if (!opened.ok) return opened;
    const { id, generation } = opened.value;
    const token = room.tokens.make({ interaction: id, generation });
    return ok({ interaction: id, pageUrl: `${pageOrigin(room, platform)}/check/${token}` });
  }
  throw new HubError('SERVICE_BUSY', 'startCheck lost twenty races of one task', { params: { seconds: '1' } });
}

interface Opening {
  readonly unit: Unit;
  readonly platform: Platform;
  readonly request: LoginRequest;
  readonly returnUrl: string | null;
}

async function openOnce(room: Room, opening: Opening): Promise<Result<Interaction> | 'again'> {
  try {
    return await room.store.tx(async (tx) => {
      const latest = await room.interactions.latest(tx, opening.unit.id, opening.request.taskId);
      if (latest === undefined) return ok(await open(room, tx, opening, 1));
      const content = room.interactions.contentIndex(canonical(opening.request.content));
      if (latest.bodyIndex !== content) return refused(refusal('TASK_CONFLICT', { taskId: opening.request.taskId }));
      if (!hasFailed(stateAt(latest, room.clock.now()))) return reopen(room, tx, latest);
      if (isWaiting(latest.state) && !(await expire(room, tx, latest.id))) return 'again';
      return ok(await open(room, tx, opening, latest.attempt + 1));
    });
  } catch (error) {
    if (isUniqueViolation(error)) return 'again';
    throw error;
  }
}

async function open(room: Room, tx: Tx, opening: Opening, attempt: number): Promise<Interaction> {
  const { unit, platform, request, returnUrl } = opening;
  const interaction = await room.interactions.insert(tx, {
    id: newId('int', room.random),
    unitId: unit.id,
    orgcode: platform.orgcode,
    taskId: request.taskId,
    content: canonical(request.content),
    attempt,
    standBy: request.standBy,
    returnUrl,
    supportCode: newSupportCode(room.random),
    expiresAt: room.clock.now() + limits.loginLife,
  });
  await room.journal.append(tx, {
    kind: 'login.started',
    unitId: unit.id,
    interactionId: interaction.id,
    body: { orgcode: platform.orgcode, attempt },
  });
  return interaction;
}

/** A fresh link for the same task; what a person had begun under the old one is over, what was proved is not. */
async function reopen(room: Room, tx: Tx, latest: Interaction): Promise<Result<Interaction> | 'again'> {
  const waiting = isWaiting(latest.state);
  const renewed = await room.interactions.change(
    tx,
    latest.id,
    waiting ? { states: ['open', 'claimed'], liveAt: room.clock.now() } : { states: ['proved', 'succeeded'] },
    waiting
      ? {
          nextGeneration: true,
          state: 'open',
          browserHash: null,
          challenge: null,
          exchange: null,
          refusal: null,
          expiresAt: room.clock.now() + limits.loginLife,
        }
      : { nextGeneration: true },
  );
  if (renewed === undefined) return 'again';
  await room.journal.append(tx, {
    kind: 'login.reopened',
    unitId: renewed.unitId,
    interactionId: renewed.id,
    body: { generation: renewed.generation, state: renewed.state },
  });
  announce(room, tx, renewed);
  return ok(renewed);
}

const isTaskId = (text: string): boolean =>
  text.length >= 1 && text.length <= limits.taskIdLength && !/[&=\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

/** Equal content gives equal text, whatever the order of members. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(',')}}`;
}
