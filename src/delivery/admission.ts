import { parseRange, type Range } from './addresses.ts';
import type { EgressCall, EgressResult } from './egress.ts';

export interface Target {
  readonly url: URL;
  readonly ranges: readonly Range[];
}

export const no = (
  reason: Extract<EgressResult, { ok: false }>['reason'],
  detail: string,
): EgressResult & { ok: false } => ({
  ok: false,
  reason,
  detail,
});

/** Framing, routing and hop-by-hop headers. */
const OURS = /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*)$/i;

/** What can be judged before a name is resolved. WHATWG parsing turns every spelling of an address into one. */
export function admit(call: EgressCall): Target | (EgressResult & { ok: false }) {
  if (!URL.canParse(call.url)) return no('forbidden', 'the URL cannot be parsed');
  const url = new URL(call.url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return no('forbidden', 'only http and https');
  if (url.username !== '' || url.password !== '') return no('forbidden', 'credentials in the URL');
  if (!call.allow.origins.includes(url.origin)) return no('forbidden', 'the origin is not registered');
  for (const name of Object.keys(call.headers ?? {}))
    if (OURS.test(name)) return no('forbidden', `the header ${name.slice(0, 40)} is not the caller's to set`);
  const ranges: Range[] = [];
  for (const text of call.allow.privateRanges) {
    const range = parseRange(text);
    if (!range) return no('forbidden', 'a registered address range is malformed');
    ranges.push(range);
  }
  return { url, ranges };
}
