import { readBody } from '#http/body.ts';
import type { EdgeContext } from '#http/context.ts';
import { refusal } from '#kernel/errors.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { PrintedField } from '#wire/interfaces.ts';
import { type Members, readMembers } from '#wire/members.ts';
import { canonicalString, canonicalStrings, type SignProfile, verifySign } from '#wire/sign.ts';
import type { BrokerDeps } from './deps.ts';

/** A body as it came in, before anybody believes it. */
export interface Received {
  readonly body: JsonObject;
  /** Bytes, after decompression. */
  readonly size: number;
  /** `X-Ca-Unit-Id`, where the interface prints no caUnitId (readings L6). */
  readonly unitHeader: string | undefined;
}

/** Who asks, and what the printed members say. */
export interface ProvenRequest {
  readonly unit: Unit;
  readonly members: Members;
}

/** Any content type that carries UTF-8 JSON (readings L49). */
export async function receive(c: EdgeContext): Promise<Result<Received>> {
  const bytes = await readBody(c, limits.jsonBody);
  if (!bytes.ok) return bytes;
  const body = readJsonObject(bytes.value);
  if (!body.ok) return body;
  const unitHeader = c.req.header('x-ca-unit-id')?.trim() || undefined;
  return ok({ body: body.value, size: bytes.value.length, unitHeader });
}

/**
 * Body → unit and members: every printed member in form, unit known, string unambiguous, `sign` right, unit active. In that order, so that a
 * missing member is always named, and nothing is looked up for a body that is none.
 */
export async function proveRequest(
  deps: BrokerDeps,
  { body }: Received,
  fields: readonly PrintedField[],
  options: { extraMembers: boolean } = { extraMembers: true },
): Promise<Result<ProvenRequest>> {
  const members = readMembers(fields, body);
  if (!members.ok) return members;
  const unit = await deps.relyingParties.unit(deps.store.read, members.value.values.get('caUnitId') ?? '');
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const profile = options.extraMembers ? unit.profile : { ...unit.profile, allMembers: false };
  const proven = await proveMembers(deps, { ...unit, profile }, fields, members.value, body);
  return proven.ok ? ok({ unit, members: members.value }) : proven;
}

/** One unit's own profile over members that are in form. */
export async function proveMembers(
  deps: BrokerDeps,
  unit: Unit,
  fields: readonly PrintedField[],
  members: Members,
  body: JsonObject,
): Promise<Result<Unit>> {
  const canonicals = canonicalStrings(unit.profile, fields, members, body);
  if (!canonicals.ok) return canonicals;
  return proveSign(deps, unit, canonicals.value, members.values.get('sign') ?? '', members.values.get('decData'));
}

/** The same for a request without a body: unit, task, time, and the interface where the caller names one, signed in the one style. */
export async function proveQuery(
  deps: BrokerDeps,
  query: { caUnitId: string; taskId: string; timestamp: string; sign: string; interface?: string },
): Promise<Result<Unit>> {
  const unit = await deps.relyingParties.unit(deps.store.read, query.caUnitId);
  if (unit === undefined) return refused(refusal('UNIT_UNKNOWN'));
  const { sign, ...members } = query;
  return proveSign(deps, unit, [canonicalString(Object.entries(members))], sign);
}

async function proveSign(
  deps: BrokerDeps,
  unit: Unit,
  canonicals: readonly string[],
  given: string,
  plaintext = '',
): Promise<Result<Unit>> {
  const secrets = await deps.relyingParties.liveSecrets(deps.store.read, unit.id);
  const profile: SignProfile = unit.profile;
  if (!verifySign(deps.gm, profile, secrets, canonicals, given)) {
    // Only a sandbox unit is told; it holds no real persons, and the string is its own message. What was to be closed is in no answer all the same.
    const text = (canonicals[0] ?? '').replace(
      `decData=${plaintext}`,
      () => `decData=<${plaintext.length} characters>`,
    );
    const shown = unit.profile.sandbox ? `algorithm=${profile.sign}; canonical=${text}` : undefined;
    return refused(refusal('SIGN_WRONG', {}, shown));
  }
  return unit.status === 'active' ? ok(unit) : refused(refusal('UNIT_SUSPENDED'));
}
