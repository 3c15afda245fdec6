import { Hono } from 'hono';
import { jsonAnswer } from '#http/answer.ts';
import { streamBody } from '#http/body.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { clientKey, createPresence } from '#http/presence.ts';
import type { Bytes } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import type { ReportPrinter } from '#signature/report/printer.ts';
import type { Validation } from '#signature/validation.ts';
import { refuse, tooMany } from './guard.ts';
import { createLimiter, type Rate } from './rates.ts';
import { FILE_NAME_HEADER } from './validate-api.ts';

export interface ValidateDeps {
  readonly validation: Validation;
  readonly reports: ReportPrinter;
  readonly clock: Clock;
  readonly trustProxy: boolean;
  readonly rate?: Rate;
}

/** A person and his colleagues behind one firewall; a script that tries forged files one after another is slowed down. */
const defaultRate: Rate = { burst: 40, perSecond: 0.5 };
const AT_ONCE = { ofOne: 4, all: 32 };

/** What the file is its first bytes say; the type only keeps forms of strange pages out. */
const DOCUMENT_TYPE = /^application\/(pdf|ofd)\s*(;|$)/i;

/** The door of the page that checks signatures: anybody's, without a task. Expects `pageGuard` before it. */
export function validateRoutes(deps: ValidateDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const limiter = createLimiter(deps.rate ?? defaultRate, deps.clock);
  const presence = createPresence(AT_ONCE);
  app.post('/', async (c) => {
    if (!DOCUMENT_TYPE.test(c.req.header('content-type') ?? '')) return refuse(c, refusal('INPUT_NOT_ALLOWED'));
    const who = clientKey(c, deps.trustProxy);
    const wait = limiter.take(who);
    if (wait > 0) return tooMany(c, wait);
    const leave = presence.enter(who);
    if (leave === undefined) return refuse(c, refusal('SERVICE_BUSY', { seconds: '10' }));
    try {
      return await validate(deps, c);
    } finally {
      leave();
    }
  });
  return app;
}

async function validate({ validation, reports }: ValidateDeps, c: EdgeContext): Promise<Response> {
  const content = streamBody(c, limits.document);
  if (!content.ok) return refuse(c, content.refusal);
  const report = await validation.validate(content.value);
  if (!report.ok) return refuse(c, report.refusal);
  if (!/^application\/pdf\b/i.test(c.req.header('accept') ?? ''))
    return jsonAnswer(c, { ok: true, report: report.value as unknown as Json });
  return paper(c, await reports.reportPdf(report.value, fileNameOf(c.req.header(FILE_NAME_HEADER))));
}

const paper = (c: EdgeContext, bytes: Bytes): Response =>
  c.body(Uint8Array.from(bytes), 200, {
    'content-type': 'application/pdf',
    'content-disposition': 'attachment; filename="validation-report.pdf"',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });

const LONGEST_NAME = 200;

/** A name as a person reads it: no folders, no characters that are not seen or that turn the line around. */
function fileNameOf(header: string | undefined): string | null {
  if (header === undefined || header.length > LONGEST_NAME * 9) return null;
  let name: string;
  try {
    name = decodeURIComponent(header);
  } catch {
    return null; // not encoded as agreed: the paper does without
  }
  const last = name.split(/[\\/]/).at(-1) ?? '';
  const shown = [...last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim()].slice(0, LONGEST_NAME).join('');
  return shown === '' ? null : shown;
}
