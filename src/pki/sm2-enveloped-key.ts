import type { Gm, Sm2PrivateKey, Sm2PublicKey } from '#crypto/gm.ts';
import { type Bytes, equalBytes } from '#kernel/bytes.ts';
import type { Random } from '#kernel/random.ts';
import { readAlgorithm } from './algorithm.ts';
import { readDer, tags } from './der.ts';
import { childrenOf, readBits } from './der-values.ts';
import { bitString, oid, sequence } from './der-writer.ts';
import { oids } from './oids.ts';

/**
 * SM2EnvelopedKey (GM/T 0009, GM/T 0092; domain 1.3): how a key centre hands an encryption key pair to the holder of a signing key.
 * For software keys only; a hub never sees one of a person.
 */
export type EnvelopedKeyResult = { readonly ok: true; readonly key: Sm2PrivateKey } | { readonly ok: false };

const MAX_BYTES = 4096;

/** The encryption key for the holder of `recipient`: SM4-ECB without padding over the 32 bytes of d, under a fresh SM4 key. */
export async function makeSm2EnvelopedKey(
  gm: Gm,
  { key, recipient, random }: { key: Sm2PrivateKey; recipient: Sm2PublicKey; random: Random },
): Promise<Bytes> {
  const sm4Key = random.bytes(16);
  return sequence(
    sequence(oid(oids.sm4Ecb)),
    await gm.sm2.encrypt(recipient, sm4Key),
    bitString(key.publicKey.point),
    bitString(gm.sm4Encrypt('ecb', sm4Key, null, gm.sm2.exportPrivate(key), { padding: false })),
  );
}

/**
 * Opens one with the signing key. Read are d alone (32 bytes encrypted), d right-aligned in 64 as tokens have it, and d padded to 48.
 * The private key must be the one of the public key beside it. Every failure is the same `{ok: false}`.
 */
export async function openSm2EnvelopedKey(gm: Gm, signKey: Sm2PrivateKey, der: Bytes): Promise<EnvelopedKeyResult> {
  const parts = parse(der);
  if (parts === undefined) return { ok: false };
  const opened = await gm.sm2.decrypt(signKey, parts.wrapped);
  if (!opened.ok || opened.plaintext.length !== 16) return { ok: false };
  const scalar = scalarOf(gm, opened.plaintext, parts.encrypted);
  const key = scalar === undefined ? undefined : gm.sm2.importPrivate(scalar);
  if (key === undefined || !equalBytes(key.publicKey.point, parts.point)) return { ok: false };
  return { ok: true, key };
}

function parse(der: Bytes): { wrapped: Bytes; point: Bytes; encrypted: Bytes } | undefined {
  if (der.length > MAX_BYTES) return undefined;
  const root = readDer(new Uint8Array(der));
  const [algorithmNode, wrapped, pointNode, encryptedNode, extra] = childrenOf(root, tags.sequence) ?? [];
  const algorithm = readAlgorithm(algorithmNode);
  const point = readBits(pointNode);
  const encrypted = readBits(encryptedNode);
  const ecb = algorithm?.parameters === null && (algorithm.oid === oids.sm4Ecb || algorithm.oid === oids.sm4);
  if (!ecb || wrapped?.tag !== tags.sequence || extra !== undefined) return undefined;
  if (point?.length !== 65 || encrypted === undefined) return undefined;
  return { wrapped: wrapped.der, point, encrypted };
}

function scalarOf(gm: Gm, key: Bytes, encrypted: Bytes): Bytes | undefined {
  if (encrypted.length === 48) {
    const padded = gm.sm4Decrypt('ecb', key, null, encrypted);
    return padded?.length === 32 ? padded : undefined;
  }
  if (encrypted.length !== 32 && encrypted.length !== 64) return undefined;
  const plain = gm.sm4Decrypt('ecb', key, null, encrypted, { padding: false });
  if (plain === undefined || plain.length === 32) return plain;
  return plain.subarray(0, 32).every((byte) => byte === 0) ? plain.subarray(32) : undefined;
}
