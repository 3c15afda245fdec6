import { Hono } from 'hono';
import { z } from 'zod';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { type Json, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { JobWish, OfflineJobs } from '#signature/offline/jobs.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeader, proveHeaderStream } from './prove-header.ts';

export interface OfflineApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly jobs: OfflineJobs;
}

export const OFFLINE_PATH = '/api/ca/ext/offline/jobs';

/**
 * Documents signed where no network is: `POST` makes a job package to be carried there, `POST /:id/result` takes the signed document (streamed, 200 MB),
 * `GET /:id` tells how the job stands. Proved by headers. Expects http/context.ts before it.
 */
export function createOfflineApi(deps: OfflineApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const { jobs } = deps;
  app.post(OFFLINE_PATH, async (c) => {
    const proven = await proveHeader(deps, c);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const wish = readWish(proven.value.body);
    if (!wish.ok) return extensionRefusal(c, wish.refusal);
    return answer(c, await jobs.create(proven.value.unit, wish.value), '任务已生成');
  });
  app.get(`${OFFLINE_PATH}/:id`, async (c) => {
    const proven = await proveHeader(deps, c);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const status = await jobs.status(proven.value.unit, c.req.param('id'));
    if (!status.ok) return extensionRefusal(c, status.refusal);
    const { expiresAt, usedAt, ...rest } = status.value;
    return answer(c, ok({ ...rest, expiresAt: isoUtc(expiresAt), usedAt: usedAt && isoUtc(usedAt) }), '成功');
  });
  app.post(`${OFFLINE_PATH}/:id/result`, async (c) => {
    const proven = await proveHeaderStream(deps, c, limits.offlineDocument + limits.jsonBody);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const { unit, content } = proven.value;
    return answer(c, await jobs.complete(unit, c.req.param('id'), content), '离线签署已完成');
  });
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}

function answer(c: EdgeContext, result: Result<unknown>, msg: string): Response {
  if (!result.ok) return extensionRefusal(c, result.refusal);
  return jsonAnswer(c, { code: 200, msg, data: result.value as Json });
}

const sm3 = z.string().regex(/^[0-9a-f]{64}$/);
const shape = z.strictObject({
  documentSm3: sm3,
  bytes: z.int().min(1).max(limits.offlineDocument),
  name: z.string().min(1).max(200).optional(),
  /** SM3 of the signing certificate's DER. */
  certificateSm3: sm3.optional(),
  hours: z.int().min(1).max(720).default(72),
});

const labels: Readonly<Record<string, string>> = {
  documentSm3: '文件的 SM3，64 位小写十六进制',
  bytes: '文件大小，字节，不超过 200 MB',
  name: '文件名',
  certificateSm3: '签署证书的 SM3，64 位小写十六进制',
  hours: '任务有效小时数，1 至 720',
};

function readWish(body: Parameters<typeof readJsonObject>[0]): Result<JobWish> {
  const read = readJsonObject(body);
  if (!read.ok) return read;
  const parsed = shape.safeParse(read.value);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
    return refused(refusal('FIELD_INVALID', { field, label: labels[field] ?? '成员', reason: '格式或取值不符' }));
  }
  const { documentSm3, bytes, name = null, certificateSm3 = null, hours } = parsed.data;
  return ok({ documentSm3, bytes, name, certificate: certificateSm3, hours });
}
