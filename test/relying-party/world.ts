import { createGm } from '#crypto/provider.ts';
import type { Clock } from '#kernel/clock.ts';
import { systemRandom } from '#kernel/random.ts';
import type { Result } from '#kernel/result.ts';
import { createRelyingParties, type RelyingParties } from '#relying-party/relying-parties.ts';
import type { Mode } from '#relying-party/url-policy.ts';
import { createFieldCipher } from '#store/field-cipher.ts';
import { createKeyring } from '#store/keys.ts';
import type { Store } from '#store/store.ts';

export const gm = createGm();

/** The room over a real database. */
export function openParties(
  store: Store,
  mode: Mode = 'production',
): { store: Store; parties: RelyingParties; clock: Clock } {
  const keyring = createKeyring(gm, [{ id: 'k1', key: systemRandom.bytes(32) }]);
  const cipher = createFieldCipher(gm, keyring, systemRandom);
  const clock: Clock = { now: () => Date.UTC(2026, 2, 18, 1, 30), monotonic: () => 0 };
  return { store, parties: createRelyingParties({ store, cipher, clock, random: systemRandom, mode }), clock };
}

export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code} ${JSON.stringify(result.refusal.params)}`);
  return result.value;
}

export const reasonOf = (result: Result<unknown>): string =>
  result.ok ? 'ok' : `${result.refusal.code} ${result.refusal.params['reason'] ?? ''}`.trim();
