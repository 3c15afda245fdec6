import { isIP } from 'node:net';
import { mayConnect, parseRange } from '#delivery/addresses.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { addressWithin, isWithin, rangesOf } from './ranges.ts';

/** `development` additionally allows plain http on this machine's own loopback. */
export type Mode = 'development' | 'production';

export interface UrlPolicy {
  readonly mode: Mode;
  /** CIDR blocks registered for the party. */
  readonly privateRanges: readonly string[];
}

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];
export const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/**
 * A URL that somebody registers for us to call or to send a browser to: the value, in the one spelling the WHATWG parser gives.
 * https; plain http only for an address literal inside the registered private ranges (a private line), or in development for
 * loopback. No userinfo, fragment, backslash or control character (reliability T01, T15). FIELD_INVALID names what is wrong.
 */
export function checkUrl(field: string, label: string, text: string, policy: UrlPolicy): Result<URL> {
  const no = (reason: string) => refused(refusal('FIELD_INVALID', { field, label, reason }));
  if (text.length > 2048) return no('网址不能超过 2048 个字符');
  // A URL that parsers may read differently is refused before anything parses it.
  if (!/^https?:\/\/[^/\\]/.test(text) || /[\s\\\p{C}]/u.test(text)) return no('应为完整的 https 网址');
  const url = parse(text);
  if (url === undefined) return no('应为完整的 https 网址');
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/]*@/.test(text))
    return no('网址中不能带用户名或密码');
  if (text.includes('#')) return no('网址中不能带 # 片段');
  if (url.protocol === 'http:' && !mayBePlain(url, policy)) {
    return no(
      policy.mode === 'development'
        ? '应为 https 网址；开发模式下可用 http://localhost，专线地址须先登记私网网段'
        : '应为 https 网址；专线地址须用 IP 并先登记私网网段',
    );
  }
  if (policy.mode === 'production' && isLoopback(url.hostname)) return no('正式环境不能登记本机地址');
  return ok(url);
}

/**
 * The same for a URL that the hub itself calls: an address literal must be one that egress will connect to, so that a callback that can never
 * be delivered is refused now and not at the first login. A name may lead anywhere; its addresses are judged at every connection (T01).
 */
export function checkCalledUrl(field: string, label: string, text: string, policy: UrlPolicy): Result<URL> {
  const checked = checkUrl(field, label, text, policy);
  if (!checked.ok) return checked;
  const host = checked.value.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || mayConnect(host, rangesOf(policy.privateRanges))) return checked;
  const reason = '内网和特殊地址须先登记所在的私网网段';
  return refused(refusal('FIELD_INVALID', { field, label, reason }));
}

/** The same for a URL that is compared as an exact string: it must stand in its canonical spelling already. */
export function checkExactUrl(field: string, label: string, text: string, policy: UrlPolicy): Result<string> {
  const checked = checkUrl(field, label, text, policy);
  if (!checked.ok) return checked;
  if (checked.value.href === text) return ok(text);
  return refused(refusal('FIELD_INVALID', { field, label, reason: `请写成规范形式 ${checked.value.href}` }));
}

/** `https://host[:port]`: scheme, host and port only. */
export function checkOrigin(field: string, label: string, text: string, policy: UrlPolicy): Result<string> {
  const checked = checkUrl(field, label, text, policy);
  if (!checked.ok) return checked;
  const { pathname, search, origin } = checked.value;
  if (pathname === '/' && search === '' && !text.includes('?')) return ok(origin);
  return refused(refusal('FIELD_INVALID', { field, label, reason: '只填协议、域名和端口，不带路径' }));
}

/** A private range a party may register: inside RFC 1918, 6598 or ULA space, in development also loopback. Never link-local or public. */
export function checkRange(text: string, mode: Mode): Refusal | undefined {
  const field = { field: 'privateRanges', label: '私网网段' };
  const range = parseRange(text);
  if (range === undefined) return refusal('FIELD_INVALID', { ...field, reason: `${text.slice(0, 60)} 不是规范的网段` });
  if (isWithin(range, rangesOf(PRIVATE))) return undefined;
  if (mode === 'development' && isWithin(range, rangesOf(LOOPBACK))) return undefined;
  return refusal('FIELD_INVALID', { ...field, reason: `${text.slice(0, 60)} 不是可登记的私网网段` });
}

/** localhost, 127.0.0.0/8, ::1 in any spelling the parser accepts. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || addressWithin(name, LOOPBACK);
}

function mayBePlain(url: URL, policy: UrlPolicy): boolean {
  if (isLoopback(url.hostname)) return policy.mode === 'development';
  return addressWithin(url.hostname, policy.privateRanges);
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
