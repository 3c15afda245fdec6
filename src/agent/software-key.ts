import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, fromBase64, hex } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';
import type { Secret } from '#kernel/secret.ts';
import { type Header, type KeyFile, newKeyFile, openKeys, readKeyFile, sealKeys, writeKeyFile } from './key-file.ts';
import { isRsa, openRsaKey, type RsaSigningKey } from './rsa-key.ts';
import type { LoginOutcome, OpenKey, Token } from './token.ts';

export const PIN_LENGTH = { least: 4, most: 32 } as const;
const DEFAULT_TRIES = 6;
/** About 0.2 s a try. A short PIN falls to whoever copies the file, whatever the figure: a software key is for tests and demonstrations. */
const DEFAULT_ITERATIONS = 200_000;

export interface SoftwareKeyOptions {
  /** Path to write; an existing file is replaced. */
  readonly file: string;
  /** What people see: holder and use, e.g. `辽宁示例建设有限公司`. */
  readonly label: string;
  /** 4 to 32 characters. */
  readonly pin: string;
  readonly pinEntry: 'page' | 'agent';
  readonly sign: { readonly key: Sm2PrivateKey | RsaSigningKey /** DER */; readonly certificate: Bytes };
  /** null: the key only signs. */
  readonly encrypt: { readonly key: Sm2PrivateKey /** DER */; readonly certificate: Bytes } | null;
  /** Wrong PINs until it locks; 6. */
  readonly tries?: number;
  /** PBKDF2 iterations; 200 000. */
  readonly iterations?: number;
}

/** Writes a software key: the pairs sealed under the PIN, the certificates in the open. Throws when a certificate does not carry its key. */
export function createSoftwareKeyFile(options: SoftwareKeyOptions, deps: { gm: Gm; random: Random }): void {
  const { gm, random } = deps;
  if (!lengthAllowed(options.pin)) throw new Error('a PIN has 4 to 32 characters');
  const { sign, encrypt } = options;
  for (const { key, certificate } of [sign, ...(encrypt === null ? [] : [encrypt])]) {
    if (!Buffer.from(certificate).includes(Buffer.from(publicPartOf(key))))
      throw new Error('this certificate is of another key');
  }
  const plain = encrypt !== null && !isRsa(sign.key);
  const header: Header = {
    version: plain ? 1 : 2,
    id: hex(random.bytes(16)),
    label: options.label,
    pinEntry: options.pinEntry,
    certificates: {
      sign: base64(sign.certificate),
      encrypt: encrypt === null ? '' : base64(encrypt.certificate),
    },
  };
  const sealed = sealKeys(gm, random, header, {
    sign: isRsa(sign.key) ? sign.key.pkcs8 : gm.sm2.exportPrivate(sign.key),
    encrypt: encrypt === null ? new Uint8Array() : gm.sm2.exportPrivate(encrypt.key),
    pin: options.pin,
    iterations: options.iterations ?? DEFAULT_ITERATIONS,
  });
  writeKeyFile(options.file, newKeyFile(header, options.tries ?? DEFAULT_TRIES, sealed));
}

/** What a certificate of this key must have in it. Throws for a key that cannot be used. */
function publicPartOf(key: Sm2PrivateKey | RsaSigningKey): Bytes {
  if (!isRsa(key)) return key.publicKey.point;
  const rsa = openRsaKey(key);
  if (rsa === undefined) throw new Error('not an RSA key of 2048 to 4096 bits');
  return rsa.spki;
}

const lengthAllowed = (pin: string): boolean => pin.length >= PIN_LENGTH.least && pin.length <= PIN_LENGTH.most;

/** The key in a file as a token; undefined when the file holds none. Nothing is kept open: every act reads the file again. */
export function openSoftwareKey(gm: Gm, file: string): Token | undefined {
  const first = readKeyFile(file);
  if (first === undefined) return undefined;
  const sign = fromBase64(first.certificates.sign);
  const encrypt = fromBase64(first.certificates.encrypt);
  if (sign === undefined || encrypt === undefined) return undefined;
  const present = (): KeyFile | undefined => {
    const now = readKeyFile(file);
    return now?.id === first.id ? now : undefined;
  };
  return {
    id: first.id,
    label: first.label,
    pinEntry: first.pinEntry,
    certificates: { sign, encrypt },
    pinStatus() {
      const now = present();
      return now === undefined ? 'removed' : { remaining: now.pin.remaining, locked: now.pin.remaining === 0 };
    },
    login: async (pin) => login(gm, file, present, pin),
  };
}

/** The try is taken off before the PIN is looked at, so that killing the program gives nobody another one. Synchronous: two tries never overlap. */
function login(gm: Gm, file: string, present: () => KeyFile | undefined, pin: Secret<string>): LoginOutcome {
  const now = present();
  if (now === undefined) return { outcome: 'removed' };
  if (now.pin.remaining === 0) return { outcome: 'locked' };
  if (!lengthAllowed(pin.reveal())) return { outcome: 'length' };
  const remaining = now.pin.remaining - 1;
  writeKeyFile(file, { ...now, pin: { ...now.pin, remaining } });
  const opened = openKeys(gm, now, pin.reveal());
  if (opened === undefined) return remaining === 0 ? { outcome: 'locked' } : { outcome: 'wrong', remaining };
  const key = openKey(gm, opened);
  // the derivation took a while: a key pulled meanwhile must not be written back
  if (key === undefined || present() === undefined) return { outcome: 'removed' };
  writeKeyFile(file, { ...now, pin: { ...now.pin, remaining: now.pin.max } });
  return { outcome: 'open', remaining: now.pin.max, key };
}

function openKey(gm: Gm, secrets: { readonly sign: Bytes; readonly encrypt: Bytes }): OpenKey | undefined {
  const sign = signerOf(gm, secrets.sign);
  const encrypt = secrets.encrypt.length === 0 ? null : gm.sm2.importPrivate(secrets.encrypt);
  if (sign === undefined || encrypt === undefined) return undefined;
  return {
    sign,
    async unwrap(wrapped) {
      if (encrypt === null) return undefined;
      const opened = await gm.sm2.decrypt(encrypt, wrapped);
      return opened.ok ? opened : undefined;
    },
  };
}

/** A scalar of 32 bytes is SM2's; anything longer must be PKCS#8 of RSA. */
function signerOf(gm: Gm, secret: Bytes): OpenKey['sign'] | undefined {
  if (secret.length > 32) return openRsaKey({ pkcs8: secret })?.sign;
  const key = gm.sm2.importPrivate(secret);
  return key && ((message) => gm.sm2.sign(key, [message]));
}
