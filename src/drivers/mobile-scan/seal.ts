import type { Gm } from '#crypto/gm.ts';
import { equalBytes, fromHex, hex, utf8 } from '#kernel/bytes.ts';
import { freshnessFault, type Message } from '../kit/message.ts';

/** HMAC-SM3, lower hex, over `METHOD LF path LF timestamp LF nonce LF body`, UTF-8. */
export function sealOf(gm: Gm, secret: string, message: Message): string {
  const { method, path, timestamp, nonce, body } = message;
  return hex(gm.hmacSm3(utf8(secret), utf8(`${method}\n${path}\n${timestamp}\n${nonce}\n${body}`)));
}

/** What is wrong with a received message, or undefined. The nonce's novelty is the caller's business. */
export function sealFault(gm: Gm, secret: string, message: Message, seal: string, now: number): string | undefined {
  const stale = freshnessFault(message, now);
  if (stale !== undefined) return stale;
  const given = fromHex(seal);
  const expected = fromHex(sealOf(gm, secret, message));
  if (!given || !expected || !equalBytes(given, expected)) return 'wrong seal';
  return undefined;
}
