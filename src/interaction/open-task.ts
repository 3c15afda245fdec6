import { HubError, refusal } from '#kernel/errors.ts';
import { newId, newSupportCode } from '#kernel/ids.ts';
import { isObject, type Json, type JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform, Unit } from '#relying-party/party.ts';
import { chooseReturnUrl } from '#relying-party/return-url.ts';
import { claimSignPath, type SignProof } from '#relying-party/sign-path-repository.ts';
import { isUniqueViolation, type Tx } from '#store/store.ts';
import { hasFailed, type Interaction, isWaiting, stateAt } from './interaction.ts';
import { announce, type PageRoom } from './page-room.ts';
import { expire } from './sweep.ts';

/** A trading system's request that a person be asked something. */
export interface TaskRequest {
  /** The caller's own name of the task: 1-128 printable characters without `&` and `=` (readings L31). */
  readonly taskId: string;
  readonly standBy: string | null;
  /** Wanted by `standBy.hub.returnUrl`; null: the platform's first registered one. */
  readonly returnUrl: string | null;
  /** Every member that makes this request what it is; a repeat must equal it. */
  readonly content: JsonObject;
  /** Which of several interfaces that open one kind of page was called: their taskIds are apart. Left out: the kind has one. */
  readonly of?: string;
  /** The signed string that it came under: taken on one path alone. */
  readonly proof?: SignProof;
}

export interface TaskOpening {
  readonly unit: Unit;
  readonly platform: Platform;
  readonly request: TaskRequest;
  /** UTC ms, from now on. */
  readonly expiresAt: () => number;
  /** Further rows of a new attempt, in its transaction. */
  readonly opened?: (tx: Tx, interaction: Interaction) => Promise<void>;
}

/**
 * Opens a task, or opens it anew (readings L31). The same request before the end: fresh URL; older URLs, the claim and the challenge of this task are
 * dead. After proof or success: fresh URL, but claim and proof stay, so that a repeat can never move a proved task to another browser
 * (CVE-2026-7507 shape). After failure, expiry, cancel: the next attempt. Other content: TASK_CONFLICT.
 */
export async function openTask(room: PageRoom, opening: TaskOpening): Promise<Result<Interaction>> {
  const { unit, platform, request } = opening;
  if (unit.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  if (platform.status !== 'active' || platform.unitId !== unit.id)
    return refused(refusal('PLATFORM_UNKNOWN', { orgcode: platform.orgcode }));
  const named = checkTaskId(request.taskId);
  if (!named.ok) return named;
  const returnUrl = chooseReturnUrl(platform, request.returnUrl ?? undefined);
  if (!returnUrl.ok) return returnUrl;

  // Each round lost was won by a parallel request of the same task, so a few rounds always end.
  for (let round = 0; round < 20; round += 1) {
    const opened = await openOnce(room, opening, returnUrl.value);
    if (opened !== 'again') return opened;
  }
  throw new HubError('SERVICE_BUSY', `${room.kind} lost twenty races of one task`, { params: { seconds: '1' } });
}

export function checkTaskId(taskId: string): Result<void> {
  if (isTaskId(taskId)) return ok(undefined);
  const reason = `应为 1 至 ${limits.taskIdLength} 个可见字符，不含“&”与“=”`;
  return refused(refusal('FIELD_INVALID', { field: 'taskId', label: '任务标识', reason }));
}

const isTaskId = (text: string): boolean =>
  text.length >= 1 && text.length <= limits.taskIdLength && !/[&=\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

async function openOnce(
  room: PageRoom,
  opening: TaskOpening,
  returnUrl: string | null,
): Promise<Result<Interaction> | 'again'> {
  const { unit, request } = opening;
  try {
    return await room.store.tx(async (tx) => {
      if (request.proof !== undefined) {
        const taken = await claimSignPath(tx, { ...request.proof, unitId: unit.id, at: room.clock.now() });
        if (!taken.ok) return taken;
      }
      const latest = await room.interactions.latest(tx, unit.id, request.taskId, request.of);
      if (latest === undefined) return ok(await open(room, tx, opening, returnUrl, 1));
      const content = room.interactions.contentIndex(canonicalText(request.content));
      if (latest.bodyIndex !== content) return refused(refusal('TASK_CONFLICT', { taskId: request.taskId }));
      if (!hasFailed(stateAt(latest, room.clock.now()))) return reopen(room, tx, opening, latest);
      if (isWaiting(latest.state) && !(await expire(room, tx, latest.id))) return 'again';
      return ok(await open(room, tx, opening, returnUrl, latest.attempt + 1));
    });
  } catch (error) {
    if (isUniqueViolation(error)) return 'again';
    throw error;
  }
}

async function open(
  room: PageRoom,
  tx: Tx,
  opening: TaskOpening,
  returnUrl: string | null,
  attempt: number,
): Promise<Interaction> {
  const { unit, platform, request } = opening;
  const interaction = await room.interactions.insert(tx, {
    id: newId('int', room.random),
    unitId: unit.id,
    orgcode: platform.orgcode,
    taskId: request.taskId,
    ...(request.of !== undefined && { of: request.of }),
    content: canonicalText(request.content),
    attempt,
    standBy: request.standBy,
    returnUrl,
    supportCode: newSupportCode(room.random),
    expiresAt: opening.expiresAt(),
  });
  await opening.opened?.(tx, interaction);
  await room.journal.append(tx, {
    kind: `${room.kind}.started`,
    unitId: unit.id,
    interactionId: interaction.id,
    body: { orgcode: platform.orgcode, attempt },
  });
  return interaction;
}

/** A fresh link for the same task; what a person had begun under the old one is over, what was proved is not. */
async function reopen(
  room: PageRoom,
  tx: Tx,
  opening: TaskOpening,
  latest: Interaction,
): Promise<Result<Interaction> | 'again'> {
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
          expiresAt: opening.expiresAt(),
        }
      : { nextGeneration: true },
  );
  if (renewed === undefined) return 'again';
  await room.journal.append(tx, {
    kind: `${room.kind}.reopened`,
    unitId: renewed.unitId,
    interactionId: renewed.id,
    body: { generation: renewed.generation, state: renewed.state },
  });
  await room.changed?.(tx, renewed, 'reopened');
  announce(room, tx, renewed);
  return ok(renewed);
}

/** Equal content gives equal text, whatever the order of members. */
export function canonicalText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] ?? null)}`).join(',')}}`;
}
