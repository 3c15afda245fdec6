import { refusal } from '#kernel/errors.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Platform } from './party.ts';
import {
  checkCalledUrl,
  checkExactUrl,
  checkOrigin,
  checkRange,
  checkUrl,
  isLoopback,
  LOOPBACK,
  type Mode,
} from './url-policy.ts';

/** What an administrator says of a platform; left out = the default behind each member. */
export interface PlatformInput {
  readonly unitId: string;
  readonly orgcode: string;
  readonly name: string;
  readonly callbackBase: string;
  /** {} */
  readonly callbackPaths?: Readonly<Record<string, string>>;
  /** [] */
  readonly returnUrls?: readonly string[];
  /** Origin of callbackBase. */
  readonly homeUrl?: string;
  /** null */
  readonly publicUrl?: string | null;
  /** [] */
  readonly origins?: readonly string[];
  /** []; in development loopback is added where the callback is on this machine. */
  readonly privateRanges?: readonly string[];
}

/** Callbacks that a path override may name: the last segments of the printed paths the hub calls. */
export const CALLBACK_NAMES: readonly string[] = ['feedbackResult', 'decrypt', 'onSignature'];

/** An input as a whole platform, every URL checked by the policy of `mode`. The first fault is named. */
export function completePlatform(input: PlatformInput, mode: Mode): Result<Omit<Platform, 'status'>> {
  const naming = checkCode('orgcode', '平台代码', input.orgcode) ?? checkName('name', '平台名称', input.name);
  if (naming !== undefined) return refused(naming);
  const privateRanges = rangesOf(input, mode);
  for (const range of privateRanges) {
    const fault = checkRange(range, mode);
    if (fault !== undefined) return refused(fault);
  }
  const policy = { mode, privateRanges };
  const base = checkCalledUrl('callbackBase', '回调地址', input.callbackBase, policy);
  if (!base.ok) return base;
  if (base.value.search !== '') {
    return refused(refusal('FIELD_INVALID', { field: 'callbackBase', label: '回调地址', reason: '不能带查询参数' }));
  }
  const callbackPaths: Record<string, string> = {};
  for (const [name, url] of Object.entries(input.callbackPaths ?? {})) {
    if (!CALLBACK_NAMES.includes(name)) {
      const reason = `没有名为 ${name.slice(0, 40)} 的回调，可用：${CALLBACK_NAMES.join('、')}`;
      return refused(refusal('FIELD_INVALID', { field: 'callbackPaths', label: '回调路径', reason }));
    }
    const checked = checkCalledUrl(`callbackPaths.${name}`, '回调路径', url, policy);
    if (!checked.ok) return checked;
    callbackPaths[name] = checked.value.href;
  }
  const returnUrls = collect(input.returnUrls ?? [], (url) => checkExactUrl('returnUrls', '返回地址', url, policy));
  if (!returnUrls.ok) return returnUrls;
  const origins = collect(input.origins ?? [], (url) => checkOrigin('origins', '嵌入来源', url, policy));
  if (!origins.ok) return origins;
  const home = checkUrl('homeUrl', '平台首页', input.homeUrl ?? `${base.value.origin}/`, policy);
  if (!home.ok) return home;
  const publicUrl =
    input.publicUrl == null ? ok(null) : checkOrigin('publicUrl', '互认页面地址', input.publicUrl, policy);
  if (!publicUrl.ok) return publicUrl;
  return ok({
    unitId: input.unitId,
    orgcode: input.orgcode,
    name: input.name,
    callbackBase: base.value.href.replace(/\/+$/, ''),
    callbackPaths,
    returnUrls: returnUrls.value,
    homeUrl: home.value.href,
    publicUrl: publicUrl.value,
    origins: origins.value,
    privateRanges,
  });
}

/** An identifier that stands in a signed string: no `&`, `=`, space or control character (readings L1). */
export function checkCode(field: string, label: string, text: string) {
  if (/^[^\p{C}\p{Z}&=]{1,64}$/u.test(text)) return undefined;
  return refusal('FIELD_INVALID', { field, label, reason: '应为 1 至 64 个字符，不含空格、& 和 =' });
}

/** A unit's identifier also travels in headers: printable ASCII. */
export function checkUnitId(text: string) {
  if (/^[\x21-\x7e]{1,64}$/.test(text) && !/[&=]/.test(text)) return undefined;
  const reason = '应为 1 至 64 个字母、数字或符号，不含空格、& 和 =';
  return refusal('FIELD_INVALID', { field: 'caUnitId', label: '接入单位标识', reason });
}

/** A name that people read. */
export function checkName(field: string, label: string, text: string) {
  if (text.trim() !== '' && text.length <= limits.textField && !/\p{C}/u.test(text)) return undefined;
  return refusal('FIELD_INVALID', { field, label, reason: `应为 1 至 ${limits.textField} 个字符` });
}

/** In development a loopback callback registers loopback by itself: one command lets an integrator's own system join. */
function rangesOf(input: PlatformInput, mode: Mode): string[] {
  const named = [...new Set(input.privateRanges ?? [])];
  if (mode !== 'development' || !URL.canParse(input.callbackBase)) return named;
  if (!isLoopback(new URL(input.callbackBase).hostname)) return named;
  return [...new Set([...named, ...LOOPBACK])];
}

function collect(texts: readonly string[], check: (text: string) => Result<string>): Result<string[]> {
  const values = new Set<string>();
  for (const text of texts) {
    const checked = check(text);
    if (!checked.ok) return checked;
    values.add(checked.value);
  }
  return ok([...values]);
}
