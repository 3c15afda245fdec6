import { Hono } from 'hono';
import { jsonAnswer } from '#http/answer.ts';
import { streamBody } from '#http/body.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import type { OpenDocument } from '#signature/open-document.ts';
import type { Signatures } from '#signature/signatures.ts';
import type { BrowserCookie } from './cookies.ts';
import { refuse, tooMany } from './guard.ts';
import { pageCalls } from './page-calls.ts';
import type { Limiter } from './rates.ts';
import { signView } from './sign-view.ts';

export interface DocumentRoutesDeps {
  readonly signatures: Pick<Signatures, 'document' | 'putLocal'>;
  readonly cookie: BrowserCookie;
  readonly limiter: Limiter;
}

const INTERACTION = /^int_[0-9a-z]{26}$/;

/**
 * `SIGN_DOCUMENT_PATH/:interaction`: the document of a signing page, for the browser that it is bound to. GET with `?v=` and one byte range: what is shown
 * is what will be signed. PUT of `application/pdf` where the person brings the file, its name percent-encoded in `X-Document-Name`.
 */
export function documentRoutes({ signatures, cookie, limiter }: DocumentRoutesDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const { visit } = pageCalls(cookie);

  app.on(['GET', 'HEAD'], '/:interaction', async (c) => {
    const id = c.req.param('interaction');
    if (!INTERACTION.test(id)) return refuse(c, refusal('LINK_INVALID'));
    const wait = limiter.take(id);
    if (wait > 0) return tooMany(c, wait);
    const version = /^[1-9][0-9]{0,8}$/.exec(c.req.query('v') ?? '')?.[0];
    const opened = await signatures.document(visit(c, id), version === undefined ? undefined : Number(version));
    return opened.ok ? send(c, opened.value) : refuse(c, opened.refusal);
  });

  app.put('/:interaction', async (c) => {
    const id = c.req.param('interaction');
    if (!INTERACTION.test(id)) return refuse(c, refusal('LINK_INVALID'));
    const wait = limiter.take(id);
    if (wait > 0) return tooMany(c, wait);
    // No foreign form can send this type without being asked first.
    if (!/^application\/pdf\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
      return refuse(c, refusal('INPUT_NOT_ALLOWED'));
    const body = streamBody(c, limits.localDocument);
    if (!body.ok) return refuse(c, body.refusal);
    const put = await signatures.putLocal(visit(c, id), body.value, decoded(c.req.header('x-document-name') ?? ''));
    return put.ok
      ? jsonAnswer(c, { ok: true, view: { ...(await signView(put.value)) } as never })
      : refuse(c, put.refusal);
  });

  app.all('/*', (c) => refuse(c, refusal('ROUTE_UNKNOWN')));
  return app;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}

async function send(c: EdgeContext, document: OpenDocument): Promise<Response> {
  const { size } = document;
  const range = rangeOf(c.req.header('range'), size);
  c.header('Accept-Ranges', 'bytes');
  c.header('Content-Type', 'application/pdf');
  c.header('Content-Disposition', disposition(document.name));
  // Opened as a page of its own it may do nothing.
  c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  if (range === 'unsatisfiable') {
    await document.close();
    c.header('Content-Range', `bytes */${size}`);
    return c.body(null, 416);
  }
  const { start, end } = range ?? { start: 0, end: size };
  c.header('Content-Length', String(end - start));
  if (range !== undefined) c.header('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  const status = range === undefined ? 200 : 206;
  if (c.req.method === 'HEAD') {
    await document.close();
    return c.body(null, status);
  }
  return c.body(streamOf(document, { start, end }), status);
}

/** One range of RFC 9110 14.1.2; undefined: the whole (none asked, several, or another unit). */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const last = Math.min(Number(to), size);
    return last === 0 ? 'unsatisfiable' : { start: size - last, end: size };
  }
  const start = Number(from);
  const end = to === '' ? size : Math.min(Number(to) + 1, size);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** RFC 6266: a plain name for old programs, the real one encoded. */
function disposition(name: string): string {
  const file = /\.pdf$/i.test(name) ? name : `${name === '' ? 'document' : name}.pdf`;
  const encoded = encodeURIComponent(file).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="document.pdf"; filename*=UTF-8''${encoded}`;
}

/** Read as the browser takes it; closed when it has all or goes away. */
function streamOf(document: OpenDocument, range: { start: number; end: number }): ReadableStream<Uint8Array> {
  const parts = document.stream(range)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await parts.next();
        if (done !== true) return controller.enqueue(new Uint8Array(value));
        await document.close();
        controller.close();
      } catch (error) {
        await document.close();
        controller.error(error);
      }
    },
    cancel: () => document.close(),
  });
}
