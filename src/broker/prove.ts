import { readBody } from '#http/body.ts';
import type { EdgeContext } from '#http/context.ts';
import { hex, utf8 } from '#kernel/bytes.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { SignProof } from '#relying-party/sign-path-repository.ts';
import type { PrintedField, PrintedInterface } from '#wire/interfaces.ts';
import { type Members, readMembers } from '#wire/members.ts';
import { canonicalString, canonicalStrings, type SignProfile, signedString } from '#wire/sign.ts';
import { sharesItsString } from '#wire/sign-path.ts';
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
  /** Where another interface could share the signed string: what must be remembered with whatever the request brings about (readings L1). */
  readonly proof?: SignProof;
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
  entry: PrintedInterface,
): Promise<Result<ProvenRequest>> {
  const found = await unitAndMembers(deps, body, entry.request);
  if (!found.ok) return found;
  const { unit, members } = found.value;
  const proven = await proveMembers(deps, unit, entry.request, members, body);
  if (!proven.ok) return proven;
  if (!sharesItsString(entry, members)) return ok({ unit, members });
  const proof = { path: entry.path, digest: hex(deps.gm.sm3(utf8(proven.value.signed))) };
  return ok({ unit, members, proof });
}

/** The same for a message of our own beside the printed ones, whose members are fixed. */
export async function proveFixed(
  deps: BrokerDeps,
  { body }: Received,
  fields: readonly PrintedField[],
): Promise<Result<ProvenRequest>> {
  const found = await unitAndMembers(deps, body, fields);
  if (!found.ok) return found;
  const { unit, members } = found.value;
  const fixed = { ...unit, profile: { ...unit.profile, allMembers: false } };
  const proven = await proveMembers(deps, fixed, fields, members, body);
  return proven.ok ? ok({ unit, members }) : proven;
}

/** The printed members in form, and whom `caUnitId` names. */
export async function unitAndMembers(
  deps: Pick<BrokerDeps, 'relyingParties' | 'store'>,
  body: JsonObject,
  fields: readonly PrintedField[],
): Promise<Result<ProvenRequest>> {
  const members = readMembers(fields, body);
  if (!members.ok) return members;
  const unit = await deps.relyingParties.unit(deps.store.read, members.value.values.get('caUnitId') ?? '');
  return unit === undefined ? refused(refusal('UNIT_UNKNOWN')) : ok({ unit, members: members.value });
}

/** One unit's own profile over members that are in form; `signed`: the string that `sign` is of. */
export async function proveMembers(
  deps: BrokerDeps,
  unit: Unit,
  fields: readonly PrintedField[],
  members: Members,
  body: JsonObject,
): Promise<Result<{ unit: Unit; signed: string }>> {
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
  const proven = await proveSign(deps, unit, [canonicalString(Object.entries(members))], sign);
  return proven.ok ? ok(proven.value.unit) : proven;
}

async function proveSign(
  deps: BrokerDeps,
  unit: Unit,
  canonicals: readonly string[],
  given: string,
  plaintext = '',
): Promise<Result<{ unit: Unit; signed: string }>> {
  const secrets = await deps.relyingParties.liveSecrets(deps.store.read, unit.id);
  const profile: SignProfile = unit.profile;
  const signed = signedString(deps.gm, profile, secrets, canonicals, given);
  if (signed === undefined) {
    // What was to be closed is in no answer, not even in a sandbox.
    const text = (canonicals[0] ?? '').replace(
      `decData=${plaintext}`,
      () => `decData=<${plaintext.length} characters>`,
    );
    return refused(wrongSign(unit, text));
  }
  return unit.status === 'active' ? ok({ unit, signed }) : refused(refusal('UNIT_SUSPENDED'));
}

/** Only a sandbox unit is told which string the hub used; it holds no real persons, and the string is its own message. */
export const wrongSign = (unit: Unit, canonical: string): Refusal =>
  refusal(
    'SIGN_WRONG',
    {},
    unit.profile.sandbox ? `algorithm=${unit.profile.sign}; canonical=${canonical}` : undefined,
  );
