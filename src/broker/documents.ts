import { Hono } from 'hono';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { Logger } from '#kernel/log.ts';
import type { ReportPrinter } from '#signature/report/printer.ts';
import type { Validation } from '#signature/validation.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeaderStream } from './prove-header.ts';

export interface DocumentsApiDeps extends HeaderDeps {
  readonly log: Logger;
  readonly validation: Validation;
  readonly printer: ReportPrinter;
}

export const VALIDATE_PATH = '/api/ca/ext/documents/validate';

/**
 * Documents signed elsewhere (no. 11: vendors' tools sign, then the document comes to the trading system): what their signatures are worth, in PDF as in
 * OFD; the first bytes say which. `Accept: application/pdf` asks for the report as a paper under the hub's signature.
 */
export function createDocumentsApi(deps: DocumentsApiDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  app.post(VALIDATE_PATH, async (c) => {
    const proven = await proveHeaderStream(deps, c, limits.document);
    if (!proven.ok) return extensionRefusal(c, proven.refusal);
    const report = await deps.validation.validate(proven.value.content);
    if (!report.ok) return extensionRefusal(c, report.refusal);
    if (wantsPdf(c.req.header('accept'))) return paper(c, await deps.printer.reportPdf(report.value, null));
    return jsonAnswer(c, { code: 200, msg: report.value.sentence, data: report.value as unknown as Json });
  });
  app.onError(errorExit(deps.log, extensionRefusal));
  return app;
}

const wantsPdf = (accept = ''): boolean => /(^|,)\s*application\/pdf\s*(;|,|$)/i.test(accept);

const paper = (c: EdgeContext, bytes: Bytes): Response =>
  c.body(Uint8Array.from(bytes), 200, {
    'content-type': 'application/pdf',
    'content-disposition': 'attachment; filename="validation-report.pdf"',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
