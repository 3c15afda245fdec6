import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, base64, concat, equalBytes, fromBase64, utf8 } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';

const FORMAT = 'ca-interop-hub/software-key';
const MAX_FILE = 128 * 1024;

const binary = z
  .string()
  .max(MAX_FILE)
  .refine((text) => fromBase64(text) !== undefined);
const tries = z.int().min(0).max(99);

/**
 * A software key as it lies on the disk. Everything but `sealed` is readable; the PIN opens `sealed` and proves the rest. Version 1 seals two SM2 keys of
 * 32 bytes each; version 2 an RSA signing key (PKCS#8, its length before it in two bytes) and one SM2 key or none, whose certificate is then ''.
 */
const schema = z.object({
  format: z.literal(FORMAT),
  version: z.union([z.literal(1), z.literal(2)]),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  label: z.string().min(1).max(100),
  pinEntry: z.enum(['page', 'agent']),
  certificates: z.object({ sign: binary, encrypt: binary }),
  pin: z.object({ max: tries, remaining: tries }),
  kdf: z.object({ name: z.literal('PBKDF2-HMAC-SM3'), iterations: z.int().min(1).max(10_000_000), salt: binary }),
  sealed: z.object({ iv: binary, data: binary, tag: binary }),
});

export type KeyFile = z.infer<typeof schema>;
export type Header = Pick<KeyFile, 'version' | 'id' | 'label' | 'pinEntry' | 'certificates'>;

/** The key in this file; undefined when the file is gone or is no software key. */
export function readKeyFile(file: string): KeyFile | undefined {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_FILE) return undefined;
    const parsed = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: written beside, flushed, renamed. Mode 0600. */
export function writeKeyFile(file: string, content: KeyFile): void {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const handle = openSync(beside, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** 16 bytes SM4 key, 32 bytes MAC key. */
function keysOf(gm: Gm, pin: string, kdf: KeyFile['kdf']): { readonly cipher: Bytes; readonly mac: Bytes } {
  const derived = gm.pbkdf2Sm3(utf8(pin.normalize('NFC')), bytesOf(kdf.salt), kdf.iterations, 48);
  return { cipher: derived.subarray(0, 16), mac: derived.subarray(16) };
}

const bytesOf = (text: string): Bytes => fromBase64(text) ?? Buffer.alloc(0);

/** The MAC covers the readable part too: who changes a label, a certificate or `pinEntry` has broken the key. */
function tagOf(gm: Gm, mac: Bytes, header: Header, iv: Bytes, data: Bytes): Bytes {
  const { version, id, label, pinEntry, certificates } = header;
  const readable = JSON.stringify([FORMAT, version, id, label, pinEntry, certificates.sign, certificates.encrypt]);
  return gm.hmacSm3(mac, gm.sm3(utf8(readable)), iv, data);
}

/** Seals the private keys under the PIN, in the form of the header's version. */
export function sealKeys(
  gm: Gm,
  random: Random,
  header: Header,
  secrets: { readonly sign: Bytes; readonly encrypt: Bytes; readonly pin: string; readonly iterations: number },
): Pick<KeyFile, 'kdf' | 'sealed'> {
  const kdf = {
    name: 'PBKDF2-HMAC-SM3' as const,
    iterations: secrets.iterations,
    salt: base64(random.bytes(16)),
  };
  const { cipher, mac } = keysOf(gm, secrets.pin, kdf);
  const iv = random.bytes(16);
  const length = Buffer.of(secrets.sign.length >> 8, secrets.sign.length & 0xff);
  const plain =
    header.version === 1 ? concat(secrets.sign, secrets.encrypt) : concat(length, secrets.sign, secrets.encrypt);
  const data = gm.sm4Encrypt('ctr', cipher, iv, plain);
  const tag = tagOf(gm, mac, header, iv, data);
  return { kdf, sealed: { iv: base64(iv), data: base64(data), tag: base64(tag) } };
}

/** The private keys, when this is the PIN; `encrypt` is empty where there is none. */
export function openKeys(
  gm: Gm,
  file: KeyFile,
  pin: string,
): { readonly sign: Bytes; readonly encrypt: Bytes } | undefined {
  const { cipher, mac } = keysOf(gm, pin, file.kdf);
  const iv = bytesOf(file.sealed.iv);
  const data = bytesOf(file.sealed.data);
  if (!equalBytes(tagOf(gm, mac, file, iv, data), bytesOf(file.sealed.tag))) return undefined;
  const plain = gm.sm4Decrypt('ctr', cipher, iv, data);
  if (plain === undefined) return undefined;
  if (file.version === 1)
    return plain.length === 64 ? { sign: plain.subarray(0, 32), encrypt: plain.subarray(32) } : undefined;
  const end = 2 + (plain[0] ?? 0) * 256 + (plain[1] ?? 0);
  const encrypt = plain.subarray(end);
  const whole = plain.length === end || plain.length === end + 32;
  return whole ? { sign: plain.subarray(2, end), encrypt } : undefined;
}

export const newKeyFile = (header: Header, pinTries: number, rest: Pick<KeyFile, 'kdf' | 'sealed'>): KeyFile => ({
  format: FORMAT,
  ...header,
  pin: { max: pinTries, remaining: pinTries },
  ...rest,
});
