import type { Bytes } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { Gm, Sm4Mode } from './gm.ts';
import { createNodeNative } from './node-native.ts';
import type { Primitive, Provider, ProviderName } from './primitives.ts';
import { passes } from './self-test.ts';
import { createSmCrypto } from './sm-crypto.ts';
import { createSm2 } from './sm2.ts';

export type { Primitive } from './primitives.ts';

export interface GmOptions {
  /** Ties a primitive to one provider (tests, and a platform with a known fault). It must still pass the self-test. */
  readonly force?: Partial<Record<Primitive, ProviderName>>;
  /** Told in one English sentence when a primitive had to move to the second provider. */
  readonly alarm?: (message: string) => void;
  /** First and second choice; only tests bring their own. */
  readonly providers?: readonly [Provider, Provider];
}

/** In the order of proof: a verifier before the signer it judges. */
const PRIMITIVES: readonly Primitive[] = [
  'sm3',
  'hmac-sm3',
  'hkdf-sm3',
  'pbkdf2-sm3',
  'sm4',
  'sm2-verify',
  'sm2-sign',
  'sm2-decrypt',
  'sm2-encrypt',
  'sm2-keygen',
];

/**
 * SM2, SM3 and SM4 for the whole program. Every primitive proves itself with known answers now (a few milliseconds); one that fails moves to the
 * second provider with an alarm. Throws HubError INTERNAL when neither provider passes.
 */
export function createGm(options: GmOptions = {}): Gm {
  const chosen = selfTest(options);
  return {
    sm3: (...parts) => chosen['sm3'].sm3(parts),
    sm3Stream: () => chosen['sm3'].sm3Stream(),
    hmacSm3: (key, ...parts) => chosen['hmac-sm3'].hmacSm3(key, parts),
    hkdfSm3(ikm, salt, info, length) {
      if (!Number.isInteger(length) || length < 1 || length > 255 * 32) throw fault('HKDF-SM3 gives 1 to 8160 bytes');
      return chosen['hkdf-sm3'].hkdfSm3(ikm, salt, info, length);
    },
    pbkdf2Sm3(password, salt, iterations, length) {
      if (!Number.isInteger(iterations) || iterations < 1 || !Number.isInteger(length) || length < 1 || length > 8160) {
        throw fault('PBKDF2-SM3 takes one iteration or more and gives 1 to 8160 bytes');
      }
      return chosen['pbkdf2-sm3'].pbkdf2Sm3(password, salt, iterations, length);
    },
    sm4Encrypt(mode, key, iv, plaintext, { padding = true } = {}) {
      if (!fits(mode, key, iv)) throw fault('SM4 takes a 16-byte key and, but for ecb, a 16-byte iv');
      if (!padding && mode !== 'ctr' && plaintext.length % 16 !== 0)
        throw fault('SM4 without padding takes whole blocks');
      return chosen['sm4'].sm4Encrypt(mode, key, iv, plaintext, padding);
    },
    sm4Decrypt(mode, key, iv, ciphertext, { padding = true } = {}) {
      if (!fits(mode, key, iv)) return undefined;
      const whole = mode === 'ctr' || ciphertext.length % 16 === 0;
      if (!whole || (padding && mode !== 'ctr' && ciphertext.length === 0)) return undefined;
      return chosen['sm4'].sm4Decrypt(mode, key, iv, ciphertext, padding);
    },
    sm4Stream(direction, mode, key, iv) {
      if (!fits(mode, key, iv)) throw fault('SM4 takes a 16-byte key and, but for ecb, a 16-byte iv');
      return chosen['sm4'].sm4Stream(direction, mode, key, iv);
    },
    sm2: createSm2({
      sm3: chosen['sm3'],
      sign: chosen['sm2-sign'],
      verify: chosen['sm2-verify'],
      encrypt: chosen['sm2-encrypt'],
      decrypt: chosen['sm2-decrypt'],
      keygen: chosen['sm2-keygen'],
    }),
  };
}

const fits = (mode: Sm4Mode, key: Bytes, iv: Bytes | null): boolean =>
  key.length === 16 && (mode === 'ecb' ? iv === null : iv?.length === 16);

const fault = (detail: string): HubError => new HubError('INTERNAL', detail);

/** The provider of each primitive after its known-answer test. */
export function selfTest(options: GmOptions = {}): Readonly<Record<Primitive, Provider>> {
  const [first, second] = options.providers ?? [createNodeNative(), createSmCrypto()];
  const chosen: Partial<Record<Primitive, Provider>> = {};
  for (const primitive of PRIMITIVES) {
    const forced = options.force?.[primitive];
    const candidates = [first, second].filter((provider) => forced === undefined || provider.name === forced);
    const referee = { verify: chosen['sm2-verify'], decrypt: chosen['sm2-decrypt'], sm3: chosen['sm3'] };
    const fit = candidates.find((provider) => passes(provider, primitive, referee));
    if (fit === undefined) throw fault(`no provider passes the self-test of ${primitive}`);
    if (forced === undefined && fit !== first) {
      options.alarm?.(`${primitive}: ${first.name} failed its self-test, ${fit.name} has taken over`);
    }
    chosen[primitive] = fit;
  }
  return chosen as Record<Primitive, Provider>;
}
