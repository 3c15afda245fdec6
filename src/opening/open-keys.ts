import { base64, fromHex, hex } from '#kernel/bytes.ts';
import { HubError } from '#kernel/errors.ts';
import type { CapsuleKoTable, CapsuleTable, OpeningTable, ReleaseShareTable } from '#store/schema-opening.ts';
import type { Tx } from '#store/store.ts';
import { openingWrap } from './capsule/wraps.ts';
import { type Capsule, capsuleOf } from './capsules.ts';
import { changed } from './changed.ts';
import { gateOf } from './gate.ts';
import { type Actor, THE_HUB } from './opening.ts';
import type { OpenOutcome } from './process/one-shots.ts';
import { personOf, type ShareRecord } from './read-opening.ts';
import * as openings from './repository.ts';
import { capsulesOf, insertKos } from './repository-capsules.ts';
import { judgeShare, sharesOf } from './repository-shares.ts';
import { type Room, seatName } from './room.ts';

/** Runs the opener over the shares that have come; every call is safe at any time, also after a crash. */
export type OpenTheKeys = (openingId: string) => Promise<void>;

/**
 * The only place where shares meet, and it is another process: it gets the release key and the wrapped shares, says which share misses its commitment, and,
 * when enough are right, gives every K_o. One run an opening at a time in this process; a second process's run comes to the same.
 */
export function createOpenKeys(room: Room): OpenTheKeys {
  const last = new Map<string, Promise<void>>();
  return (openingId) => {
    const before = last.get(openingId) ?? Promise.resolve();
    const run = before.catch(() => undefined).then(() => openKeys(room, openingId));
    last.set(openingId, run);
    const forget = (): void => {
      if (last.get(openingId) === run) last.delete(openingId);
    };
    run.then(forget, forget);
    return run;
  };
}

async function openKeys(room: Room, openingId: string): Promise<void> {
  const { store, vault, gm } = room;
  const row = await openings.findOpening(store.read, openingId);
  if (row?.state !== 'releasing' || row.release_sealed === null) return;
  if (!(await gateOf(room.time, store.read, { opensAt: row.opens_at })).open) return;
  const shares = (await sharesOf(store.read, openingId)).filter((share) => share.verdict !== 'bad');
  const enough = shares.length >= row.threshold;
  if (!enough && shares.every((share) => share.verdict === 'good')) return;
  const capsules = enough ? (await sealedNow(room, row)).map((one) => capsuleOf(room, one)) : [];
  const releaseKey = gm.sm2.importPrivate(
    fromHex(vault.open<string>('opening', openingId, 'release_sealed', row.release_sealed)) ?? Buffer.alloc(0),
  );
  if (releaseKey === undefined) throw new HubError('INTERNAL', 'the release key does not read any more');
  const order = await orderOf(room, row, shares);
  const outcome = await room.processes.runOpener({
    ...order,
    opening: openingId,
    openingKey: row.public_point,
    threshold: row.threshold,
    releaseKey,
    capsules: capsules.flatMap((capsule) => halfOf(capsule)),
  });
  await write(room, row, { shares, capsules, outcome });
}

const sealedNow = ({ store }: Room, row: OpeningTable): Promise<CapsuleTable[]> =>
  capsulesOf(store.read, row.id, ['sealed']);

function halfOf(capsule: Capsule) {
  const { header, wraps } = capsule.head;
  const wrap = openingWrap(wraps);
  if (wrap === undefined || header.commitments.ko === null) return [];
  return [{ capsule: capsule.id, wrapped: wrap.wrapped, nonce: header.nonce, ko: header.commitments.ko }];
}

async function orderOf({ store, vault }: Room, row: OpeningTable, shares: readonly ReleaseShareTable[]) {
  const persons = await openings.personsOf(store.read, row.id);
  let nonce = '';
  const released = shares.map((share) => {
    const person = persons.find((one) => one.id === share.person_id);
    if (person?.share_sealed == null || person.share_commitment === null)
      throw new HubError('INTERNAL', 'a share of nobody');
    nonce = vault.open<ShareRecord>('opening_person', person.id, 'share_sealed', person.share_sealed).nonce;
    const wrapped = vault.openBytes('release_share', share.id, 'wrapped_sealed', share.wrapped_sealed);
    return { custodian: seatName(share.seat), wrapped: base64(wrapped), sm3: person.share_commitment };
  });
  return { shares: released, nonce };
}

interface Run {
  readonly shares: readonly ReleaseShareTable[];
  readonly capsules: readonly Capsule[];
  readonly outcome: OpenOutcome;
}

async function write(room: Room, row: OpeningTable, { shares, capsules, outcome }: Run): Promise<void> {
  const { store, vault, clock } = room;
  const known = new Map(capsules.map((capsule) => [capsule.id, capsule]));
  const now = clock.now();
  // Sealed before the transaction: ten thousand of them take a while.
  const keys = (outcome.ok ? outcome.keys : []).map(({ capsule, ko }): CapsuleKoTable => {
    const value = ko === undefined ? '' : vault.seal('capsule_ko', capsule, 'value_sealed', hex(ko));
    ko?.fill(0);
    const verdict = ko === undefined ? 'bad' : 'good';
    return { capsule_id: capsule, opening_id: row.id, value_sealed: value, verdict, created_at: now };
  });
  const wrong = new Set(outcome.wrong);
  await store.tx(async (tx) => {
    const told = shares.filter((share) => share.verdict === 'received');
    for (const share of told) await judge(room, tx, share, wrong.has(seatName(share.seat)) ? 'bad' : 'good');
    if (!outcome.ok) {
      if (outcome.fault === 'key') {
        await room.events.record(tx, {
          openingId: row.id,
          kind: 'opening.key-differs',
          actor: THE_HUB,
          secrecy: 'public',
        });
        room.log.error({ alarm: 'opening', opening: row.id }, 'the shares are right and join to another key');
      }
      if (told.length > 0) await changed(room, tx, row.id);
      return;
    }
    const at = clock.now();
    const released = await openings.changeOpening(
      tx,
      row.id,
      ['releasing'],
      { state: 'released', released_at: at, window_ends_at: at + row.window_ms },
      at,
    );
    if (released === undefined) return; // another run was first, and came to the same
    await insertKos(tx, keys);
    for (const { capsule_id, verdict } of keys) {
      if (verdict === 'bad' && known.has(capsule_id))
        await room.note(tx, {
          openingId: row.id,
          capsuleId: capsule_id,
          fact: { kind: 'opening-key-missing', capsule: capsule_id },
        });
    }
    const body = { capsules: keys.length, unusable: keys.filter((key) => key.verdict === 'bad').length };
    await room.events.record(tx, {
      openingId: row.id,
      kind: 'opening.released',
      actor: THE_HUB,
      body,
      secrecy: 'public',
    });
    await changed(room, tx, row.id);
  });
}

async function judge(room: Room, tx: Tx, share: ReleaseShareTable, verdict: 'good' | 'bad'): Promise<void> {
  const first = await judgeShare(tx, share.id, verdict, room.clock.now());
  if (!first || verdict === 'good') return;
  const row = await openings.findPerson(tx, share.opening_id, share.person_id);
  const name = row === undefined ? '' : personOf(room.vault, row).name;
  const actor: Actor = { kind: 'person', id: share.person_id, name };
  await openings.changePerson(tx, share.person_id, { released_at: null });
  await room.events.record(tx, {
    openingId: share.opening_id,
    kind: 'share.bad',
    actor,
    body: { seat: share.seat },
    secrecy: 'public',
  });
  await room.note(tx, {
    openingId: share.opening_id,
    capsuleId: null,
    fact: { kind: 'share-bad', custodian: share.seat, title: name },
  });
}
