import { z } from 'zod';
import { utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { isObject, type JsonObject, readJson } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Members } from './members.ts';

/** What every interface takes under `"hub"` of a JSON standBy (readings L3, L48): when the caller wrote the message, and a word it never used before. */
export interface StandByHub {
  /** UTC ms; on the wire epoch seconds or milliseconds, or ISO 8601 with zone. */
  readonly timestamp?: number | undefined;
  readonly nonce?: string | undefined;
}

export interface StandBy<Hub extends StandByHub = StandByHub> {
  /** The caller's text as it came; null when there was none. */
  readonly text: string | null;
  readonly hub: Hub;
  /** What makes two requests the same one: the text without `hub.timestamp` and `hub.nonce`, which differ at each try. */
  readonly content: string;
}

const time = {
  timestamp: z
    .union([z.string(), z.number()])
    .transform((value, context) => readInstant(value) ?? context.addIssue({ code: 'custom' }) ?? z.NEVER)
    .optional(),
  nonce: z
    .string()
    .regex(/^[\x21-\x7e]{8,128}$/)
    .optional(),
};
/** A text for people, or a name in a signed string's company: one line. */
const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{C}\u2028\u2029]+$/u);
const code = line(limits.textField).regex(/^[^&=]+$/);
const recipient = z.strictObject({ idNumber: code, unitCode: code, encCertSn: code });
/** One of the registered return URLs, exactly (L30). */
const returnUrl = z.string().min(1).max(2048).optional();

/** From the page's upper left corner, as it is seen; the largest page of ISO 32000 is 5 080 mm wide. */
const millimetres = z.number().min(0).max(5_080);
const LAST_PAGE = 5_000;

/** Our optional extensions, by interface. Strict: a mistyped name must not be ignored. */
const schemas = {
  userSynchro: z.strictObject(time),
  changeCert: z.strictObject(time),
  startCheck: z.strictObject({ returnUrl, ...time }),
  encrypt: z.strictObject({
    recipients: z.array(recipient).min(1).max(limits.recipients).optional(),
    openingId: code.max(128).optional(),
    lot: code.max(128).optional(),
    fileName: line(255).optional(),
    ...time,
  }),
  startdecrypt: z.strictObject({ returnUrl, fileName: line(255).optional(), ...time }),
  startSignature: z
    .strictObject({
      returnUrl,
      fileName: line(255).optional(),
      keyword: line(100).optional(),
      page: z.int().min(1).max(LAST_PAGE).optional(),
      x: millimetres.optional(),
      y: millimetres.optional(),
      unitCode: code.optional(),
      ...time,
    })
    .refine(({ x, y }) => (x === undefined) === (y === undefined), { path: ['x'] }),
};

const EXPECTED: Readonly<Record<string, string>> = {
  returnUrl: 'returnUrl 应为已登记的返回地址',
  recipients: `recipients 应为 1 至 ${limits.recipients} 个 {"idNumber","unitCode","encCertSn"}`,
  openingId: 'openingId 应为建立开标时得到的开标标识',
  lot: 'lot 应为该开标中的标段标识',
  fileName: 'fileName 应为 1 至 255 个字符的文件名称',
  keyword: 'keyword 应为 1 至 100 个字符的关键字',
  page: `page 应为 1 至 ${LAST_PAGE} 的页码`,
  x: 'x、y 应为以毫米计的坐标（从页面左上角起），须一起提交',
  y: 'x、y 应为以毫米计的坐标（从页面左上角起），须一起提交',
  unitCode: 'unitCode 应为须由其签章的单位的统一社会信用代码',
  timestamp: 'timestamp 应为毫秒或秒时间戳，或带时区的 ISO 8601 时间',
  nonce: 'nonce 应为 8 至 128 个可见字符',
};

type Named = keyof typeof schemas;

/** Anything but a JSON object with a member `hub` is the caller's own business and passes. FIELD_INVALID: `hub` is not as documented. */
export function readStandBy<N extends Named>(
  members: Members,
  name: N,
): Result<StandBy<z.output<(typeof schemas)[N]>>> {
  type Hub = z.output<(typeof schemas)[N]>;
  const schema = schemas[name];
  const text = members.values.get('standBy') ?? null;
  const outer = text === null ? undefined : asObject(text);
  // Every member of every schema is optional.
  if (text === null || outer === undefined || !Object.hasOwn(outer, 'hub'))
    return ok({ text, hub: {} as Hub, content: text ?? '' });
  const parsed = schema.safeParse(outer['hub']);
  if (parsed.success) return ok({ text, hub: parsed.data as Hub, content: contentOf(outer) });
  const [issue] = parsed.error.issues;
  const wrong = issue?.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys[0] : issue?.path[0];
  const own = Object.keys(schema.shape);
  const expected = own.includes(String(wrong)) ? EXPECTED[String(wrong)] : undefined;
  const reason = expected ?? `hub 应为对象，只可含有 ${own.join('、')}`;
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
