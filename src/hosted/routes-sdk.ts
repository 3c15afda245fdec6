import { Hono } from 'hono';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import type { Assets } from './assets.ts';

/** The SDK's address below the hub's public origin: the figure changes when its functions do, never its bytes' meaning. */
export const SDK_PATH = '/sdk/v1/ca-hub.mjs';
const FILES = ['ca-hub.mjs', 'ca-hub.js', 'ca-hub.d.ts'] as const;

/**
 * `/sdk/v1/…` and, always the newest, `/sdk/…`: the ES module, the script for one tag, and the types. Anybody's page may load them (a module script from
 * another origin needs the header); asked for anew each time, answered 304 by tag.
 */
export function sdkRoutes({ assets }: { readonly assets: Assets }): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  for (const file of FILES) {
    const send = (c: EdgeContext): Response => answer(c, assets, `sdk/${file}`);
    app.get(`/sdk/v1/${file}`, send);
    app.get(`/sdk/${file}`, send);
  }
  return app;
}

function answer(c: EdgeContext, assets: Assets, name: string): Response {
  const found = assets.find(assets.url(name), c.req.header('accept-encoding'));
  if (found === undefined) return c.notFound() as Response;
  const tag = `"${assets.integrity(name).slice('sha384-'.length, 'sha384-'.length + 32)}"`;
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  c.header('Cache-Control', 'public, no-cache');
  c.header('ETag', tag);
  c.header('Vary', 'Accept-Encoding');
  if (c.req.header('if-none-match') === tag) return c.body(null, 304);
  c.header('Content-Type', found.type);
  const encoding = found.headers['content-encoding'];
  if (encoding !== undefined) c.header('Content-Encoding', encoding);
  return c.body(new Uint8Array(found.bytes).buffer);
}
