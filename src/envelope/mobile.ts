import type { UnwrappedKeys, Wrap as WrapRequest } from '#drivers/contract.ts';
import type { Challenge } from '#interaction/challenge.ts';
import type { Road } from '#interaction/exchange.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { pageOrigin, partiesOf } from '#interaction/page-room.ts';
import { consumeChallenge } from '#interaction/proof.ts';
import { base64, fromBase64, fromHex, hex } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { isObject, type Json } from '#kernel/json.ts';
import { limits } from '#kernel/limits.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { certificateOf, fits } from './item.ts';
import { type GivenKey, openWithKeys } from './keys.ts';
import { offeredItems } from './load.ts';
import type { Room } from './room.ts';

/**
 * A decryption over the vendor's phone. The phone unwraps and wraps anew to a key that the hub makes for this one exchange: the vendor's service on the
 * way sees no content key. The private half stands in the exchange's sealed state and is gone with it.
 */
export const mobileRoad = (room: Room): Road<'crypto'> => ({
  room,
  drivers: room.drivers,
  channel: 'crypto',
  purpose: 'decrypt',

  async prepare(interaction, authority) {
    const { own, siblings } = await offeredItems(room, room.store.read, interaction);
    const waiting = [...own, ...siblings].filter(({ state }) => state === 'waiting' || state === 'failed');
    // One certificate a question: the first that a waiting item has of this vendor.
    const known = waiting.flatMap(({ wraps }) => wraps.flatMap((wrap) => wrap.known ?? []));
    const first = known.find(({ authorityId }) => authorityId === authority.id);
    const certificate = first && certificateOf(room.gm, first);
    if (certificate === undefined) return refused(refusal('KEY_NOT_NEEDED', { authority: authority.name }));
    const wraps: WrapRequest[] = [];
    for (const item of waiting) {
      const wrap = item.wraps.find((one) => fits(room.gm, one, certificate) === 'opens');
      if (wrap !== undefined) wraps.push({ id: `${item.id}.${wrap.id}`, wrapped: wrap.wrapped });
    }
    const once = room.gm.sm2.generateKey();
    return ok({
      own: { d: hex(room.gm.sm2.exportPrivate(once)) },
      request: (common) => ({
        ...common,
        wraps: wraps.slice(0, limits.cryptoWraps),
        certificate: base64(certificate.der),
        replyKey: hex(once.publicKey.point),
      }),
    });
  },

  async settle(interaction, _authority, value, own) {
    const parties = await partiesOf(room, room.store.read, interaction);
    if (!parties.ok) return parties;
    const hub = pageOrigin(room, parties.value.platform);
    const consumed = await room.store.tx((tx) => consumeChallenge(room, tx, interaction, hub, 'decrypt'));
    if (!consumed.ok) return consumed;
    const keys = await keysOf(room, value, own);
    const opened = countOpened(await openWithKeys(room, await present(room, interaction), null, keys, 'mobile'));
    if (opened.ok) await forget(room, consumed.value.challenge);
    return opened;
  },
});

/** The row as it stands after the challenge is spent. */
const present = async (room: Room, interaction: Interaction): Promise<Interaction> =>
  (await room.interactions.find(room.store.read, interaction.id)) ?? interaction;

/** The code has done its work; what of the page is still closed waits for another question. */
const forget = (room: Room, { interaction, nonce }: Challenge): Promise<unknown> =>
  room.store.tx((tx) => room.interactions.change(tx, interaction, { states: ['claimed'], nonce }, { exchange: null }));

const countOpened = (opened: Result<number>): Result<number> =>
  opened.ok && opened.value === 0 ? refused(refusal('DECRYPT_FAILED')) : opened;

/** What the vendor brought, under the one-time key. What does not open is a failed try like any other. */
async function keysOf(room: Room, { keys }: UnwrappedKeys, own: Json): Promise<GivenKey[]> {
  const d = isObject(own) && typeof own['d'] === 'string' ? fromHex(own['d']) : undefined;
  const once = d && room.gm.sm2.importPrivate(d);
  const given: GivenKey[] = [];
  for (const { id, wrapped, layout } of keys) {
    const [item = '', wrap = ''] = id.split('.');
    const bytes = fromBase64(wrapped);
    const opened = once === undefined || bytes === undefined ? undefined : await room.gm.sm2.decrypt(once, bytes);
    const key = opened?.ok === true ? opened.plaintext : new Uint8Array(0);
    given.push({ item, wrap, key, layout: layout ?? '' });
  }
  return given;
}
