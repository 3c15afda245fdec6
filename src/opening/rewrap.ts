import { base64, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, readCertificateText } from '#pki/certificate.ts';
import type { Unit } from '#relying-party/party.ts';
import { makeReceipt, type SignedReceipt } from './capsule/receipt.ts';
import { recordSm3 } from './capsule/record.ts';
import { checkRewrap, rewrapTextFor } from './capsule/rewrap.ts';
import { bidderWraps, type WrapOf } from './capsule/wraps.ts';
import { type Capsule, type CapsuleRecord, capsuleOf, type WrapRecord, wrapsOfCapsule } from './capsules.ts';
import { findOpening } from './repository.ts';
import * as rows from './repository-capsules.ts';
import type { Room } from './room.ts';

/** What an agent with the old key needs to wrap K_b again for the new certificate; K_b never reaches the hub. */
export interface RewrapOffer {
  readonly wraps: readonly {
    readonly id: string;
    /** Base64. */
    readonly wrapped: string;
    /** Base64 DER of the certificate it was wrapped to. */
    readonly certificate: string;
    /** The old signing key says exactly this. */
    readonly text: string;
  }[];
}

export interface RewrapReply {
  /** Which wrap was unwrapped. */
  readonly wrap: string;
  /** Base64: K_b under the new certificate. */
  readonly wrapped: string;
  readonly text: string;
  /** Base64, by the old signing key. */
  readonly signature: string;
  /** The old signing certificate, base64 DER. */
  readonly signedBy: string;
}

interface Ready {
  readonly capsule: Capsule;
  readonly wraps: readonly WrapRecord[];
  readonly certificate: Certificate;
  readonly unit: Unit;
}

/** `certificate`: the new encryption certificate in any accepted form. Until the opening begins. CAPSULE_UNKNOWN, REWRAP_INVALID, CAPSULE_CERTIFICATE. */
export async function beginRewrap(room: Room, capsuleId: string, certificate: string): Promise<Result<RewrapOffer>> {
  const ready = await prepare(room, capsuleId, certificate);
  if (!ready.ok) return ready;
  const { capsule, wraps, certificate: fresh } = ready.value;
  const place = { opening: capsule.openingId, capsule: capsule.id };
  return ok({
    wraps: bidderWraps(wraps.map(({ wrap }) => wrap)).flatMap((wrap) => {
      const known = wraps.find((one) => one.wrap.id === wrap.id)?.certificate;
      if (known == null) return [];
      const text = rewrapTextFor(room.gm, place, wrap, fresh);
      return [{ id: wrap.id, wrapped: wrap.wrapped, certificate: known, text }];
    }),
  });
}

/**
 * Appends the new wrap, with a receipt that fixes which bytes were handed in. The old one stays: if the new one should hold something else, the old key still opens.
 * The new certificate must be valid and the same holder's of the same vendor (T28), the signature the old key's own.
 */
export async function finishRewrap(
  room: Room,
  capsuleId: string,
  certificate: string,
  reply: RewrapReply,
): Promise<Result<SignedReceipt>> {
  const { gm, store, subscribers } = room;
  const invalid = (why: string) => refused(refusal('REWRAP_INVALID', {}, why));
  const ready = await prepare(room, capsuleId, certificate);
  if (!ready.ok) return ready;
  const { capsule, wraps, unit } = ready.value;
  const from = bidderWraps(wraps.map(({ wrap }) => wrap)).find((wrap) => wrap.id === reply.wrap);
  const signedBy = readCertificateText(gm, reply.signedBy);
  if (from === undefined || signedBy === undefined) return invalid('wrap or certificate');
  const old = await subscribers.holderOf(store.read, unit, from.certificateSm3);
  if (!old?.signCertificates.some((one) => one.fingerprint === signedBy.fingerprint))
    return invalid('not the signing certificate beside the old one');
  const check = checkRewrap(gm, {
    opening: capsule.openingId,
    capsule: capsule.id,
    wraps: wraps.map(({ wrap }) => wrap),
    from,
    certificate: ready.value.certificate,
    wrapped: fromBase64(reply.wrapped) ?? Buffer.alloc(0),
    text: reply.text,
    signature: fromBase64(reply.signature) ?? Buffer.alloc(0),
    signedBy,
  });
  return check.ok ? append(room, ready.value, check.wrap) : invalid(check.fault);
}

async function prepare(room: Room, capsuleId: string, text: string): Promise<Result<Ready>> {
  const { store, gm, relyingParties, subscribers, trust } = room;
  const row = await rows.findCapsule(store.read, capsuleId);
  const opening = row && (await findOpening(store.read, row.opening_id));
  if (row?.state !== 'sealed' || opening?.state !== 'announced') return refused(refusal('CAPSULE_UNKNOWN'));
  const capsule = capsuleOf(room, row);
  const unit = await relyingParties.unit(store.read, capsule.record.unitId);
  const certificate = readCertificateText(gm, text);
  if (unit === undefined || certificate?.key.kind !== 'sm2')
    return refused(refusal('REWRAP_INVALID', {}, 'certificate'));
  const holder = await subscribers.holderOf(store.read, unit, certificate.fingerprint);
  const old = await subscribers.holderOf(store.read, unit, capsule.head.header.certificateSm3);
  const same = holder !== undefined && holder.authorityId === old?.authorityId && sameHolder(holder.holder, old.holder);
  if (!same) return refused(refusal('CAPSULE_CERTIFICATE', {}, 'not the same holder'));
  const judgement = await trust.judge(certificate, 'encrypt', { requireStatus: false });
  if (judgement.verdict !== 'valid') return refused(refusal('CAPSULE_CERTIFICATE', {}, judgement.verdict));
  return ok({ capsule, wraps: await wrapsOfCapsule(room, store.read, capsuleId), certificate, unit });
}

type Holder = { readonly unitName: string; readonly unitCode: string };
const sameHolder = (a: Holder, b: Holder): boolean => a.unitCode === b.unitCode && a.unitName === b.unitName;

async function append(room: Room, ready: Ready, wrap: WrapOf<'rewrap'>): Promise<Result<SignedReceipt>> {
  const { store, vault, gm, clock, random } = room;
  const { certificate } = ready;
  return store.tx(async (tx) => {
    const row = await rows.findCapsule(tx, ready.capsule.id);
    const opening = row && (await findOpening(tx, row.opening_id));
    const known = await wrapsOfCapsule(room, tx, ready.capsule.id);
    if (row?.state !== 'sealed' || opening?.state !== 'announced' || known.some((one) => one.wrap.id === wrap.id))
      return refused(refusal('REWRAP_INVALID', {}, 'changed meanwhile'));
    const capsule = capsuleOf(room, row);
    const now = clock.now();
    const last = capsule.record.receipts.at(-1);
    const receipt = await makeReceipt(gm, room.signingKey, {
      event: 'rewrapped',
      capsule: capsule.id,
      version: capsule.version,
      previous: last === undefined ? null : recordSm3(gm, last.record),
      at: now,
      structure: { head: capsule.head, bytes: capsule.bytes, sm3: capsule.record.sm3 },
      wraps: [...known.map((one) => one.wrap), wrap],
    });
    const id = newId('wrp', random);
    const wrapRecord: WrapRecord = { wrap, certificate: base64(certificate.der) };
    await rows.insertWrap(tx, {
      id,
      capsule_id: capsule.id,
      kind: 'bidder',
      spki_index: vault.index.key(certificate),
      record_sealed: vault.seal('capsule_wrap', id, 'record_sealed', wrapRecord),
      created_at: now,
    });
    const record: CapsuleRecord = { ...capsule.record, receipts: [...capsule.record.receipts, receipt] };
    const sealed = vault.seal('capsule', capsule.id, 'record_sealed', record);
    await rows.changeCapsule(tx, capsule.id, ['sealed'], { record_sealed: sealed, updated_at: now });
    await room.events.record(tx, {
      openingId: capsule.openingId,
      kind: 'capsule.rewrapped',
      actor: { kind: 'person', id: capsule.record.subscriberId, name: capsule.record.bidderName },
      capsuleId: capsule.id,
      body: { wrap: wrap.id, receipt: recordSm3(gm, receipt.record) },
      secrecy: 'closed',
    });
    return ok(receipt);
  });
}
