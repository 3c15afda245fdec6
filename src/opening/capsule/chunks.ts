import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, utf8 } from '#kernel/bytes.ts';

const SALT = utf8('caihub/capsule/1');

/** Keys of one capsule's chunks: 16 bytes SM4, 32 bytes MAC. */
export interface ChunkKeys {
  readonly cipher: Bytes;
  readonly mac: Bytes;
  wipe(): void;
}

/** HKDF-SM3 from the DEK with SM3(header) as info: under another header the same DEK opens nothing. */
export function chunkKeys(gm: Gm, dek: Bytes, headerSm3: Bytes): ChunkKeys {
  const derived = gm.hkdfSm3(dek, SALT, headerSm3, 48);
  return { cipher: derived.subarray(0, 16), mac: derived.subarray(16), wipe: () => derived.fill(0) };
}

/** Ciphertext and tag of one chunk. */
export function sealChunk(
  gm: Gm,
  keys: ChunkKeys,
  headerSm3: Bytes,
  at: ChunkPlace,
  plaintext: Bytes,
): { readonly ciphertext: Bytes; readonly tag: Bytes } {
  const ciphertext = gm.sm4Encrypt('ctr', keys.cipher, ivOf(at.index), plaintext);
  return { ciphertext, tag: tagOf(gm, keys, headerSm3, at, ciphertext) };
}

/** The plaintext of a chunk with its tag behind; undefined, and nothing decrypted, when the tag does not hold. */
export function openChunk(gm: Gm, keys: ChunkKeys, headerSm3: Bytes, at: ChunkPlace, chunk: Bytes): Bytes | undefined {
  const ciphertext = chunk.subarray(0, chunk.length - 32);
  if (!equalBytes(tagOf(gm, keys, headerSm3, at, ciphertext), chunk.subarray(chunk.length - 32))) return undefined;
  return gm.sm4Decrypt('ctr', keys.cipher, ivOf(at.index), ciphertext);
}

export interface ChunkPlace {
  readonly index: number;
  readonly last: boolean;
}

/** 8-byte chunk index ‖ 8 zero bytes: a chunk counts up to 4096 blocks, so no two chunks ever share a counter. */
function ivOf(index: number): Bytes {
  const iv = Buffer.alloc(16);
  iv.writeBigUInt64BE(BigInt(index));
  return iv;
}

function tagOf(gm: Gm, keys: ChunkKeys, headerSm3: Bytes, { index, last }: ChunkPlace, ciphertext: Bytes): Bytes {
  const place = Buffer.alloc(9);
  place.writeBigUInt64BE(BigInt(index));
  place[8] = last ? 1 : 0;
  return gm.hmacSm3(keys.mac, headerSm3, place, ciphertext);
}
