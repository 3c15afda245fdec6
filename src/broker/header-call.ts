import { jsonAnswer } from '#http/answer.ts';
import type { EdgeContext } from '#http/context.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import type { Result } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import { extensionRefusal } from './extensions.ts';
import { type HeaderDeps, proveHeader } from './prove-header.ts';

/** What a proved call asks; `body` is {} where none was sent. */
export type Handle = (unit: Unit, body: JsonObject, c: EdgeContext) => Promise<Result<JsonObject>>;

/** A call of our own additions that is proved by headers: read as JSON of at most `limit` bytes, answered with a real HTTP status. */
export const headerCall =
  (deps: HeaderDeps, limit: number) =>
  (handle: Handle) =>
  async (c: EdgeContext): Promise<Response> =>
    answer(c, await serve(deps, c, limit, handle));

async function serve(deps: HeaderDeps, c: EdgeContext, limit: number, handle: Handle): Promise<Result<JsonObject>> {
  const proven = await proveHeader(deps, c, limit);
  if (!proven.ok) return proven;
  const { unit, body } = proven.value;
  if (body.length === 0) return handle(unit, {}, c);
  const read = readJsonObject(body);
  return read.ok ? handle(unit, read.value, c) : read;
}

/** `{code, msg, data}`, as every one of our additions answers. */
export function answer(c: EdgeContext, result: Result<JsonObject>): Response {
  if (result.ok) return jsonAnswer(c, { code: 200, msg: '成功', data: result.value });
  return extensionRefusal(c, result.refusal);
}
