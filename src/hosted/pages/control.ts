import type { Hono } from 'hono';
import { html, raw } from 'hono/html';
import type { Controls } from '#control/controls.ts';
import type { EdgeEnv } from '#http/context.ts';
import type { LocalService } from '../agent-view.ts';
import type { PageError } from '../api.ts';
import type { Assets } from '../assets.ts';
import { pageError } from '../page-error.ts';
import { endpointsOf, pageHeaders } from './headers.ts';
import { sprite } from './icons.ts';
import { dataBlock, type Markup } from './layout.ts';

export interface ControlFrameDeps {
  readonly assets: Assets;
  readonly controls: Pick<Controls, 'look'>;
  readonly originOf: (request: Request) => Promise<string>;
  /** Every service on the person's computer that the frame may reach. */
  readonly services: () => Promise<readonly LocalService[]>;
}

/** What the frame's script is handed. */
export interface ControlBoot {
  readonly token: string;
  /** The one origin whose page may hold the frame; messages go to it and come from it alone. */
  readonly origin: string;
  /** Set where the session cannot be used. */
  readonly fault: PageError | null;
}

/**
 * `GET /control/frame/:token`: the hub's part of the certificate control inside a trading system's page. `frame-ancestors` is the origin that the session was
 * opened for and nobody else; a link that is none of ours is shown in no frame at all. Binds nothing.
 */
export function mountControlFrame(app: Hono<EdgeEnv>, deps: ControlFrameDeps): void {
  app.get('/control/frame/:token', async (c) => {
    const token = c.req.param('token');
    const { origin, refusal, supportCode } = await deps.controls.look(token);
    const headers = pageHeaders({
      publicOrigin: await deps.originOf(c.req.raw),
      ...endpointsOf(await deps.services()),
      frameAncestors: origin === undefined ? [] : [origin],
    });
    if (origin === undefined) return c.html('', 404, headers);
    const fault = refusal === undefined ? null : pageError(refusal, supportCode ?? '');
    return c.html(await frame(deps.assets, { token, origin, fault }), 200, headers);
  });
}

const frame = (assets: Assets, boot: ControlBoot): Markup => html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light">
<title>数字证书控件 · CA 互认枢纽</title>
<link rel="stylesheet" href="${assets.url('control.css')}" integrity="${assets.integrity('control.css')}">
<script type="module" src="${assets.url('control.js')}" integrity="${assets.integrity('control.js')}"></script>
</head>
<body>
${sprite}
<div id="stage"></div>
<p class="vh" id="announce" role="status" aria-live="polite"></p>
${raw(dataBlock(boot))}
</body>
</html>`;
