import type { Gm, Sm2PublicKey } from '#crypto/gm.ts';
import { fromBase64, hex, utf8 } from '#kernel/bytes.ts';
import { freshnessFault, type Message } from '../kit/message.ts';

/** What the vendor sends back when a page of its own has ended; `path` is that of the hub's callback door, as called. */
type SignedReturn = Omit<Message, 'method'>;

/** The one spelling of a return that is signed: SM2, default id, over its UTF-8. The path names vendor and exchange. */
export const returnText = (gm: Gm, { path, timestamp, nonce, body }: SignedReturn): string =>
  ['vendor-page-return/1', path, timestamp, nonce, hex(gm.sm3(utf8(body)))].join('\n');

/** What is wrong with a received return, or undefined. The nonce's novelty is the caller's business. */
export function returnFault(
  gm: Gm,
  key: Sm2PublicKey,
  message: SignedReturn,
  signature: string,
  now: number,
): string | undefined {
  const stale = freshnessFault(message, now);
  if (stale !== undefined) return stale;
  const signed = fromBase64(signature);
  if (signed === undefined || !gm.sm2.verify(key, [utf8(returnText(gm, message))], signed)) return 'wrong signature';
  return undefined;
}
