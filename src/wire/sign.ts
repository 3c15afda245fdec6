import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Secret } from '#kernel/secret.ts';
import type { UnitProfile } from '#relying-party/profile.ts';
import { type PrintedField, printedNames } from './interfaces.ts';
import type { Members } from './members.ts';

/** Which algorithm, and over which members (readings L1). */
export type SignProfile = Pick<UnitProfile, 'sign' | 'allMembers'> & Partial<Pick<UnitProfile, 'signKey'>>;

/** Members that are signed, by name. */
export type SignedMembers = Iterable<readonly [string, string]>;

/**
 * The text under `sign`: members without `sign`, without "" , sorted by name in code-unit order, `name=value` joined by `&`. UTF-8.
 * Vector: `caUnitId=LN-BIZ-0001&orgcode=210000&taskId=T20250301000001`, secret `0123456789abcdef`,
 * hmac-sm3 → 50ae0d87…1931ad4, sm3 → 470ca709…30ff15.
 */
export const canonicalString = (members: SignedMembers): string =>
  sorted(members)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const sorted = (members: SignedMembers): (readonly [string, string])[] =>
  [...members]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** A canonical string with a hole: the value of one member, which is too large to hold, belongs between the two. */
export interface CanonicalAround {
  readonly before: string;
  readonly after: string;
}

/** The canonical string around the value of the member `name`, whatever stands there for it. */
export function canonicalAround(members: SignedMembers, name: string): CanonicalAround {
  const others = [...members].filter(([other]) => other !== name);
  const head = canonicalString(others.filter(([other]) => other < name));
  const tail = canonicalString(others.filter(([other]) => other > name));
  return { before: `${head}${head && '&'}${name}=`, after: `${tail && '&'}${tail}` };
}

/** 32 bytes over a canonical string with one secret. */
export function signatureOf(gm: Gm, algorithm: SignProfile['sign'], secret: Secret<string>, canonical: string): Bytes {
  switch (algorithm) {
    case 'hmac-sm3':
    case 'sm2': // the hub has no key of the unit's: what it sends is proved by the shared secret
      return gm.hmacSm3(utf8(secret.reveal()), utf8(canonical));
    case 'sm3':
      return gm.sm3(utf8(`${canonical}&key=${secret.reveal()}`));
  }
}

/** Lower hex, as the hub writes `sign`. */
export const signMembers = (
  gm: Gm,
  profile: SignProfile,
  secret: Secret<string>,
  members: Iterable<readonly [string, string]>,
): string => hex(signatureOf(gm, profile.sign, secret, canonicalString(members)));

/**
 * The canonical strings a caller may have signed: with the printed names, and, where it wrote a name in another case, with the names as
 * written. Refused before anything is verified: a message whose string could be read as another message (SIGN_AMBIGUOUS), and with
 * `allMembers` a member that belongs to another interface, so that a `sign` of one path never serves a second one.
 */
export function canonicalStrings(
  profile: SignProfile,
  fields: readonly PrintedField[],
  members: Members,
  body: JsonObject,
): Result<string[]> {
  const spellings = signedSpellings(profile, fields, members, body);
  return spellings.ok ? ok(spellings.value.map(canonicalString)) : spellings;
}

/** What `canonicalStrings` makes its strings of. */
export function signedSpellings(
  profile: SignProfile,
  fields: readonly PrintedField[],
  members: Members,
  body: JsonObject,
): Result<ReadonlyMap<string, string>[]> {
  const extra = profile.allMembers ? extraMembers(fields, members, body) : ok(new Map<string, string>());
  if (!extra.ok) return extra;
  const printed = new Map([...extra.value, ...members.values]);
  const ambiguous = ambiguousMember(printed, profile, fields);
  if (ambiguous !== undefined) return refused(refusal('SIGN_AMBIGUOUS', { field: ambiguous }));
  if (members.spelledAs.size === 0) return ok([printed]);
  const spelled = [...printed].map(([name, value]) => [members.spelledAs.get(name) ?? name, value] as const);
  return ok([printed, new Map(spelled)]);
}

/**
 * Which of the strings `given` signs; undefined: none. Hex of either case or base64 of a digest by one of the secrets, or, under `sm2`,
 * base64 of an SM2 signature (any form of domain 1.1, default id) by the unit's registered key.
 */
export function signedString(
  gm: Gm,
  profile: SignProfile,
  secrets: readonly Secret<string>[],
  canonicals: readonly string[],
  given: string,
): string | undefined {
  return profile.sign === 'sm2'
    ? signedBySm2(gm, profile.signKey ?? '', canonicals, given)
    : signedByDigest(gm, profile.sign, secrets, canonicals, given);
}

function signedBySm2(gm: Gm, signKey: string, canonicals: readonly string[], given: string): string | undefined {
  const key = gm.sm2.importPublic(fromHex(signKey) ?? new Uint8Array());
  const signature = fromBase64(given.trim());
  if (key === undefined || signature === undefined) return undefined;
  return canonicals.find((canonical) => gm.sm2.verify(key, [utf8(canonical)], signature));
}

/** Every pair is computed and compared in constant time, so the answer's time does not tell which secret it was. */
function signedByDigest(
  gm: Gm,
  algorithm: SignProfile['sign'],
  secrets: readonly Secret<string>[],
  canonicals: readonly string[],
  given: string,
): string | undefined {
  const presented = decodeSign(given);
  let signed: string | undefined;
  for (const secret of secrets) {
    for (const canonical of canonicals) {
      const expected = signatureOf(gm, algorithm, secret, canonical);
      if (presented !== undefined && equalBytes(expected, presented)) signed = canonical;
    }
  }
  return signed;
}

export function decodeSign(given: string): Bytes | undefined {
  const text = given.trim();
  const bytes = text.length === 64 ? fromHex(text) : fromBase64(text);
  return bytes?.length === 32 ? bytes : undefined;
}

/** Members the interface does not print, signed only under `allMembers`. Nested values have no agreed spelling and are refused. */
function extraMembers(
  fields: readonly PrintedField[],
  members: Members,
  body: JsonObject,
): Result<Map<string, string>> {
  const known = new Set([...fields.map((field) => field.name), ...members.spelledAs.values()]);
  const extra = new Map<string, string>();
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name) || value === null) continue;
    const no = (reason: string) =>
      refused(refusal('FIELD_INVALID', { field: name.slice(0, 40), label: '附加参数', reason }));
    if (printedNames.has(name)) return no('该接口没有这个参数');
    if (typeof value === 'object') return no('签名范围内的附加参数不能是对象或数组');
    if (/[&=\p{C}]/u.test(name) || name === '') return no('参数名不能含有 & 或 =');
    extra.set(name, String(value));
  }
  return ok(extra);
}

/**
 * The string is not injective: `a&b=c` as the value of `x` reads as two members. A value is refused when it contains `&` + a printed name +
 * `=`; under `allMembers`, where any name may follow, when it contains `&` … `=` at all.
 */
function ambiguousMember(
  members: ReadonlyMap<string, string>,
  profile: SignProfile,
  fields: readonly PrintedField[],
): string | undefined {
  const names = fields.map((field) => `&${field.name.toLowerCase()}=`);
  for (const [name, value] of members) {
    if (name === 'sign' || !value.includes('&')) continue;
    if (profile.allMembers && /&[^&=]*=/.test(value)) return name;
    const lower = value.toLowerCase();
    if (names.some((pattern) => lower.includes(pattern))) return name;
  }
  return undefined;
}
