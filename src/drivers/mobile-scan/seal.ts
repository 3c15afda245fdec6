import type { Gm } from '#crypto/gm.ts';
import { equalBytes, fromHex, hex, utf8 } from '#kernel/bytes.ts';

/** How far the two clocks may stand apart. */
const SKEW_MS = 300_000;
const NONCE = /^[0-9A-Za-z_-]{16,64}$/;

export interface SealedMessage {
  readonly method: 'GET' | 'POST';
  /** Path and query as sent. */
  readonly path: string;
  /** Epoch milliseconds, decimal. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly body: string;
}

/** HMAC-SM3, lower hex, over `METHOD LF path LF timestamp LF nonce LF body`, UTF-8. */
export function sealOf(gm: Gm, secret: string, message: SealedMessage): string {
  const { method, path, timestamp, nonce, body } = message;
  return hex(gm.hmacSm3(utf8(secret), utf8(`${method}\n${path}\n${timestamp}\n${nonce}\n${body}`)));
}

/** What is wrong with a received message, or undefined. The nonce's novelty is the caller's business. */
export function sealFault(
  gm: Gm,
  secret: string,
  message: SealedMessage,
  seal: string,
  now: number,
): string | undefined {
  const at = Number(message.timestamp);
  if (!/^\d{13}$/.test(message.timestamp) || Math.abs(now - at) > SKEW_MS) return 'stale timestamp';
  if (!NONCE.test(message.nonce)) return 'malformed nonce';
  const given = fromHex(seal);
  const expected = fromHex(sealOf(gm, secret, message));
  if (!given || !expected || !equalBytes(given, expected)) return 'wrong seal';
  return undefined;
}
