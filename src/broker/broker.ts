import { Hono } from 'hono';
import { errorExit, jsonAnswer } from '#http/answer.ts';
import type { EdgeContext, EdgeEnv } from '#http/context.ts';
import { clientKey } from '#http/presence.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { echoOf, refusalAnswer, successAnswer } from '#wire/answers.ts';
import { interfaces, type PrintedInterface } from '#wire/interfaces.ts';
import type { BrokerDeps } from './deps.ts';
import { addExtensions, extensionRefusal } from './extensions.ts';
import { createFreshness } from './freshness.ts';
import { proveRequest, receive } from './prove.ts';
import { proveNameless } from './prove-nameless.ts';
import { withFile } from './receive-file.ts';
import { createFileUseCases, createUseCases, type FileUseCase, type UseCase } from './use-cases.ts';

/**
 * The trading systems' API under `/api/ca/*`. Every answer is `{code,msg,…}`; HTTP says 200 for all of them but 413 and 5xx (readings L15).
 * Expects http/context.ts before it.
 */
export function createBroker(deps: BrokerDeps): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>();
  const freshness = createFreshness(deps.clock);
  const useCases = createUseCases(deps, freshness);
  const fileUseCases = createFileUseCases(deps, freshness);

  for (const [name, entry] of Object.entries<PrintedInterface>(interfaces)) {
    if (entry.caller !== 'trading-system') continue;
    const [useCase, fileUseCase] = [useCases[name], fileUseCases[name]];
    app.post(entry.path, async (c) => {
      const started = deps.clock.monotonic();
      const { result, body, unit } = await (fileUseCase
        ? serveFile(deps, c, entry, fileUseCase)
        : serve(deps, c, entry, useCase));
      const outcome = result.ok ? 'ok' : result.refusal.code;
      const ids = { requestId: c.get('requestId'), supportCode: c.get('supportCode') };
      deps.log.info({ ...ids, interface: name, outcome, ms: Math.round(deps.clock.monotonic() - started) }, 'answered');
      return result.ok
        ? jsonAnswer(c, successAnswer(entry.response, result.value, unit?.profile.answers === 'exact'))
        : wireRefusal(c, result.refusal, entry, body);
    });
    app.all(entry.path, (c) => {
      c.header('Allow', 'POST');
      return wireRefusal(c, refusal('METHOD_NOT_ALLOWED', { allow: 'POST' }), entry);
    });
  }
  addExtensions(app, deps);
  app.all('/api/ca/ext/*', (c) => extensionRefusal(c, refusal('ROUTE_UNKNOWN')));
  app.all('/api/ca/*', (c) => wireRefusal(c, refusal('ROUTE_UNKNOWN')));
  app.all('/api/*', (c) => extensionRefusal(c, refusal('ROUTE_UNKNOWN')));
  app.onError(
    errorExit(deps.log, (c, why) =>
      c.req.path.startsWith('/api/ca/ext/') ? extensionRefusal(c, why) : wireRefusal(c, why),
    ),
  );
  return app;
}

/** What came of a request, and how far it got. */
interface Served {
  readonly result: Result<JsonObject>;
  readonly body?: JsonObject;
  readonly unit?: Unit;
}

async function serveFile(
  deps: BrokerDeps,
  c: EdgeContext,
  entry: PrintedInterface,
  useCase: FileUseCase,
): Promise<Served> {
  const { files, presence } = deps.signing;
  const leave = presence.enter(clientKey(c, deps.trustProxy));
  if (leave === undefined) {
    c.header('Connection', 'close'); // what the caller still sends is not read
    return { result: refused(refusal('SERVICE_BUSY', { seconds: '10' })) };
  }
  try {
    const { request, ...served } = await withFile({ ...deps, files }, c, entry, useCase);
    return { ...served, ...(request && { unit: request.unit }) };
  } finally {
    leave();
  }
}

async function serve(
  deps: BrokerDeps,
  c: EdgeContext,
  entry: PrintedInterface,
  useCase: UseCase | undefined,
): Promise<Served> {
  if (useCase === undefined) {
    return { result: refused(refusal('INTERFACE_NOT_OFFERED', { title: entry.title })) };
  }
  const received = await receive(c);
  if (!received.ok) return { result: advised(entry, received) };
  const { body } = received.value;
  const named = entry.request.some(({ name }) => name === 'caUnitId');
  const prove = named ? proveRequest : proveNameless;
  const proven = await prove(deps, received.value, entry);
  if (!proven.ok) return { result: proven, body };
  return { result: await useCase(proven.value), body, unit: proven.value.unit };
}

/** A plaintext that does not even fit a body gets the same advice as one that is a little too long (readings L35). */
function advised(entry: PrintedInterface, why: Result<never>): Result<never> {
  const plaintext = entry.request.some(({ name }) => name === 'decData');
  const tooLarge = !why.ok && why.refusal.code === 'BODY_TOO_LARGE';
  return plaintext && tooLarge ? refused(refusal('PLAINTEXT_TOO_LARGE')) : why;
}

/** 413, 429 and 5xx say so to proxies as well; everything else is an answer (readings L15). */
function wireRefusal(c: EdgeContext, why: Refusal, entry?: PrintedInterface, request?: JsonObject): Response {
  const body = refusalAnswer(why, c.get('supportCode'), entry?.request, echoOf(entry, request));
  const status = ({ 413: 413, 429: 429, 500: 500, 503: 503 } as const)[Number(body['code'])] ?? 200;
  return jsonAnswer(c, body, status);
}
