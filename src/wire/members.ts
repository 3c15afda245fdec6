import { type Refusal, refusal } from '#kernel/errors.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type FieldRule, faultOf, ruleOf } from './field-rules.ts';
import type { PrintedField } from './interfaces.ts';

/** The printed members of one request, by printed name; what was absent, null or (where "" means missing) empty is absent here. */
export interface Members {
  readonly values: ReadonlyMap<string, string>;
  /** Printed name → name as the caller wrote it, where it differs in case. */
  readonly spelledAs: ReadonlyMap<string, string>;
}

/**
 * Reads the printed members out of a body: exact name first, then any case (readings L9). Missing, mistyped, overlong or ill-formed
 * members are refused by printed name and label: FIELD_MISSING, FIELD_TYPE, FIELD_INVALID; a missing `sign` is SIGN_MISSING.
 */
export function readMembers(fields: readonly PrintedField[], body: JsonObject): Result<Members> {
  const values = new Map<string, string>();
  const spelledAs = new Map<string, string>();
  for (const field of fields) {
    const found = lookUp(body, field);
    if (!found.ok) return found;
    const rule = ruleOf(field.name);
    const read = readValue(found.value?.value, field, rule);
    if (!read.ok) return read;
    if (read.value === undefined) continue;
    values.set(field.name, read.value);
    if (found.value && found.value.name !== field.name) spelledAs.set(field.name, found.value.name);
  }
  return ok({ values, spelledAs });
}

function lookUp(body: JsonObject, field: PrintedField): Result<{ name: string; value: Json } | undefined> {
  const exact = Object.hasOwn(body, field.name) ? body[field.name] : undefined;
  if (exact !== undefined) return ok({ name: field.name, value: exact });
  const lower = field.name.toLowerCase();
  const names = Object.keys(body).filter((name) => name.toLowerCase() === lower);
  const [name, second] = names;
  if (name === undefined) return ok(undefined);
  if (second !== undefined) return refused(invalid(field, '以不同的大小写出现了两次'));
  return ok({ name, value: body[name] ?? null });
}

function readValue(value: Json | undefined, field: PrintedField, rule: FieldRule): Result<string | undefined> {
  if (value === undefined || value === null) return absent(field);
  const text = rule.mayBeInteger && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string') {
    const expected = rule.mayBeInteger ? '字符串或整数' : '字符串';
    return refused(refusal('FIELD_TYPE', { ...named(field), expected }));
  }
  if (text.trim() === '' && !rule.mayBeEmpty) return absent(field);
  const fault = faultOf(rule, text);
  return fault === undefined ? ok(text) : refused(invalid(field, fault));
}

function absent(field: PrintedField): Result<undefined> {
  if (!field.required) return ok(undefined);
  return refused(field.name === 'sign' ? refusal('SIGN_MISSING') : refusal('FIELD_MISSING', named(field)));
}

const named = (field: PrintedField) => ({ field: field.name, label: field.zh });
const invalid = (field: PrintedField, reason: string): Refusal => refusal('FIELD_INVALID', { ...named(field), reason });
