import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { docsPage } from './page.ts';
import type { DocsContext } from './parts.ts';

const CSP =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Served {
  readonly type: string;
  readonly plain: Uint8Array;
  readonly packed: Uint8Array;
  readonly tag: string;
}

/** GET /docs, its stylesheet, the capsule format and the sample files. Rendered once: nothing on the page depends on who asks. */
export async function createDocs(context: DocsContext): Promise<Hono<EdgeEnv>> {
  const serve = (type: string, text: string): Served => {
    const plain = utf8(text);
    const tag = `"${hex(context.gm.sm3(plain)).slice(0, 32)}"`;
    return { type: `${type}; charset=utf-8`, plain, packed: gzipSync(plain), tag };
  };
  const css = serve('text/css', context.files.css);
  const page = serve('text/html', String(await docsPage(context, `/docs/docs.css?v=${css.tag.slice(1, 13)}`)));
  const app = new Hono<EdgeEnv>();
  app.get('/docs', (c) => answer(c, page));
  app.get('/docs/', (c) => c.redirect('/docs', 308));
  app.get('/docs/docs.css', (c) => answer(c, css));
  const format = serve('text/plain', context.files.capsuleFormat);
  app.get('/docs/capsule', (c) => answer(c, format));
  for (const { file, text } of context.files.samples) {
    const sample = serve('text/plain', text);
    app.get(`/docs/samples/${file}`, (c) => answer(c, sample));
  }
  const attFile = serve('text/plain', context.files.attFileSample);
  app.get('/docs/samples/attfile.cjs', (c) => answer(c, attFile));
  return app;
}

function answer(c: EdgeContext, { type, plain, packed, tag }: Served): Response {
  c.header('Content-Security-Policy', CSP);
  c.header('Cache-Control', 'no-cache');
  c.header('ETag', tag);
  c.header('Vary', 'Accept-Encoding');
  if (c.req.header('if-none-match') === tag) return c.body(null, 304);
  c.header('Content-Type', type);
  const small = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
  if (small) c.header('Content-Encoding', 'gzip');
  return c.body(Buffer.from(small ? packed : plain));
}
