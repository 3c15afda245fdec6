import type { Handle } from '#store/store.ts';
import type { Item } from './item.ts';
import { type ItemRow, itemsOf, itemsOpenedBy, siblingItems } from './repository-items.ts';
import type { Room } from './room.ts';

/** Tasks offered together; more wait for the next page. */
const MOST_SIBLINGS = 50;

function itemOf(room: Pick<Room, 'vault'>, row: ItemRow): Item {
  const { vault } = room;
  return {
    id: row.id,
    interactionId: row.interaction_id,
    unitId: row.unit_id,
    place: row.place,
    kind: row.kind,
    state: row.state,
    ciphertextId: row.ciphertext_id,
    capsuleId: row.capsule_id,
    bytes: row.bytes,
    get words() {
      return vault.openWords(row.id, row.words_sealed);
    },
    get wraps() {
      return vault.openWraps(row.id, row.wraps_sealed);
    },
    openedBy: row.opened_by,
    outboxId: row.outbox_id,
    refusal: vault.openRefusal(row.id, row.refusal_code, row.refusal_sealed),
  };
}

const ownItems = async (room: Room, h: Handle, interactionId: string): Promise<Item[]> =>
  (await itemsOf(h, interactionId)).map((row) => itemOf(room, row));

/** What a page shows and its person may open: the interaction's own items, those opened here for siblings, and those the same key opens. */
export async function offeredItems(
  room: Room,
  h: Handle,
  interaction: { id: string; unitId: string },
): Promise<{ own: Item[]; siblings: Item[] }> {
  const of = { interactionId: interaction.id, unitId: interaction.unitId };
  const opened = await itemsOpenedBy(h, interaction.id);
  const waiting = await siblingItems(h, of, room.clock.now(), MOST_SIBLINGS);
  const own = await ownItems(room, h, interaction.id);
  // A capsule stands once: its bidder may have opened the page twice, from the hall and from the trading system.
  const known = new Set([...own.map((item) => item.capsuleId), ...opened.map((row) => row.capsule_id)]);
  const fresh = waiting.filter((row) => row.capsule_id === null || !known.has(row.capsule_id));
  const siblings = [...opened, ...fresh.filter((row) => !opened.some(({ id }) => id === row.id))];
  return { own, siblings: siblings.map((row) => itemOf(room, row)) };
}
