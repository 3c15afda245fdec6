import type { Interaction } from '#interaction/interaction.ts';
import { partiesOf } from '#interaction/page-room.ts';
import { actingOn, type Visit } from '#interaction/visit.ts';
import { type Bytes, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Item } from './item.ts';
import { offeredItems } from './load.ts';
import { openItem } from './open-item.ts';
import { recordFailure, recordOpened } from './record-opening.ts';
import type { Room } from './room.ts';

/** A content key that came back from a token or a phone. */
export interface GivenKey {
  readonly item: string;
  readonly wrap: string;
  readonly key: Bytes;
  /** Of the wrap, as the agent or phone recognised it; its word, for the journal. */
  readonly layout: string;
}

/** How the key came to be used: at this PC or with the phone. */
export type Road = 'key' | 'mobile';

/** Keys of one request; the page sends them in several where there are more. */
const MOST = 64;

/** The key road: the page brings what the agent unwrapped, and says what it could not unwrap. */
export async function acceptKeys(
  room: Room,
  visit: Visit,
  given: readonly { item: string; wrap: string; key: string; layout?: string | undefined }[],
  notUnwrapped: readonly { item: string; wrap: string }[] = [],
): Promise<Result<void>> {
  if (given.length + notUnwrapped.length > MOST) return refused(refusal('INPUT_NOT_ALLOWED', {}, 'too many keys'));
  const acting = await actingOn(room, visit);
  if (!acting.ok) return acting;
  const keys = given.map(({ item, wrap, key, layout }) => ({
    item,
    wrap,
    key: fromBase64(key) ?? new Uint8Array(0),
    layout: layout ?? '',
  }));
  const opened = await openWithKeys(room, acting.value, visit.secret, keys, 'key', notUnwrapped);
  return opened.ok ? ok(undefined) : opened;
}

/**
 * Opens, on the page of `acting`, its own items and those of sibling tasks that the same key opens. Possession of the key is the whole proof. Each item is
 * opened outside any transaction and recorded in one of its own: what another page has opened meanwhile stays opened once. Returns how many opened.
 */
export async function openWithKeys(
  room: Room,
  acting: Interaction,
  secret: string | null,
  keys: readonly GivenKey[],
  road: Road,
  notUnwrapped: readonly { item: string; wrap: string }[] = [],
): Promise<Result<number>> {
  const parties = await partiesOf(room, room.store.read, acting);
  if (!parties.ok) return parties;
  const { own, siblings } = await offeredItems(room, room.store.read, acting);
  const open = new Map([...own, ...siblings].filter(isWaiting).map((item) => [item.id, item]));
  const by = { page: acting, secret, road, unit: parties.value.unit };
  let count = 0;
  for (const given of keys) {
    const item = open.get(given.item);
    const wrap = item?.wraps.find(({ id }) => id === given.wrap);
    if (item === undefined || wrap === undefined) continue;
    const opening = await openItem(room, item, wrap, given.key, road === 'key' ? 'key' : 'vendor');
    const layout = /^[a-z0-9-]{1,32}$/.test(given.layout) ? given.layout : 'unsaid';
    if (!opening.ok) {
      await recordFailure(room, by, item, { cause: opening.cause, dialect: opening.dialect, layout });
      continue;
    }
    if (await recordOpened(room, by, item, wrap, opening, layout)) count += 1;
    open.delete(item.id);
  }
  for (const { item: id } of notUnwrapped) {
    const item = open.get(id);
    if (item !== undefined) await recordFailure(room, by, item, { cause: 'not-unwrapped', dialect: '', layout: '' });
  }
  return ok(count);
}

const isWaiting = ({ state }: Item): boolean => state === 'waiting' || state === 'failed';
