import { Hono } from 'hono';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeEnv } from '#http/context.ts';
import { type Json, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Verification } from '#signature/verification.ts';
import { readVerifyRequest } from '#signature/verify/read.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeader } from './prove-header.ts';

export interface VerifyApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly verification: Verification;
}

export const VERIFY_PATH = '/api/ca/ext/verify';

/** The verification service (服务端验签接口) for trading systems: header-signed, nothing kept. */
export function createVerifyApi(deps: VerifyApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.post(VERIFY_PATH, async (c) => {
    const proven = await proveHeader(deps, c, limits.jsonBody);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const body = readJsonObject(proven.value.body);
    if (!body.ok) return extensionRefusal(c, body.refusal);
    const request = readVerifyRequest(deps.gm, body.value);
    if (!request.ok) return extensionRefusal(c, request.refusal);
    const report = await deps.verification.verify(request.value);
    if (!report.ok) return extensionRefusal(c, report.refusal);
    return jsonAnswer(c, { code: 200, msg: report.value.sentence, data: report.value as unknown as Json });
  });
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}
