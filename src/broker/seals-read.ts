import { z } from 'zod';
import type { Gm } from '#crypto/gm.ts';
import { type Bytes, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import type { JsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { PowerAct } from '#subscriber/seals/powers.ts';
import type { StateAct } from '#subscriber/seals/state.ts';
import { readInstant } from '#wire/stand-by.ts';

/** Bodies of the seal interfaces: our own additions, so strict about every member. */

const certificate = z.string().min(1).max(limits.certificateField);
/** Not `seal`: refusals print that word as the specification's `signature`. */
const registration = z.strictObject({ eseal: z.string().min(1).max(limits.sealField) });
const state = z.strictObject({
  act: z.enum(['suspend', 'resume', 'revoke']),
  reason: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u),
  certificate: certificate.optional(),
});
const power = z.strictObject({
  act: z.enum(['grant', 'withdraw']),
  power: z.enum(['manage', 'use', 'audit']),
  holder: certificate,
  certificate,
});
const uses = z.strictObject({ certificate, before: z.union([z.int().positive(), z.string().max(40)]).optional() });
const query = z.object({
  unitCode: z.string().min(1).max(64).optional(),
  after: z
    .string()
    .regex(/^sel_\w{26}$/)
    .optional(),
});

/** What is acted on, and who acts: null where the unit acts itself. */
export interface Acting<T> {
  readonly act: T;
  readonly by: Certificate | null;
}

export function readRegistration(body: JsonObject): Result<Bytes> {
  const parsed = registration.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const content = fromBase64(parsed.data.eseal.trim());
  return content === undefined || content.length === 0 ? refused(refusal('SEAL_UNREADABLE')) : ok(content);
}

export function readState(gm: Gm, body: JsonObject): Result<Acting<StateAct>> {
  const parsed = state.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const { certificate: text, ...act } = parsed.data;
  if (text === undefined) return ok({ act, by: null });
  const by = readCertificate(gm, 'certificate', text);
  return by.ok ? ok({ act, by: by.value }) : by;
}

export function readPower(gm: Gm, body: JsonObject): Result<Acting<PowerAct> & { readonly by: Certificate }> {
  const parsed = power.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const { certificate: text, holder: named, ...act } = parsed.data;
  const by = readCertificate(gm, 'certificate', text);
  if (!by.ok) return by;
  const holder = readCertificate(gm, 'holder', named);
  return holder.ok ? ok({ act: { ...act, certificate: holder.value }, by: by.value }) : holder;
}

/** `before`: UTC ms; undefined: from the newest. */
export function readUses(gm: Gm, body: JsonObject): Result<{ before: number | undefined; by: Certificate }> {
  const parsed = uses.safeParse(body);
  if (!parsed.success) return refused(faultOf(parsed.error, body));
  const { before: said, certificate: text } = parsed.data;
  const before = typeof said === 'string' ? readInstant(said) : said;
  if (said !== undefined && before === undefined)
    return refused(refusal('FIELD_INVALID', { ...named('before'), reason: '应为 ISO 时间或毫秒时间戳' }));
  const by = readCertificate(gm, 'certificate', text);
  return by.ok ? ok({ before, by: by.value }) : by;
}

export function readListQuery(sent: Record<string, string>): Result<{ unitCode?: string; after?: string }> {
  const parsed = query.safeParse(sent);
  if (!parsed.success) return refused(faultOf(parsed.error, sent));
  const { unitCode, after } = parsed.data;
  return ok({ ...(unitCode !== undefined && { unitCode }), ...(after !== undefined && { after }) });
}

function readCertificate(gm: Gm, field: string, text: string): Result<Certificate> {
  const read = readCertificateText(gm, text);
  return read === undefined ? refused(refusal('CERTIFICATE_UNREADABLE', named(field))) : ok(read);
}

const LABELS: Readonly<Record<string, string>> = {
  eseal: '印章数据',
  act: '操作',
  reason: '原因',
  power: '权限',
  holder: '被授权人的签名证书',
  certificate: '办理人的签名证书',
  before: '截止时间',
  unitCode: '单位代码',
  after: '上一页最后的印章编号',
};

const named = (field: string): { field: string; label: string } => ({ field, label: LABELS[field] ?? '参数' });

function faultOf(error: z.ZodError, body: Readonly<Record<string, unknown>>) {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys')
    return refusal('FIELD_INVALID', { field: issue.keys[0] ?? '', label: '参数', reason: '没有这个参数' });
  const field = String(issue?.path[0] ?? '(根)');
  if (body[field] === undefined || body[field] === null) return refusal('FIELD_MISSING', named(field));
  return refusal('FIELD_INVALID', { ...named(field), reason: '类型、长度或取值不符' });
}
