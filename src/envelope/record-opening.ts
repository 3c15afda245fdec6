import { browserHash, isBrowserSecret } from '#interaction/browser.ts';
import type { Interaction } from '#interaction/interaction.ts';
import { announce } from '#interaction/page-room.ts';
import { refusal } from '#kernel/errors.ts';
import { tailOf } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Tx } from '#store/store.ts';
import type { DecryptOpened, OpenedContent } from './event.ts';
import { HOLD_MS } from './held.ts';
import { certificateOf, type Item, type Wrap } from './item.ts';
import type { Road } from './keys.ts';
import { markOpened } from './repository-ciphertexts.ts';
import { changeItem, itemsOf } from './repository-items.ts';
import type { Room } from './room.ts';

/** On whose page, in which browser, and by which road. */
export interface OpenedBy {
  readonly page: Interaction;
  readonly secret: string | null;
  readonly road: Road;
  readonly unit: Unit;
}

/**
 * One item is open: item, interaction, message 7 and journal row in one transaction. false: somebody else was faster, or the interaction has ended.
 * Content of a `memory-only` unit is nowhere written: the message says that this process holds it.
 */
export async function recordOpened(
  room: Room,
  by: OpenedBy,
  item: Item,
  wrap: Wrap,
  { content, dialect }: { content: OpenedContent; dialect: string },
  layout: string,
): Promise<boolean> {
  const memoryOnly = by.unit.profile.plaintext === 'memory-only' && content.kind !== 'file';
  // Before the commit: the dispatcher may ask for it at once.
  const before = room.held.get(item.id);
  if (memoryOnly) room.held.put(item.id, content);
  const done = await room.store.tx(async (tx) => {
    const now = room.clock.now();
    const won = await changeItem(tx, item.id, ['waiting', 'failed'], {
      state: 'opened',
      opened_by: by.page.id,
      opened_at: now,
      refusal_code: null,
      refusal_sealed: null,
      held_by: memoryOnly ? room.holder : null,
      held_until: memoryOnly ? now + HOLD_MS : null,
      updated_at: now,
    });
    if (won === undefined) return 'taken';
    const interaction = await advance(room, tx, by, item, wrap);
    if (interaction === undefined) {
      await changeItem(tx, item.id, ['opened'], {
        state: item.state,
        opened_by: null,
        opened_at: null,
        held_by: null,
        held_until: null,
      });
      return 'over';
    }
    const outboxId = await room.outbox.enqueue(tx, {
      kind: 'decrypt.opened',
      unitId: interaction.unitId,
      orgcode: interaction.orgcode,
      interactionId: interaction.id,
      stateVersion: interaction.version,
      body: messageOf(room, item, wrap, memoryOnly ? { kind: 'held' } : content),
      deadlineAt: interaction.expiresAt,
      schedule: 'window',
    });
    await changeItem(tx, item.id, ['opened'], { outbox_id: outboxId });
    if (item.ciphertextId !== null) await markOpened(tx, item.ciphertextId, now);
    if (item.capsuleId !== null)
      await room.capsules.ended(tx, { capsuleId: item.capsuleId, interaction: interaction.id, what: 'opened' });
    await room.journal.append(tx, {
      kind: 'decrypt.opened',
      unitId: interaction.unitId,
      interactionId: interaction.id,
      body: {
        item: item.id,
        kind: item.kind,
        dialect,
        layout,
        road: by.road,
        ...recipientOf(room, wrap),
        ...(by.page.id === interaction.id ? {} : { page: by.page.id }),
      },
    });
    announce(room, tx, interaction);
    await touchPage(room, tx, by.page, interaction.id);
    return 'opened';
  });
  if (done !== 'opened' && before === undefined) room.held.drop(item.id);
  return done === 'opened';
}

/** The item's interaction goes on: `proved` once all of it is open. A sibling that nobody had opened becomes this browser's. */
async function advance(room: Room, tx: Tx, by: OpenedBy, item: Item, wrap: Wrap): Promise<Interaction | undefined> {
  const rest = (await itemsOf(tx, item.interactionId)).some(({ state }) => state === 'waiting' || state === 'failed');
  const present = await room.interactions.find(tx, item.interactionId);
  const bind =
    !rest && present?.browserHash === null && by.secret !== null && isBrowserSecret(by.secret)
      ? { browserHash: browserHash(room.gm, item.interactionId, by.secret) }
      : {};
  return room.interactions.change(
    tx,
    item.interactionId,
    { states: ['open', 'claimed'], liveAt: room.clock.now() },
    {
      ...(rest ? {} : { state: 'proved' as const }),
      ...bind,
      ...(wrap.known?.certificateId != null ? { certificateId: wrap.known.certificateId } : {}),
      ...(wrap.known?.authorityId != null ? { authorityId: wrap.known.authorityId } : {}),
      refusal: null,
    },
  );
}

/** The page on which a sibling was opened shows it too. */
async function touchPage(room: Room, tx: Tx, page: Interaction, interaction: string): Promise<void> {
  if (page.id === interaction) return;
  const touched = await room.interactions.change(tx, page.id, { states: ['open', 'claimed', 'proved'] }, {});
  if (touched !== undefined) announce(room, tx, touched);
}

function messageOf(room: Room, item: Item, wrap: Wrap, content: OpenedContent): DecryptOpened {
  const certificate = wrap.known === null ? undefined : certificateOf(room.gm, wrap.known);
  return {
    item: item.id,
    taskId: item.words.taskId,
    standBy: item.words.standBy,
    encryptionCertificate: wrap.known?.certificate ?? '',
    encryptionSerial: certificate?.serial ?? '',
    content,
  };
}

/** Tail and vendor; `expired` is the warning that an ended certificate opened it, which it may. */
function recipientOf(room: Room, wrap: Wrap) {
  const certificate = wrap.known === null ? undefined : certificateOf(room.gm, wrap.known);
  if (certificate === undefined) return {};
  const expired = certificate.notAfter < room.clock.now();
  return {
    tail: tailOf(certificate),
    ...(wrap.known?.authorityId != null ? { authority: wrap.known.authorityId } : {}),
    ...(expired ? { warning: 'certificate expired' } : {}),
    ...(wrap.known?.retired === true ? { retired: true } : {}),
  };
}

/** A try that opened nothing. Person and caller read DECRYPT_FAILED whatever it was; the cause stands here. */
export async function recordFailure(
  room: Room,
  by: OpenedBy,
  item: Item,
  why: { cause: string; dialect: string; layout: string },
): Promise<void> {
  const shown = refusal('DECRYPT_FAILED');
  await room.store.tx(async (tx) => {
    const won = await changeItem(tx, item.id, ['waiting', 'failed'], {
      state: 'failed',
      refusal_code: shown.code,
      refusal_sealed: room.vault.sealRefusal(item.id, shown),
      updated_at: room.clock.now(),
    });
    if (won === undefined) return;
    if (item.capsuleId !== null)
      await room.capsules.ended(tx, { capsuleId: item.capsuleId, interaction: item.interactionId, what: 'tried' });
    await room.journal.append(tx, {
      kind: 'decrypt.failed',
      unitId: item.unitId,
      interactionId: item.interactionId,
      body: { item: item.id, kind: item.kind, road: by.road, ...why },
    });
    for (const id of new Set([item.interactionId, by.page.id])) {
      const touched = await room.interactions.change(tx, id, { states: ['open', 'claimed', 'proved'] }, {});
      if (touched !== undefined) announce(room, tx, touched);
    }
  });
}
