import { z } from 'zod';
import type { Gm, Sm2PrivateKey } from '#crypto/gm.ts';
import { type Bytes, base64, concat, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import type { JsonObject } from '#kernel/json.ts';
import { canonicalJson } from './canonical.ts';

const PREFIX = utf8('caihub-record/1\n');

/**
 * What the hub says over its signature, for anybody to check without the hub: tickets, receipts, minutes. `type` inside the record keeps one kind from
 * being taken for another.
 */
export interface SignedRecord<T extends JsonObject = JsonObject> {
  readonly record: T & { readonly type: string };
  /** The signing key's point, 130 hex. */
  readonly key: string;
  /** DER SM2Signature over `caihub-record/1`, a line feed and the record's canonical JSON, base64. */
  readonly signature: string;
}

/** The bytes under the signature. */
export const recordBytes = (record: JsonObject): Bytes => concat(PREFIX, canonicalJson(record));

/** SM3 of a record, hex: how one record names another. */
export const recordSm3 = (gm: Gm, record: JsonObject): string => hex(gm.sm3(canonicalJson(record)));

export async function signRecord<T extends JsonObject & { readonly type: string }>(
  gm: Gm,
  key: Sm2PrivateKey,
  record: T,
): Promise<SignedRecord<T>> {
  const signature = await gm.sm2.sign(key, [recordBytes(record)]);
  return { record, key: hex(key.publicKey.point), signature: base64(signature) };
}

const shape = z.strictObject({
  record: z.looseObject({ type: z.string() }),
  key: z.string().regex(/^04[0-9a-f]{128}$/),
  signature: z.string().max(200),
});

/**
 * The record when its signature holds and its key is one of `trusted` (points, 130 hex); else undefined. Without `trusted` the signature alone is checked,
 * and the caller must compare `key` with what he was told on another road.
 */
export function verifyRecord(gm: Gm, value: unknown, trusted?: readonly string[]): SignedRecord | undefined {
  const parsed = shape.safeParse(value);
  if (!parsed.success) return undefined;
  const signed = parsed.data as unknown as SignedRecord;
  if (trusted !== undefined && !trusted.includes(signed.key)) return undefined;
  const key = gm.sm2.importPublic(fromHex(signed.key) ?? Buffer.alloc(0));
  const signature = fromBase64(signed.signature);
  if (key === undefined || signature === undefined) return undefined;
  try {
    return gm.sm2.verify(key, [recordBytes(signed.record)], signature) ? signed : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a figure that has no canonical spelling
    throw error;
  }
}
