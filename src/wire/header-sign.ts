import type { Gm } from '#crypto/gm.ts';
import { type Bytes, equalBytes, fromBase64, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Secret } from '#kernel/secret.ts';
import { readInstant } from './stand-by.ts';

/** Requests of our own additions under `/api/ca/ext/`, proved by headers over the whole request: nothing of the body need be parsed before. */

export const proofHeaders = {
  unit: 'X-Ca-Unit-Id',
  timestamp: 'X-Ca-Timestamp',
  nonce: 'X-Ca-Nonce',
  sign: 'X-Ca-Sign',
  /** Of a streamed body: its SM3, which stands in the string in place of the body's own. */
  contentSm3: 'X-Ca-Content-Sm3',
} as const;

/** How far a request's time stamp may be from the hub's clock, milliseconds; as long is its nonce remembered. */
export const HEADER_WINDOW_MS = 5 * 60_000;

export interface SignedRequest {
  /** `POST`. */
  readonly method: string;
  /** Path and query exactly as sent: `/api/ca/ext/openings/OP1?lot=1`. */
  readonly target: string;
  /** As it stands in the header. */
  readonly timestamp: string;
  readonly nonce: string;
  /** Lower hex SM3 of the body's bytes; of no body, that of zero bytes. */
  readonly bodySm3: string;
}

/** The string under X-Ca-Sign: five lines joined by LF, UTF-8. */
export const headerText = ({ method, target, timestamp, nonce, bodySm3 }: SignedRequest): string =>
  [method, target, timestamp, nonce, bodySm3].join('\n');

/** Lower hex HMAC-SM3 by the unit's secret, whatever the profile's `sign` says. */
export const signHeaders = (gm: Gm, secret: Secret<string>, request: SignedRequest): string =>
  hex(gm.hmacSm3(utf8(secret.reveal()), utf8(headerText(request))));

/** Hex of either case or base64. Every secret is tried in constant time. */
export function verifyHeaders(
  gm: Gm,
  secrets: readonly Secret<string>[],
  request: SignedRequest,
  given: string,
): boolean {
  const presented: Bytes | undefined = given.length === 64 ? fromHex(given) : fromBase64(given);
  const text = utf8(headerText(request));
  let valid = false;
  for (const secret of secrets) {
    const expected = gm.hmacSm3(utf8(secret.reveal()), text);
    if (presented !== undefined && equalBytes(expected, presented)) valid = true;
  }
  return valid;
}

export interface ProofHeaders {
  readonly caUnitId: string;
  readonly timestamp: string;
  /** The time stamp as UTC ms. */
  readonly at: number;
  readonly nonce: string;
  readonly sign: string;
}

/** The four headers, each in form: FIELD_MISSING, FIELD_INVALID by header name. */
export function readProofHeaders(header: (name: string) => string | undefined, now: number): Result<ProofHeaders> {
  const values: Record<string, string> = {};
  for (const name of [proofHeaders.unit, proofHeaders.timestamp, proofHeaders.nonce, proofHeaders.sign]) {
    const value = header(name)?.trim() ?? '';
    if (value === '') return refused(refusal('FIELD_MISSING', { field: name, label: '请求头' }));
    values[name] = value;
  }
  const timestamp = values[proofHeaders.timestamp] ?? '';
  const at = readInstant(timestamp);
  if (at === undefined || Math.abs(now - at) > HEADER_WINDOW_MS) {
    return invalid(proofHeaders.timestamp, '应为毫秒时间戳，与互认平台相差不超过 5 分钟');
  }
  const nonce = values[proofHeaders.nonce] ?? '';
  if (!/^[\x21-\x7e]{8,128}$/.test(nonce)) return invalid(proofHeaders.nonce, '应为 8 至 128 个可见字符');
  return ok({ caUnitId: values[proofHeaders.unit] ?? '', timestamp, at, nonce, sign: values[proofHeaders.sign] ?? '' });
}

/** The announced SM3 of a streamed body, lower hex. */
export function readContentSm3(header: (name: string) => string | undefined): Result<string> {
  const value = header(proofHeaders.contentSm3)?.trim().toLowerCase() ?? '';
  if (value === '') return refused(refusal('FIELD_MISSING', { field: proofHeaders.contentSm3, label: '请求头' }));
  return /^[0-9a-f]{64}$/.test(value) ? ok(value) : invalid(proofHeaders.contentSm3, '应为内容 SM3 的 64 位十六进制');
}

const invalid = (field: string, reason: string) =>
  refused(refusal('FIELD_INVALID', { field, label: '请求头', reason }));
