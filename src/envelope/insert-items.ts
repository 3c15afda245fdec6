import type { Interaction } from '#interaction/interaction.ts';
import type { Bytes } from '#kernel/bytes.ts';
import { newId } from '#kernel/ids.ts';
import type { Tx } from '#store/store.ts';
import { type Item, recipientIndex, type Words, type Wrap } from './item.ts';
import { insertItem } from './repository-items.ts';
import type { Room } from './room.ts';

/** What an interaction is begun with. */
export interface NewItem {
  readonly kind: Item['kind'];
  /** The ciphertext; null: it stays where it is (capsules). */
  readonly body: Bytes | null;
  readonly bytes: number;
  readonly words: Words;
  readonly wraps: readonly Wrap[];
  readonly ciphertextId: string | null;
  readonly capsuleId: string | null;
}

export async function insertItems(
  room: Room,
  tx: Tx,
  interaction: Interaction,
  items: readonly NewItem[],
): Promise<void> {
  for (const [place, item] of items.entries()) {
    const id = newId('itm', room.random);
    const recipients = item.wraps.flatMap((wrap) => recipientIndex(room.gm, room.cipher, wrap) ?? []);
    await insertItem(
      tx,
      {
        id,
        interaction_id: interaction.id,
        unit_id: interaction.unitId,
        place,
        kind: item.kind,
        state: 'waiting',
        ciphertext_id: item.ciphertextId,
        capsule_id: item.capsuleId,
        words_sealed: room.vault.sealWords(id, item.words),
        wraps_sealed: room.vault.sealWraps(id, item.wraps),
        body_sealed: item.body === null ? '' : room.vault.sealBody(id, item.body),
        bytes: item.bytes,
        opened_by: null,
        opened_at: null,
        outbox_id: null,
        held_by: null,
        held_until: null,
        refusal_code: null,
        refusal_sealed: null,
        updated_at: room.clock.now(),
      },
      recipients,
    );
  }
}
