import type { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import type { TaskStatus } from '#interaction/status.ts';
import { isoUtc } from '#kernel/clock.ts';
import { type Refusal, refusal, rowOf } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SigningInterface } from '#signature/requests.ts';
import { refusalAnswer } from '#wire/answers.ts';
import { QUERY_WINDOW_MS, TASK_PATH, TICKET_PATH, ticketFields } from '#wire/extensions.ts';
import { readInstant } from '#wire/stand-by.ts';
import type { BrokerDeps } from './deps.ts';
import { proveFixed, proveQuery, receive } from './prove.ts';

/** Our own additions beside the printed interfaces. They answer with real HTTP statuses, and the same `{code,msg}`. */

export function addExtensions(app: Hono<EdgeEnv>, deps: BrokerDeps): void {
  app.get(`${TASK_PATH}:taskId`, async (c) => answer(c, await queryTask(deps, c, c.req.param('taskId'))));
  app.post(TICKET_PATH, async (c) => answer(c, await redeem(deps, c)));
}

async function queryTask(deps: BrokerDeps, c: EdgeContext, taskId: string): Promise<Result<JsonObject>> {
  const headers = { caUnitId: 'x-ca-unit-id', timestamp: 'x-ca-timestamp', sign: 'x-ca-sign' } as const;
  const query = { taskId, caUnitId: '', timestamp: '', sign: '' };
  for (const [name, header] of Object.entries(headers)) {
    const value = c.req.header(header)?.trim() ?? '';
    if (value === '') return refused(refusal('FIELD_MISSING', { field: header, label: '请求头' }));
    query[name as keyof typeof headers] = value;
  }
  const at = readInstant(query.timestamp);
  if (at === undefined || Math.abs(deps.clock.now() - at) > QUERY_WINDOW_MS) {
    const reason = '应为毫秒时间戳，与互认平台相差不超过 5 分钟';
    return refused(refusal('FIELD_INVALID', { field: headers.timestamp, label: '请求头', reason }));
  }
  const of = c.req.query('interface');
  const rooms = statusOf(deps);
  const ask = Object.hasOwn(rooms, of ?? 'startCheck') ? rooms[of ?? 'startCheck'] : undefined;
  if (ask === undefined) {
    const reason = `应为 ${Object.keys(rooms).join('、')} 之一`;
    return refused(refusal('FIELD_INVALID', { field: 'interface', label: '任务所属接口', reason }));
  }
  const unit = await proveQuery(deps, of === undefined ? query : { ...query, interface: of });
  if (!unit.ok) return unit;
  const status = await ask(unit.value, taskId);
  if (!status.ok) return status;
  const { createdAt, expiresAt, endedAt, error, ...rest } = status.value;
  const times = { createdAt: isoUtc(createdAt), expiresAt: isoUtc(expiresAt), endedAt: endedAt && isoUtc(endedAt) };
  return ok({ ...rest, ...times, error });
}

type StatusOf = (unit: Unit, taskId: string) => Promise<Result<TaskStatus>>;

/** Which room knows the tasks of which interface. */
function statusOf({ logins, envelopes, signing }: BrokerDeps): Readonly<Record<string, StatusOf>> {
  const ofSigning =
    (name: SigningInterface): StatusOf =>
    (unit, taskId) =>
      signing.signatures.status(unit, taskId, name);
  return {
    startCheck: logins.status,
    startdecrypt: envelopes.status,
    startSignature: ofSigning('startSignature'),
    startiframesign: ofSigning('startiframesign'),
  };
}

async function redeem(deps: BrokerDeps, c: EdgeContext): Promise<Result<JsonObject>> {
  const received = await receive(c);
  if (!received.ok) return received;
  const proven = await proveFixed(deps, received.value, ticketFields);
  if (!proven.ok) return proven;
  const { unit, members } = proven.value;
  const taskId = members.values.get('taskId') ?? '';
  const redeemed = await deps.logins.redeemTicket(unit, taskId, members.values.get('ticket') ?? '');
  if (!redeemed.ok) return redeemed;
  const { deliveredAt, redeemedAt, ...rest } = redeemed.value;
  return ok({ ...rest, deliveredAt: isoUtc(deliveredAt), redeemedAt: isoUtc(redeemedAt) });
}

function answer(c: EdgeContext, result: Result<JsonObject>): Response {
  if (result.ok) return jsonAnswer(c, { code: 200, msg: '成功', data: result.value });
  return extensionRefusal(c, result.refusal);
}

export const extensionRefusal = (c: EdgeContext, why: Refusal): Response =>
  jsonAnswer(c, refusalAnswer(why, c.get('supportCode'), ticketFields), rowOf(why.code).wire as ContentfulStatusCode);
