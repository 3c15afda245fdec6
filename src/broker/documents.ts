import { Hono } from 'hono';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeEnv } from '#http/context.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { Validation } from '#signature/validation.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeaderStream } from './prove-header.ts';

export interface DocumentsApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly validation: Validation;
}

export const VALIDATE_PATH = '/api/ca/ext/documents/validate';

/** Documents signed elsewhere (no. 11: vendors' tools sign, then the document comes to the trading system): what their signatures are worth. */
export function createDocumentsApi(deps: DocumentsApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.post(VALIDATE_PATH, async (c) => {
    const proven = await proveHeaderStream(deps, c, limits.document);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const report = await deps.validation.validate(proven.value.content);
    if (!report.ok) return extensionRefusal(c, report.refusal);
    return jsonAnswer(c, { code: 200, msg: report.value.sentence, data: report.value as unknown as Json });
  });
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}
