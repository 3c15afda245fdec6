import { type Bytes, fromUtf8Strict } from './bytes.ts';
import { refusal } from './errors.ts';
import { limits } from './limits.ts';
import { ok, type Result, refused } from './result.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/**
 * RFC 8259, read strictly: UTF-8 (one BOM tolerated), no duplicate member names (compared after unescaping), depth and size bounded.
 * `JSON.parse` alone keeps the last of two equal members, so a check and a use could see different values; hence our own scan beside it.
 */
export function readJson(bytes: Bytes, bounds: { size?: number; depth?: number } = {}): Result<Json> {
  const size = bounds.size ?? limits.jsonBody;
  if (bytes.length > size) return refused(refusal('BODY_TOO_LARGE', { limit: humanSize(size) }));
  const text = fromUtf8Strict(bytes); // drops one leading BOM
  if (text === undefined) return refused(refusal('BODY_NOT_UTF8'));
  const fault = scan(text, bounds.depth ?? limits.jsonDepth);
  if (fault !== undefined) return refused(refusal('BODY_NOT_JSON', { reason: fault }));
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return refused(refusal('BODY_NOT_JSON', { reason: '语法有误' }));
  }
}

/** The same, for a body that must be one object. */
export function readJsonObject(bytes: Bytes, bounds: { size?: number; depth?: number } = {}): Result<JsonObject> {
  const parsed = readJson(bytes, bounds);
  if (!parsed.ok) return parsed;
  return isObject(parsed.value) ? ok(parsed.value) : refused(refusal('BODY_NOT_JSON', { reason: '最外层应为对象' }));
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const humanSize = (bytes: number): string => (bytes >= 1 << 20 ? `${bytes >> 20} MB` : `${bytes >> 10} KB`);

/** One pass over the text: depth, duplicate names, `__proto__`. Syntax is left to JSON.parse, which runs afterwards. */
function scan(text: string, maxDepth: number): string | undefined {
  const names: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const end = endOfString(text, i);
      if (end < 0) return '字符串没有结束';
      const owner = names[names.length - 1];
      if (owner && isName(text, end)) {
        const name = nameOf(text.slice(i, end + 1));
        if (name === undefined) return '参数名有误';
        if (name === '__proto__') return '参数名不被允许';
        if (owner.has(name)) return `参数 ${name.slice(0, 40)} 重复出现`;
        owner.add(name);
      }
      i = end;
    } else if (c === 0x7b || c === 0x5b) {
      if (names.length >= maxDepth) return `嵌套超过 ${maxDepth} 层`;
      names.push(c === 0x7b ? new Set() : undefined);
    } else if (c === 0x7d || c === 0x5d) {
      names.pop();
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x5c) i += 1;
    else if (c === 0x22) return i;
  }
  return -1;
}

function isName(text: string, end: number): boolean {
  for (let i = end + 1; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d) continue;
    return c === 0x3a;
  }
  return false;
}

function nameOf(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
