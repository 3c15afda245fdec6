import type { Gm } from '#crypto/gm.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Secret } from '#kernel/secret.ts';
import { type InterfaceName, interfaceOf } from './interfaces.ts';
import { type SignProfile, signMembers } from './sign.ts';

/**
 * A message that the hub sends: each printed member once, in printed order, `sign` by the unit's secret, then members that are not printed.
 * `sign` covers those only under `allMembers`.
 */
export function signedMessage(
  gm: Gm,
  profile: SignProfile,
  secret: Secret<string>,
  name: InterfaceName,
  values: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, string>> = {},
): JsonObject {
  const printed = interfaceOf(name).request.flatMap((field) =>
    field.name !== 'sign' && values[field.name] !== undefined ? [[field.name, values[field.name] ?? ''] as const] : [],
  );
  const signed = profile.allMembers ? [...printed, ...Object.entries(extra)] : printed;
  return { ...Object.fromEntries(printed), sign: signMembers(gm, profile, secret, signed), ...extra };
}
