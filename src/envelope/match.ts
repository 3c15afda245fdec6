import type { Authority } from '#drivers/authority.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import { fits, type Item, type Wrap } from './item.ts';
import { offeredItems } from './load.ts';
import type { Room } from './room.ts';

/** Keys that one PC can hold plugged at once, generously. */
const MOST = 16;

export interface ShownKey {
  /** The page's own handle. */
  readonly key: string;
  /** Base64 DER. */
  readonly sign: string;
  readonly encrypt: string;
}

export interface MatchedKey {
  readonly key: string;
  /** undefined: not a certificate that can be read. */
  readonly certificate: Certificate | undefined;
  readonly authority: Authority | undefined;
  readonly opens: readonly { readonly item: Item; readonly wrap: Wrap }[];
  readonly tries: readonly { readonly item: Item; readonly wrap: Wrap }[];
}

/**
 * Which plugged key opens which item. Neither dates nor revocation play a part: what was closed to a key opens with it, and only possession counts. Known
 * recipients are compared by public key, so a renewed certificate of the same pair opens what the old one was given.
 */
export async function matchKeys(
  room: Room,
  visit: Visit,
  shown: readonly ShownKey[],
): Promise<Result<readonly MatchedKey[]>> {
  if (shown.length > MOST) return refused(refusal('INPUT_NOT_ALLOWED', {}, `more than ${MOST} certificates`));
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const { own, siblings } = await offeredItems(room, room.store.read, acting.value);
  const waiting = [...own, ...siblings].filter(({ state }) => state === 'waiting' || state === 'failed');
  return ok(await Promise.all(shown.map((one) => matchOne(room, one, waiting))));
}

async function matchOne(room: Room, { key, encrypt }: ShownKey, items: readonly Item[]): Promise<MatchedKey> {
  const certificate = readCertificateText(room.gm, encrypt);
  if (certificate === undefined || certificate.key.kind !== 'sm2')
    return { key, certificate, authority: undefined, opens: [], tries: [] };
  const opens: { item: Item; wrap: Wrap }[] = [];
  const tries: { item: Item; wrap: Wrap }[] = [];
  for (const item of items) {
    const wraps = item.wraps;
    const sure = wraps.find((wrap) => fits(room.gm, wrap, certificate) === 'opens');
    const unsaid = wraps.find((wrap) => fits(room.gm, wrap, certificate) === 'unsaid');
    if (sure !== undefined) opens.push({ item, wrap: sure });
    else if (unsaid !== undefined) tries.push({ item, wrap: unsaid });
  }
  return { key, certificate, authority: await room.trust.issuerOf(certificate), opens, tries };
}
