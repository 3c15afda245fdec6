import { type Bytes, equalBytes, utf8 } from '#kernel/bytes.ts';
import { isObject, type Json, type JsonObject, readJsonObject } from '#kernel/json.ts';

/**
 * The one spelling of a JSON value (RFC 8785 without fractions): no white space, members sorted by UTF-16 code units, numbers safe integers.
 * Whatever is hashed or signed is hashed or signed in this spelling. Throws RangeError on a number that is no safe integer: our own mistake.
 */
export function canonicalJson(value: Json): Bytes {
  return utf8(textOf(value));
}

function textOf(value: Json): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError('canonical JSON has integers only');
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `${JSON.stringify(name)}:${textOf(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** An object in exactly that spelling; every other spelling of the same object is undefined. */
export function readCanonical(bytes: Bytes, size: number): JsonObject | undefined {
  const parsed = readJsonObject(bytes, { size, depth: 8 });
  if (!parsed.ok) return undefined;
  try {
    return equalBytes(canonicalJson(parsed.value), bytes) ? parsed.value : undefined;
  } catch {
    return undefined; // a fraction or a number beyond 2^53
  }
}
