import type { Gm } from '#crypto/gm.ts';
import { equalBytes, fromBase64, fromHex, utf8 } from '#kernel/bytes.ts';
import { limits } from '#kernel/limits.ts';
import type { PinnedHub } from './pairings.ts';
import { type Grant, grantText, type Operation, type RewrapFacts, rewrapText, type SignedGrant } from './protocol.ts';

/** What a page may do on this connection, and for what. */
export interface Admission {
  readonly origin: string;
  readonly interaction: string;
  readonly operations: ReadonlySet<Operation>;
  /** Origins under whose pages the granted page may stand in a frame. */
  readonly frames: readonly string[];
}

/** The hub's clock may be a little ahead of this PC's. */
const CLOCK_TOLERANCE_MS = 30_000;
/** A challenge lives 5 min (design 5); the rest is the two clocks. */
const CHALLENGE_AHEAD_MS = limits.challengeLife + 60_000;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** UTC ms of an ISO Z text that lies after `now` and at most `ahead` later; otherwise undefined. */
function isWithin(text: string, now: number, ahead: number): boolean {
  const at = ISO.test(text) ? Date.parse(text) : Number.NaN;
  return at > now && at <= now + ahead;
}

/**
 * The admission that a grant gives, when the pinned hub signed it for this very connection (its nonce), this page (its origin) and now. Undefined
 * otherwise; which check failed is nobody's business but the log's.
 */
export function judgeGrant(
  gm: Gm,
  hub: PinnedHub,
  connection: { readonly nonce: string; readonly origin: string; readonly now: number },
  { grant, signature }: SignedGrant,
): Admission | undefined {
  if (!sameNonce(grant, connection.nonce) || grant.origin !== connection.origin || grant.origin !== hub.origin)
    return undefined;
  if (!isWithin(grant.expires, connection.now, limits.grantLife + CLOCK_TOLERANCE_MS)) return undefined;
  const point = fromHex(hub.publicKey);
  const key = point && gm.sm2.importPublic(point);
  const signed = fromBase64(signature);
  if (key === undefined || signed === undefined) return undefined;
  if (!gm.sm2.verify(key, [utf8(grantText(grant))], signed)) return undefined;
  const { origin, interaction, operations, frames = [] } = grant;
  return { origin, interaction, operations: new Set(operations), frames };
}

const sameNonce = (grant: Grant, nonce: string): boolean => equalBytes(utf8(grant.nonce), utf8(nonce));

const LINES: readonly (readonly [string, RegExp])[] = [
  ['unit', /^[\x21-\x7e]{1,128}$/],
  ['orgcode', /^[\x21-\x7e]{1,128}$/],
  ['nonce', /^[0-9a-f]{64}$/],
];

/** Whose signature proves a person and nothing else. Opening is its own proof: what decrypts or releases is never signed. */
const SIGNED_PURPOSES: readonly string[] = ['purpose=login', 'purpose=sign'];

/**
 * Whether this is a challenge (design 5) of the admitted hub and interaction that has not expired, for a login or before signing documents. Anything
 * else stays unsigned: a page that could have a digest or a free text signed could have a contract signed.
 */
export function admitsChallenge(text: string, { origin, interaction }: Admission, now: number): boolean {
  const lines = text.split('\n');
  const [version, purpose, hub, unit, orgcode, task, nonce, expires] = lines;
  if (lines.length !== 8 || version !== 'caihub/1' || !SIGNED_PURPOSES.includes(purpose ?? '')) return false;
  if (hub !== `hub=${origin}` || task !== `interaction=${interaction}`) return false;
  const free = [unit, orgcode, nonce];
  const wellFormed = LINES.every(([name, form], i) => {
    const line = free[i] ?? '';
    return line.startsWith(`${name}=`) && form.test(line.slice(name.length + 1));
  });
  if (!wellFormed || expires?.startsWith('expires=') !== true) return false;
  return isWithin(expires.slice('expires='.length), now, CHALLENGE_AHEAD_MS);
}

/** Only `unwrap` and `rehearse` let an opened key out bare; `release` alone names the key that it must be wrapped to. */
export const admitsBareKeys = ({ operations }: Admission): boolean =>
  operations.has('unwrap') || operations.has('rehearse');

const REWRAP_NAME = /^[\x21-\x3c\x3e-\x7e]{1,128}$/;

/**
 * Whether this is the text of just this re-wrap (`rewrapText`): the digests are this program's own, only the names of the opening and the capsule
 * are the hub's. Anything else stays unsigned.
 */
export function admitsRewrapText(text: string, own: Pick<RewrapFacts, 'old' | 'new' | 'wrap'>): boolean {
  const [, opening, capsule] = text.split('\n').map((line) => line.slice(line.indexOf('=') + 1));
  if (opening === undefined || capsule === undefined) return false;
  if (!REWRAP_NAME.test(opening) || !REWRAP_NAME.test(capsule)) return false;
  return text === rewrapText({ opening, capsule, ...own });
}
