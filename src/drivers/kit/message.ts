/** What hub and vendor prove to each other; how it is proved (a shared secret, the vendor's key) is each driver's own. */
export interface Message {
  readonly method: 'GET' | 'POST';
  /** Path and query as sent. */
  readonly path: string;
  /** Epoch milliseconds, decimal. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly body: string;
}

/** How far the two clocks may stand apart. */
const SKEW_MS = 300_000;
const NONCE = /^[0-9A-Za-z_-]{16,64}$/;

/** Why a received message is too old, too early or without a proper nonce, or undefined. The nonce's novelty is the exchange's business. */
export function freshnessFault(
  { timestamp, nonce }: Pick<Message, 'timestamp' | 'nonce'>,
  now: number,
): string | undefined {
  if (!/^\d{13}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > SKEW_MS) return 'stale timestamp';
  if (!NONCE.test(nonce)) return 'malformed nonce';
  return undefined;
}
