import type { CapsulePort } from '#envelope/capsule-port.ts';
import type { EncryptRequest } from '#envelope/requests.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { OnCertificateChanged } from '#subscriber/workbench.ts';
import { amendIn, amendOpening } from './amend.ts';
import { announcements, type SignedAmendment } from './announce.ts';
import { beginRelease } from './begin.ts';
import type { SignedReceipt } from './capsule/receipt.ts';
import type { SignedTicket } from './capsule/ticket.ts';
import { capsuleEnded } from './capsule-ended.ts';
import { bidFacts, type CapsuleFacts, capsuleFacts } from './capsule-facts.ts';
import { certificateChanged } from './certificate-changed.ts';
import { beginCheckIn, finishCheckIn, type WrapForAgent } from './check-in.ts';
import { overrideClock, stateClock } from './clock-statement.ts';
import { type Content, type ContentLink, contentLink, redeemContent } from './content.ts';
import { createOpening } from './create.ts';
import { abortOpening, endOpening, extendWindow, returnLot } from './ends.ts';
import { itemOf, locate, openable } from './find-capsule.ts';
import { type Gate, gateOf } from './gate.ts';
import { hubSeal } from './hub-seal.ts';
import { type SealedUpload, type TakenIn, takeIn } from './intake.ts';
import { openWith } from './open-capsule.ts';
import { createOpenKeys } from './open-keys.ts';
import type { OpeningFile } from './opening.ts';
import { readFile } from './read-opening.ts';
import { allowRecovery, recover, recoveryShareFor } from './recovery.ts';
import { isCapsuleOrReference } from './reference.ts';
import { beginRehearsal, finishRehearsal } from './rehearsal.ts';
import { progress, type ReleaseProgress, release, shareFor } from './release.ts';
import { findCapsule, sealedForKey } from './repository-capsules.ts';
import type { AmendmentRequest, OpeningRequest } from './request.ts';
import { beginRewrap, finishRewrap } from './rewrap.ts';
import { createRoom, type OpeningDeps, type Room } from './room.ts';
import { sweepOpenings, type Witnessing } from './sweep.ts';
import { ownOpening, sealingTicket } from './ticket.ts';
import { withdraw } from './withdraw.ts';

/** Openings and what waits for them. Each call's refusals stand at the use case itself. */
export interface Openings {
  /** What the hall builds on: vault, events, clock trust. */
  readonly room: Room;

  // by trading systems: a unit sees its own openings and capsules only
  create(unit: Unit, request: OpeningRequest): Promise<Result<OpeningFile>>;
  get(unit: Unit, openingId: string): Promise<Result<OpeningFile & { announcements: readonly SignedAmendment[] }>>;
  amend(unit: Unit, openingId: string, request: AmendmentRequest): Promise<Result<OpeningFile>>;
  ticket(unit: Unit, openingId: string, lot: string): Promise<Result<SignedTicket>>;
  takeIn(unit: Unit, upload: SealedUpload, source: AsyncIterable<Uint8Array>): Promise<Result<TakenIn>>;
  withdraw(unit: Unit, openingId: string, capsuleId: string): Promise<Result<SignedReceipt>>;
  capsule(unit: Unit, openingId: string, capsuleId: string): Promise<Result<CapsuleFacts>>;
  bid(unit: Unit, openingId: string, bid: { lot: string; taskId: string }): Promise<Result<CapsuleFacts>>;
  contentLink(unitId: string, capsuleId: string): Promise<Result<ContentLink>>;
  content(token: string): Promise<Result<Content>>;

  // for the hall; who may is the hall's to know
  file(h: Handle, openingId: string): Promise<OpeningFile | undefined>;
  gate(h: Handle, opening: { readonly opensAt: number }): Promise<Gate>;
  begin: Bound<typeof beginRelease>;
  beginCheckIn: Bound<typeof beginCheckIn>;
  finishCheckIn: Bound<typeof finishCheckIn>;
  shareFor(h: Handle, openingId: string, personId: string): Promise<Result<WrapForAgent>>;
  release(openingId: string, personId: string, wrapped: string): Promise<Result<ReleaseProgress>>;
  progress(h: Handle, openingId: string): Promise<ReleaseProgress>;
  postpone: Bound<typeof amendIn>;
  extend: Bound<typeof extendWindow>;
  end: Bound<typeof endOpening>;
  abort: Bound<typeof abortOpening>;
  returnLot: Bound<typeof returnLot>;
  allowRecovery: Bound<typeof allowRecovery>;
  recoveryShareFor: Bound<typeof recoveryShareFor>;
  recover: Bound<typeof recover>;
  stateClock: Bound<typeof stateClock>;
  overrideClock: Bound<typeof overrideClock>;

  // for bidders
  /** Ids of the capsules of an opening that a key (`vault.index.key`) can open. */
  capsulesForKey(h: Handle, openingId: string, keyIndex: string): Promise<readonly string[]>;
  beginRehearsal: Bound<typeof beginRehearsal>;
  finishRehearsal: Bound<typeof finishRehearsal>;
  beginRewrap: Bound<typeof beginRewrap>;
  finishRewrap: Bound<typeof finishRewrap>;

  readonly port: CapsulePort;
  readonly onCertificateChanged: OnCertificateChanged;
  sweep(witnessing: Witnessing): Promise<void>;
}

/** A use case without its first argument, the room. */
type Bound<F> = F extends (room: Room, ...rest: infer A) => infer R ? (...rest: A) => R : never;

export function createOpenings(deps: OpeningDeps): Openings {
  const room = createRoom(deps);
  const openKeys = createOpenKeys(room);
  const { store } = room;
  return {
    room,
    create: (unit, request) => createOpening(room, unit, request),
    get: async (unit, id) => {
      const own = await ownOpening(room, store.read, unit, id);
      return own.ok ? ok({ ...own.value, announcements: await announcements(room, store.read, id) }) : own;
    },
    amend: (unit, id, request) => amendOpening(room, unit, id, request),
    ticket: (unit, id, lot) => sealingTicket(room, unit, id, lot),
    takeIn: (unit, upload, source) => takeIn(room, unit, upload, source),
    withdraw: (unit, openingId, capsuleId) => withdraw(room, unit, openingId, capsuleId),
    capsule: (unit, openingId, capsuleId) => capsuleFacts(room, unit, openingId, capsuleId),
    bid: (unit, openingId, bid) => bidFacts(room, unit, openingId, bid),
    contentLink: (unitId, capsuleId) => contentLink(room, unitId, capsuleId),
    content: (token) => redeemContent(room, token),

    file: (h, id) => readFile(room.vault, h, id),
    gate: (h, opening) => gateOf(room.time, h, opening),
    begin: (...rest) => beginRelease(room, ...rest),
    beginCheckIn: (...rest) => beginCheckIn(room, ...rest),
    finishCheckIn: (...rest) => finishCheckIn(room, ...rest),
    shareFor: (h, openingId, personId) => shareFor(room, h, openingId, personId),
    release: (openingId, personId, wrapped) => release(room, openKeys, openingId, personId, wrapped),
    progress,
    postpone: (...rest) => amendIn(room, ...rest),
    extend: (...rest) => extendWindow(room, ...rest),
    end: (...rest) => endOpening(room, ...rest),
    abort: (...rest) => abortOpening(room, ...rest),
    returnLot: (...rest) => returnLot(room, ...rest),
    allowRecovery: (...rest) => allowRecovery(room, ...rest),
    recoveryShareFor: (...rest) => recoveryShareFor(room, ...rest),
    recover: (...rest) => recover(room, ...rest),
    stateClock: (...rest) => stateClock(room, ...rest),
    overrideClock: (...rest) => overrideClock(room, ...rest),

    capsulesForKey: (h, openingId, keyIndex) => sealedForKey(h, openingId, keyIndex),
    beginRehearsal: (...rest) => beginRehearsal(room, ...rest),
    finishRehearsal: (...rest) => finishRehearsal(room, ...rest),
    beginRewrap: (...rest) => beginRewrap(room, ...rest),
    finishRewrap: (...rest) => finishRewrap(room, ...rest),

    port: portOf(room),
    onCertificateChanged: (tx, change) => certificateChanged(room, tx, change),
    sweep: (witnessing) => sweepOpenings(room, openKeys, witnessing),
  };
}

function portOf(room: Room): CapsulePort {
  const unknown = refused(refusal('CAPSULE_UNKNOWN'));
  return {
    recognise: isCapsuleOrReference,
    seal: (unit: Unit, request: EncryptRequest) => hubSeal(room, unit, request),
    async find(h, unit, bytes) {
      const row = await locate(room, h, unit.id, bytes);
      if (row === undefined) return unknown;
      const may = await openable(room, h, row);
      return may.ok ? ok(await itemOf(room, h, may.value)) : may;
    },
    async get(h, unitId, capsuleId) {
      const row = await findCapsule(h, capsuleId);
      if (row?.owner_index !== room.vault.index.owner(unitId)) return unknown;
      const may = await openable(room, h, row);
      return may.ok ? ok(await itemOf(room, h, may.value)) : may;
    },
    // Whoever does not say that the key was the person's own token gets the cautious reading: nobody is blamed for what came through others.
    open: (item, wrap, kb, road = 'vendor') => openWith(room, item, { wrap, kb, road }),
    ended: (tx: Tx, end) => capsuleEnded(room, tx, end),
  };
}
