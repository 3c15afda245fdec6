import { utf8 } from '#kernel/bytes.ts';
import { type Json, type JsonObject, readJsonObject } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';

/** What a trading system's answer to message 4 means for the delivery. */
export type PeerVerdict = 'delivered' | { readonly refused: string } | { readonly retry: string };

/**
 * HTTP statuses that say that nobody decided: a proxy's, an overloaded or crashing server's, whatever stands in the body. An answer that
 * decides comes with HTTP 200 (readings L15); taking a crash for a refusal would end a login that the next try may still deliver.
 */
const isTransport = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

/**
 * 2xx with `code` 200 (number or string) is delivered. Another `code` is the trading system's own refusal: final for a login, its `msg` goes
 * to the person (readings L14, L53, design 9). No JSON object, no `code`, a proxy's status: not understood, tried again until the deadline.
 */
export function readPeerAnswer(status: number, body: string, size: number = limits.replyBody): PeerVerdict {
  if (isTransport(status)) return { retry: `HTTP ${status}` };
  const parsed = readJsonObject(utf8(body), { size });
  if (!parsed.ok) return { retry: `HTTP ${status}, ${parsed.refusal.code}` };
  const code = member(parsed.value, 'code');
  const isText = typeof code === 'string' && /^-?\d{1,9}$/.test(code.trim());
  const number = isText ? Number(code) : code;
  if (typeof number !== 'number') return { retry: `HTTP ${status}, code missing` };
  const succeeded = status >= 200 && status < 300;
  if (number === 200) return succeeded ? 'delivered' : { retry: `HTTP ${status} with code 200` };
  return { refused: personText(member(parsed.value, 'msg')) };
}

/** What a trading system sent back of message 7: `absent` where it echoes nothing, `different` where it is another text or another task's. */
export type Echo = 'same' | 'different' | 'absent';

/** Bytes of an answer to message 7: it echoes, and each character may come as `\uXXXX` (readings L53). */
export const decryptReplyLimit = (decData: string): number => limits.replyBody + 6 * decData.length;

/**
 * Message 7 is printed without a code: 2xx with the own taskId, and `code` absent or 200, is delivered. `data` is the caller's echo: compared,
 * then forgotten; a difference is worth telling and nothing more (readings L10, L11).
 */
export function readDecryptAnswer(
  status: number,
  body: string,
  sent: { taskId: string; decData: string },
): { readonly verdict: PeerVerdict; readonly echo: Echo } {
  const size = decryptReplyLimit(sent.decData);
  const parsed = readJsonObject(utf8(body), { size });
  if (isTransport(status) || !parsed.ok) return { verdict: { retry: `HTTP ${status}` }, echo: 'absent' };
  const [data, task] = [member(parsed.value, 'data'), member(parsed.value, 'taskId')];
  const own = task === sent.taskId;
  const equal = data === sent.decData && (own || task === undefined);
  const echo = data === undefined || data === null ? 'absent' : equal ? 'same' : 'different';
  if (member(parsed.value, 'code') !== undefined) return { verdict: readPeerAnswer(status, body, size), echo };
  if (status < 200 || status >= 300) return { verdict: { retry: `HTTP ${status}` }, echo };
  return { verdict: own ? 'delivered' : { retry: `HTTP ${status}, taskId missing or not ours` }, echo };
}

/** At most 200 characters, one line, without control, format or direction characters; empty when it is no text. */
export function personText(value: Json | undefined): string {
  if (typeof value !== 'string') return '';
  const clean = value.toWellFormed().replace(/\s+/gu, ' ').replace(/\p{C}/gu, '').trim();
  return [...clean].slice(0, 200).join('');
}

/** Exact name first, then any case (readings L9). */
function member(body: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(body, name)) return body[name];
  const other = Object.keys(body).find((key) => key.toLowerCase() === name.toLowerCase());
  return other === undefined ? undefined : body[other];
}
