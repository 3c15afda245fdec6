import { Hono } from 'hono';
import type { Controls } from '#control/controls.ts';
import { type ControlOperation, controlOperations } from '#control/operations.ts';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { isoUtc } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeader } from './prove-header.ts';

export interface ControlApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'liveSecrets' | 'platform'>;
  readonly controls: Pick<Controls, 'open'>;
  /** Path of the SDK below the hub's public origin. */
  readonly sdkPath: string;
}

export const CONTROL_PATH = '/api/ca/ext/control';

/** A trading system opens the certificate control for one of its own pages; header-signed. */
export function createControlApi(deps: ControlApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.post(CONTROL_PATH, async (c) => {
    const opened = await open(deps, c);
    if (!opened.ok) return extensionRefusal(c, opened.refusal);
    return jsonAnswer(c, { code: 200, msg: '成功', data: opened.value });
  });
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}

async function open(deps: ControlApiDeps, c: EdgeContext): Promise<Result<JsonObject>> {
  const proven = await proveHeader(deps, c, limits.pageBody);
  if (!proven.ok) return proven;
  const body = readJsonObject(proven.value.body);
  const read = body.ok ? readRequest(body.value) : body;
  if (!read.ok) return read;
  const { orgcode, ...request } = read.value;
  const { unit } = proven.value;
  const platform = await deps.relyingParties.platform(deps.store.read, unit.id, orgcode);
  if (platform === undefined) return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
  const opened = await deps.controls.open(unit, platform, request);
  if (!opened.ok) return opened;
  const { hub, operations, expiresAt, ...rest } = opened.value;
  return ok({ ...rest, operations: [...operations], sdk: `${hub}${deps.sdkPath}`, expiresAt: isoUtc(expiresAt) });
}

interface Request {
  readonly orgcode: string;
  readonly origin: string;
  readonly operations: readonly ControlOperation[];
  readonly taskId: string | null;
}

function readRequest({ orgcode, origin, operations = [], taskId = null, ...rest }: JsonObject): Result<Request> {
  const no = (field: string, label: string, reason: string) =>
    refused(refusal('FIELD_INVALID', { field, label, reason }));
  const [strange] = Object.keys(rest);
  if (strange !== undefined) return no(strange.slice(0, 40), '未知的参数', '不是本接口的参数');
  if (typeof orgcode !== 'string' || orgcode === '')
    return refused(refusal('FIELD_MISSING', { field: 'orgcode', label: '平台代码' }));
  if (typeof origin !== 'string' || origin === '')
    return refused(refusal('FIELD_MISSING', { field: 'origin', label: '页面来源' }));
  if (!isOrigin(origin)) return no('origin', '页面来源', '应为协议、域名与端口，如 https://ggzy.example');
  if (!Array.isArray(operations) || !operations.every(isOperation))
    return no('operations', '证书操作', `应为 ${controlOperations.join('、')} 的数组`);
  if (taskId !== null && typeof taskId !== 'string') return no('taskId', '任务标识', '应为文本');
  return ok({ orgcode, origin, operations, taskId });
}

const isOperation = (value: unknown): value is ControlOperation =>
  (controlOperations as readonly unknown[]).includes(value);

function isOrigin(text: string): boolean {
  try {
    return new URL(text).origin === text && /^https?:/.test(text);
  } catch {
    return false;
  }
}
