import { z } from 'zod';
import { LAST_INSTANT } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { AmendmentRequest, OpeningRequest } from '#opening/request.ts';
import { readInstant } from '#wire/stand-by.ts';

/** Bodies of the opening interfaces: our own additions, so strict about every member; times as ISO or milliseconds. */

const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, '不能含有控制字符');
const text = (most: number) => line(most).min(1, '不能为空');
const instant = z.union([z.int(), z.string().max(40)]).transform((value, context) => {
  const at = typeof value === 'number' ? value : readInstant(value);
  if (at !== undefined && at > 0 && at <= LAST_INSTANT) return at;
  context.addIssue({ code: 'custom', message: '应为 ISO 时间或毫秒时间戳' });
  return z.NEVER;
});
const minutes = z
  .number()
  .min(1)
  .max(24 * 60)
  .transform((value) => Math.round(value * 60_000));
const certificate = z.string().min(1, '不能为空').max(limits.certificateField);
const taskId = z
  .string()
  .min(1, '不能为空')
  .max(limits.taskIdLength)
  .regex(/^[^\p{Cc}&=]*$/u, '不能含有 &、= 或控制字符');
/** Stands in headers and tickets. */
const lotCode = text(64).regex(/^[^&=\s]*$/u, '不能含有 &、= 或空白');

const official = z.strictObject({ name: text(100), signCertificate: certificate });
const holder = z.strictObject({ name: text(100), signCertificate: certificate, encryptionCertificate: certificate });
const custodian = z.strictObject({ ...holder.shape, deputies: z.array(holder).max(8).default([]) });

const opening = z.strictObject({
  taskId,
  orgcode: text(limits.textField),
  title: text(200),
  number: line(100).default(''),
  tenderer: line(200).default(''),
  agency: line(200).default(''),
  place: line(200).default(''),
  lots: z
    .array(z.strictObject({ code: lotCode, name: text(200) }))
    .min(1, '至少应有一个标段')
    .max(500),
  opensAt: instant,
  closesAt: instant.optional(),
  windowMinutes: minutes.default(60 * 60_000),
  keyModel: z.enum(['bidder', 'joint', 'quorum']).default('joint'),
  hosts: z.array(official).min(1, '至少应有一位开标主持人').max(20),
  supervisors: z.array(official).max(20).default([]),
  custodians: z
    .strictObject({ needed: z.int(), persons: z.array(custodian).max(40) })
    .default({ needed: 0, persons: [] }),
  recovery: z.strictObject({ needed: z.int(), persons: z.array(holder).max(40) }).default({ needed: 0, persons: [] }),
  rules: z
    .strictObject({
      minimumBidders: z.int().min(1).max(100).default(3),
      whenBidder: text(500).nullable().default(null),
      whenOthers: text(500).nullable().default(null),
      remedies: z
        .array(z.enum(['extend', 'rewrap', 'recovery', 'backup']))
        .max(4)
        .default([]),
    })
    .default({ minimumBidders: 3, whenBidder: null, whenOthers: null, remedies: [] }),
});

const amendment = z.strictObject({
  opensAt: instant.optional(),
  closesAt: instant.optional(),
  windowMinutes: minutes.optional(),
  reason: text(500),
});

/** A new opening in domain names. FIELD_MISSING, FIELD_INVALID with the member's path. */
export function readOpening(body: JsonObject): Result<OpeningRequest> {
  const parsed = opening.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const { windowMinutes, closesAt, hosts, supervisors, ...same } = parsed.data;
  const unwrapsNothing = <T>(person: T) => ({ ...person, encryptionCertificate: '' });
  return ok({
    ...same,
    closesAt: closesAt ?? same.opensAt,
    windowMs: windowMinutes,
    hosts: hosts.map(unwrapsNothing),
    supervisors: supervisors.map(unwrapsNothing),
  });
}

export function readAmendment(body: JsonObject): Result<AmendmentRequest> {
  const parsed = amendment.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const { windowMinutes, ...same } = parsed.data;
  return ok({ ...same, windowMs: windowMinutes });
}

const upload = z.object({
  lot: lotCode,
  taskId,
  label: line(255).default(''),
  standBy: z.string().max(4096).nullable().default(null),
});

/** Members of an upload's query: `lot`, `taskId`, `label`, `standBy`. */
export function readUpload(query: Record<string, string>): Result<z.output<typeof upload>> {
  const parsed = upload.safeParse(query);
  return parsed.success ? ok(parsed.data) : refused(faultOf(parsed.error, query));
}

const LABELS: Readonly<Record<string, string>> = {
  taskId: '标识本次任务',
  orgcode: '平台代码',
  title: '项目名称',
  number: '招标编号',
  lots: '标段',
  lot: '标段编号',
  label: '文件名称',
  opensAt: '开标时间',
  closesAt: '投标截止时间',
  windowMinutes: '解密时长（分钟）',
  keyModel: '密钥方式',
  hosts: '开标主持人',
  supervisors: '监督人员',
  custodians: '托管人',
  recovery: '恢复托管人',
  rules: '招标文件规则',
  reason: '原因',
};

function faultOf(error: z.ZodError, body: Readonly<Record<string, unknown>>): Refusal {
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = [...path, ...(unknown === undefined ? [] : [unknown])].join('.') || '(根)';
  const label = LABELS[String(path[0] ?? '')] ?? '参数';
  if (unknown !== undefined) return refusal('FIELD_INVALID', { field, label, reason: '没有这个参数' });
  const missing = path.reduce<unknown>(
    (value, name) => (value as Record<PropertyKey, unknown> | undefined)?.[name],
    body,
  );
  if (missing === undefined || missing === null) return refusal('FIELD_MISSING', { field, label });
  const reason = issue !== undefined && /[\u4e00-\u9fff]/.test(issue.message) ? issue.message : '类型、长度或取值不符';
  return refusal('FIELD_INVALID', { field, label, reason });
}
