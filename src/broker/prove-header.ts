import type { Gm } from '#crypto/gm.ts';
import { readBody, streamBody } from '#http/body.ts';
import type { EdgeContext } from '#http/context.ts';
import { type Bytes, hex } from '#kernel/bytes.ts';
import type { Clock } from '#kernel/clock.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { spendNonce } from '#relying-party/nonce-repository.ts';
import type { Unit } from '#relying-party/party.ts';
import type { RelyingParties } from '#relying-party/relying-parties.ts';
import type { Store } from '#store/store.ts';
import { HEADER_WINDOW_MS, headerText, readContentSm3, readProofHeaders, verifyHeaders } from '#wire/header-sign.ts';

export interface HeaderDeps {
  readonly store: Pick<Store, 'read' | 'tx'>;
  readonly gm: Gm;
  readonly clock: Pick<Clock, 'now'>;
  readonly relyingParties: Pick<RelyingParties, 'unit' | 'liveSecrets'>;
}

/**
 * Who sent a header-signed request under `/api/ca/ext/`, and its body (empty for GET). In this order: headers in form, time stamp within
 * five minutes, unit known, `X-Ca-Sign` right, unit active, nonce never seen. The nonce is spent in the database: a replay is refused after
 * a restart and by a second hub process too. Refusals: FIELD_MISSING, FIELD_INVALID, UNIT_UNKNOWN, SIGN_WRONG, UNIT_SUSPENDED,
 * REQUEST_REPLAYED, BODY_TOO_LARGE.
 */
export async function proveHeader(
  deps: HeaderDeps,
  c: EdgeContext,
  limit: number = limits.jsonBody,
): Promise<Result<{ unit: Unit; body: Bytes }>> {
  const body = await readBody(c, limit);
  if (!body.ok) return body;
  const unit = await prove(deps, c, hex(deps.gm.sm3(body.value)));
  return unit.ok ? ok({ unit: unit.value, body: body.value }) : unit;
}

/**
 * The same for a body too large to hold: proved by the SM3 the caller announced in `X-Ca-Content-Sm3`, before a byte is read. `content`
 * throws a HubError CONTENT_MISMATCH at its end when the bytes have another SM3, BODY_TOO_LARGE beyond `limit`, BODY_CUT_OFF when the sender went
 * away: only an iteration that ended by itself has delivered what was signed. Nothing may be committed before.
 */
export async function proveHeaderStream(
  deps: HeaderDeps,
  c: EdgeContext,
  limit: number,
): Promise<Result<{ unit: Unit; contentSm3: string; content: AsyncIterable<Bytes> }>> {
  const announced = readContentSm3((name) => c.req.header(name));
  if (!announced.ok) return announced;
  const content = streamBody(c, limit);
  if (!content.ok) return content;
  const unit = await prove(deps, c, announced.value);
  if (!unit.ok) return unit;
  return ok({
    unit: unit.value,
    contentSm3: announced.value,
    content: checked(deps.gm, content.value, announced.value),
  });
}

async function prove(deps: HeaderDeps, c: EdgeContext, bodySm3: string): Promise<Result<Unit>> {
  const now = deps.clock.now();
  const headers = readProofHeaders((name) => c.req.header(name), now);
  if (!headers.ok) return headers;
  const { caUnitId, timestamp, at, nonce, sign } = headers.value;
  const unit = await deps.relyingParties.unit(deps.store.read, caUnitId);
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const secrets = await deps.relyingParties.liveSecrets(deps.store.read, unit.id);
  const request = { method: c.req.method, target: targetOf(c), timestamp, nonce, bodySm3 };
  if (!verifyHeaders(deps.gm, secrets, request, sign)) {
    // Only a sandbox unit is told; it holds no real persons, and the string is its own message.
    const shown = unit.profile.sandbox
      ? `algorithm=hmac-sm3; canonical=${JSON.stringify(headerText(request))}`
      : undefined;
    return refused(refusal('SIGN_WRONG', {}, shown));
  }
  if (unit.status !== 'active') return refused(refusal('UNIT_SUSPENDED'));
  const expiresAt = at + HEADER_WINDOW_MS;
  const fresh = await deps.store.tx((tx) => spendNonce(tx, { unitId: unit.id, nonce, now, expiresAt }));
  return fresh ? ok(unit) : refused(refusal('REQUEST_REPLAYED'));
}

/** As the caller wrote it, not as a URL parser would write it. */
function targetOf(c: EdgeContext): string {
  const raw = c.env?.incoming?.url;
  if (raw?.startsWith('/')) return raw;
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

async function* checked(gm: Gm, source: AsyncIterable<Bytes>, announced: string): AsyncIterable<Bytes> {
  const hash = gm.sm3Stream();
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  if (hex(hash.digest()) !== announced) throw new HubError('CONTENT_MISMATCH', 'streamed body has another SM3');
}
