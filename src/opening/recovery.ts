import { fromBase64, fromHex } from '#kernel/bytes.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Handle, Tx } from '#store/store.ts';
import { recoverBidderKey } from './capsule/keys.ts';
import { recoveryWraps } from './capsule/wraps.ts';
import { type Capsule, wrapsOfCapsule } from './capsules.ts';
import { changed } from './changed.ts';
import type { WrapForAgent } from './check-in.ts';
import { openable } from './find-capsule.ts';
import { openWith, RECOVERY, RECOVERY_ALLOWED } from './open-capsule.ts';
import type { Actor, Person } from './opening.ts';
import { personOf } from './read-opening.ts';
import * as openings from './repository.ts';
import * as rows from './repository-capsules.ts';
import { approvalsOf, dropApproval, putApproval } from './repository-shares.ts';
import { type Room, seatName } from './room.ts';
import { wrongState } from './states.ts';

/** The two-person remedy has been decided (by the hall, in its transaction); without it no recovery custodian gets a wrap. */
export async function allowRecovery(
  room: Room,
  tx: Tx,
  capsuleId: string,
  by: { readonly actor: Actor; readonly reason: string },
): Promise<Result<true>> {
  const row = await rows.findCapsule(tx, capsuleId);
  const opening = row && (await openings.findOpening(tx, row.opening_id));
  if (row === undefined || opening === undefined) return refused(refusal('CAPSULE_UNKNOWN'));
  if (opening.key_model !== 'quorum' || opening.state !== 'released') return refused(wrongState(opening.state));
  const now = room.clock.now();
  const open = await rows.changeCapsule(tx, capsuleId, ['sealed'], { outcome: RECOVERY_ALLOWED, updated_at: now });
  if (open === undefined) return refused(refusal('CAPSULE_UNKNOWN'));
  const body = { reason: by.reason };
  const kind = 'recovery.allowed';
  await room.events.record(tx, {
    openingId: row.opening_id,
    kind,
    actor: by.actor,
    capsuleId,
    body,
    secrecy: 'public',
  });
  await changed(room, tx, row.opening_id);
  return ok(true);
}

/** One recovery custodian's share of this capsule's K_b, for his agent to wrap to the release key. */
export async function recoveryShareFor(
  room: Room,
  h: Handle,
  capsuleId: string,
  personId: string,
): Promise<Result<WrapForAgent>> {
  const found = await recovering(room, h, capsuleId, personId);
  if (!found.ok) return found;
  const { capsule, person, releasePoint } = found.value;
  const wraps = (await wrapsOfCapsule(room, h, capsule.id)).map(({ wrap }) => wrap);
  const own = recoveryWraps(wraps).find((wrap) => wrap.custodian === seatName(person.seat));
  if (own === undefined) return refused(refusal('OFFICE_UNKNOWN', { role: '恢复托管人' }));
  return ok({ wrapped: own.wrapped, to: releasePoint });
}

export type RecoveryProgress = { readonly have: number; readonly need: number; readonly opened: boolean };

/**
 * A recovery share comes back. When enough have come, K_b is put together from them and the capsule opened like any other; its content is fetched by the unit that handed it
 * in. A share that misses its commitment is SHARE_BAD and names nobody but the one who gave it.
 */
export async function recover(
  room: Room,
  capsuleId: string,
  personId: string,
  wrapped: string,
): Promise<Result<RecoveryProgress>> {
  const { store, vault, clock, random } = room;
  const found = await recovering(room, store.read, capsuleId, personId);
  if (!found.ok) return found;
  const { capsule, person } = found.value;
  const bytes = fromBase64(wrapped) ?? Buffer.alloc(0);
  const id = newId('apr', random);
  await store.tx(async (tx) => {
    await putApproval(tx, {
      id,
      opening_id: capsule.openingId,
      capsule_id: capsuleId,
      person_id: personId,
      wrapped_sealed: vault.sealBytes('recovery_approval', id, 'wrapped_sealed', bytes),
      received_at: clock.now(),
    });
    await room.events.record(tx, {
      openingId: capsule.openingId,
      kind: 'recovery.share-received',
      actor: { kind: 'person', id: personId, name: person.name },
      capsuleId,
      body: { seat: person.seat },
      secrecy: 'public',
    });
    await changed(room, tx, capsule.openingId);
  });
  return join(room, capsule, person);
}

async function join(room: Room, capsule: Capsule, person: Person): Promise<Result<RecoveryProgress>> {
  const { gm, store, vault } = room;
  const key = await releaseKey(room, capsule.openingId);
  const persons = await openings.personsOf(store.read, capsule.openingId);
  const shares: { custodian: string; share: Uint8Array }[] = [];
  for (const row of await approvalsOf(store.read, capsule.id)) {
    const seat = persons.find((one) => one.id === row.person_id)?.seat ?? 0;
    const came = await gm.sm2.decrypt(
      key,
      vault.openBytes('recovery_approval', row.id, 'wrapped_sealed', row.wrapped_sealed),
    );
    shares.push({ custodian: seatName(seat), share: came.ok ? came.plaintext : Buffer.alloc(0) });
  }
  const recovered = await recoverBidderKey(gm, capsule.head.header, shares);
  for (const { share } of shares) share.fill(0);
  const need = capsule.head.header.commitments.recovery?.threshold ?? 0;
  if (!recovered.ok) {
    if (recovered.wrong.includes(seatName(person.seat))) {
      await giveBack(room, capsule, person);
      return refused(refusal('SHARE_BAD'));
    }
    return ok({ have: shares.length - recovered.wrong.length, need, opened: false });
  }
  const opened = await openWith(room, { capsuleId: capsule.id }, { wrap: RECOVERY, kb: recovered.kb, road: 'key' });
  recovered.kb.fill(0);
  return opened.ok ? ok({ have: shares.length, need, opened: true }) : opened;
}

/** A share that misses its commitment is as if it had not come: its person may try again. */
const giveBack = (room: Room, capsule: Capsule, person: Person): Promise<void> =>
  room.store.tx(async (tx) => {
    await dropApproval(tx, capsule.id, person.id);
    await room.events.record(tx, {
      openingId: capsule.openingId,
      kind: 'recovery.share-bad',
      actor: { kind: 'person', id: person.id, name: person.name },
      capsuleId: capsule.id,
      body: { seat: person.seat },
      secrecy: 'public',
    });
    await changed(room, tx, capsule.openingId);
  });

async function releaseKey({ gm, store, vault }: Room, openingId: string) {
  const row = await openings.findOpening(store.read, openingId);
  const scalar =
    row?.release_sealed && fromHex(vault.open<string>('opening', openingId, 'release_sealed', row.release_sealed));
  const key = scalar ? gm.sm2.importPrivate(scalar) : undefined;
  if (key === undefined) throw new HubError('INTERNAL', 'the release key does not read any more');
  return key;
}

async function recovering(
  room: Room,
  h: Handle,
  capsuleId: string,
  personId: string,
): Promise<Result<{ capsule: Capsule; person: Person; releasePoint: string }>> {
  const row = await rows.findCapsule(h, capsuleId);
  if (row === undefined) return refused(refusal('CAPSULE_UNKNOWN'));
  const personRow = await openings.findPerson(h, row.opening_id, personId);
  if (personRow?.role !== 'recovery') return refused(refusal('OFFICE_UNKNOWN', { role: '恢复托管人' }));
  const may = await openable(room, h, row);
  if (!may.ok) return may;
  const { opening, capsule } = may.value;
  if (row.outcome !== RECOVERY_ALLOWED || opening.release_point === null) return refused(wrongState(opening.state));
  return ok({ capsule, person: personOf(room.vault, personRow), releasePoint: opening.release_point });
}
