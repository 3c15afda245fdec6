import { z } from 'zod';
import { utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { isObject, type JsonObject, readJson } from '#kernel/json.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Members } from './members.ts';

/** Our optional extensions of nos. 1 to 3, under `"hub"` of a JSON standBy (readings L48). */
export interface StandByHub {
  /** One of the registered return URLs, exactly (L30). */
  readonly returnUrl?: string | undefined;
  /** When the caller wrote the message: epoch seconds or milliseconds, or ISO 8601 with zone (L3). */
  readonly timestamp?: number | undefined;
  readonly nonce?: string | undefined;
}

export interface StandBy {
  /** The caller's text as it came; null when there was none. */
  readonly text: string | null;
  readonly hub: StandByHub;
  /** What makes two requests the same one: the text without `hub.timestamp` and `hub.nonce`, which differ at each try. */
  readonly content: string;
}

const hubSchema = z.strictObject({
  returnUrl: z.string().min(1).max(2048).optional(),
  timestamp: z
    .union([z.string(), z.number()])
    .transform((value, context) => readInstant(value) ?? context.addIssue({ code: 'custom' }) ?? z.NEVER)
    .optional(),
  nonce: z
    .string()
    .regex(/^[\x21-\x7e]{8,128}$/)
    .optional(),
});

const EXPECTED: Readonly<Record<string, string>> = {
  returnUrl: 'returnUrl 应为已登记的返回地址',
  timestamp: 'timestamp 应为毫秒或秒时间戳，或带时区的 ISO 8601 时间',
  nonce: 'nonce 应为 8 至 128 个可见字符',
};

/** Anything but a JSON object with a member `hub` is the caller's own business and passes. FIELD_INVALID: `hub` is not as documented. */
export function readStandBy(members: Members): Result<StandBy> {
  const text = members.values.get('standBy') ?? null;
  const outer = text === null ? undefined : asObject(text);
  if (text === null || outer === undefined || !Object.hasOwn(outer, 'hub'))
    return ok({ text, hub: {}, content: text ?? '' });
  const parsed = hubSchema.safeParse(outer['hub']);
  if (parsed.success) return ok({ text, hub: parsed.data, content: contentOf(outer) });
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0];
  const reason = EXPECTED[String(name)] ?? `hub 应为对象，只可含有 ${Object.keys(EXPECTED).join('、')}`;
  return refused(refusal('FIELD_INVALID', { field: 'standBy.hub', label: '互认平台扩展参数', reason }));
}

/** Strict: text that our reader would refuse (duplicate names, too deep) is opaque text to us, not an extension. */
function asObject(text: string): JsonObject | undefined {
  const parsed = readJson(utf8(text));
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

function contentOf(outer: JsonObject): string {
  const hub = outer['hub'];
  if (!isObject(hub)) return JSON.stringify(outer);
  const { timestamp: _, nonce: __, ...rest } = hub;
  return JSON.stringify({ ...outer, hub: rest });
}

/** Epoch milliseconds of a time stamp: 10 digits are seconds, 13 milliseconds; ISO 8601 needs its zone. */
export function readInstant(value: string | number): number | undefined {
  const text = String(value).trim();
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  if (/^\d{13}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
