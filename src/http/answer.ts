import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { HubError, type Refusal, refusal, refusalOf } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import type { Logger } from '#kernel/log.ts';
import type { EdgeContext, EdgeEnv } from './context.ts';

/** JSON with its charset said (readings L49). Members stand in the order of the object. */
export function jsonAnswer(c: EdgeContext, body: Json, status: ContentfulStatusCode = 200): Response {
  c.header('Content-Type', 'application/json; charset=utf-8');
  return c.body(JSON.stringify(body), status);
}

/**
 * The last exit of an edge. A thrown HubError becomes its refusal, anything unforeseen INTERNAL; the cause goes to the operator's log under
 * the same request id, never into the answer. `render` writes the refusal in the edge's own shape.
 */
export function errorExit(
  log: Logger,
  render: (c: EdgeContext, refusal: Refusal) => Response | Promise<Response>,
): ErrorHandler<EdgeEnv> {
  return (error, c) => {
    const known = error instanceof HTTPException ? refusal('BODY_NOT_JSON', { reason: '请求有误' }) : refusalOf(error);
    const line = { requestId: c.get('requestId'), supportCode: c.get('supportCode'), code: known.code, err: error };
    if (error instanceof HubError && known.code !== 'INTERNAL') log.warn(line, 'request failed');
    else log.error(line, 'request failed unexpectedly');
    // Nothing of the cause may follow the refusal out: a HubError's detail is for the log alone.
    return render(c, { code: known.code, params: known.params });
  };
}
