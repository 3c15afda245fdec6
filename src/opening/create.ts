import { base64 } from '#kernel/bytes.ts';
import { beijingDateTime } from '#kernel/clock.ts';
import { HubError, refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { OpeningLotTable, OpeningPersonTable, OpeningTable } from '#store/schema-opening.ts';
import { isUniqueViolation } from '#store/store.ts';
import { announce } from './announce.ts';
import { appoint, type Office } from './offices.ts';
import type { OpeningFile, Terms } from './opening.ts';
import type { Dealing } from './process/dealer.ts';
import { openingOf, type PersonRecord, personOf, readFile, type ShareRecord } from './read-opening.ts';
import * as rows from './repository.ts';
import type { OpeningRequest } from './request.ts';
import { type Room, seatName, topicOf } from './room.ts';

/**
 * Announces an opening: offices judged, key dealt in its own process, everything written and signed in one transaction. The same taskId with the same
 * content answers what stands, with other content TASK_CONFLICT. Further refusals: FIELD_INVALID, PLATFORM_UNKNOWN, CUSTODIANS_INSUFFICIENT,
 * OFFICE_CERTIFICATE.
 */
export async function createOpening(room: Room, unit: Unit, request: OpeningRequest): Promise<Result<OpeningFile>> {
  const { store, vault } = room;
  const task = vault.index.openingTask(unit.id, request.taskId);
  const body = vault.index.body(JSON.stringify(request));
  const known = await again(room, task, body);
  if (known !== undefined) return known;
  const fault = await faultOf(room, unit, request);
  if (fault !== undefined) return refused(fault);
  const offices = await appoint(room, request);
  if (!offices.ok) return offices;
  const id = newId('opn', room.random);
  const dealt = request.keyModel === 'bidder' ? null : await deal(room, id, request, offices.value);
  const made = rowsOf(room, unit, { request, offices: offices.value, id, dealt, task, body });
  const file: OpeningFile = {
    opening: openingOf(vault, made.opening),
    lots: made.lots.map((row, index) => ({ id: row.id, ...request.lots[index] }) as OpeningFile['lots'][number]),
    persons: made.persons.map((row) => personOf(vault, row)),
  };
  try {
    await store.tx(async (tx) => {
      await rows.insertOpening(tx, made);
      await announce(room, tx, file, 1, '');
      const actor = { kind: 'unit', id: unit.id, name: unit.name } as const;
      const facts = { opensAt: file.opening.opensAt, closesAt: file.opening.closesAt, keyModel: request.keyModel };
      await room.events.record(tx, {
        openingId: id,
        kind: 'opening.announced',
        actor,
        body: { ...facts, custodians: request.custodians.persons.length, threshold: made.opening.threshold },
        secrecy: 'public',
      });
      tx.notify(topicOf(id));
    });
  } catch (error) {
    // The same request was faster by another door; the key just dealt has never been used for anything.
    const first = isUniqueViolation(error) ? await again(room, task, body) : undefined;
    if (first === undefined) throw error;
    return first;
  }
  return ok(file);
}

async function again(room: Room, task: string, body: string): Promise<Result<OpeningFile> | undefined> {
  const row = await rows.openingByTask(room.store.read, task);
  if (row === undefined) return undefined;
  if (row.body_index !== body) return refused(refusal('TASK_CONFLICT'));
  const file = await readFile(room.vault, room.store.read, row.id);
  return file && ok(file);
}

async function faultOf(room: Room, unit: Unit, request: OpeningRequest) {
  const { opensAt, closesAt, orgcode, lots } = request;
  const now = room.clock.now();
  const invalid = (field: string, label: string, reason: string) => refusal('FIELD_INVALID', { field, label, reason });
  const platform = await room.relyingParties.platform(room.store.read, unit.id, orgcode);
  if (platform?.status !== 'active') return refusal('PLATFORM_UNKNOWN', { orgcode });
  if (opensAt <= now) return invalid('opensAt', '开标时间', `应晚于现在（北京时间 ${beijingDateTime(now)}）`);
  if (closesAt > opensAt) return invalid('closesAt', '投标截止时间', '不能晚于开标时间');
  if (closesAt <= now) return invalid('closesAt', '投标截止时间', '应晚于现在');
  const codes = new Set(lots.map((lot) => lot.code));
  return codes.size === lots.length ? undefined : invalid('lots', '标段', '标段编号重复');
}

function deal({ processes }: Room, opening: string, request: OpeningRequest, offices: readonly Office[]) {
  const custodians = request.custodians.persons.map((_, index) => {
    const [first, ...others] = ofSeat(offices, index + 1).map((office) => derOf(office));
    return { id: seatName(index + 1), certificate: first ?? '', deputies: others };
  });
  return processes.runDealer({ opening, threshold: request.custodians.needed, custodians });
}

const derOf = ({ encryptionCertificate }: Office): string =>
  encryptionCertificate === null ? '' : base64(encryptionCertificate.der);

/** The custodian first, then his deputies, in the order of the request: the order of a dealt seat's wraps. */
const ofSeat = (offices: readonly Office[], seat: number): Office[] =>
  offices.filter((office) => office.seat === seat && (office.role === 'custodian' || office.role === 'deputy'));

interface Making {
  readonly request: OpeningRequest;
  readonly offices: readonly Office[];
  readonly id: string;
  readonly dealt: Dealing | null;
  readonly task: string;
  readonly body: string;
}

function rowsOf(room: Room, unit: Unit, { request, offices, id, dealt, task, body }: Making) {
  const { vault, random, clock } = room;
  const now = clock.now();
  const { taskId, title, number, tenderer, agency, place, rules } = request;
  const terms: Terms = { taskId, title, number, tenderer, agency, place, rules };
  const opening: OpeningTable = {
    id,
    unit_id: unit.id,
    orgcode: request.orgcode,
    task_index: task,
    body_index: body,
    terms_sealed: vault.seal('opening', id, 'terms_sealed', terms),
    state: 'announced',
    version: 1,
    closes_at: request.closesAt,
    opens_at: request.opensAt,
    window_ms: request.windowMs,
    window_ends_at: null,
    key_model: request.keyModel,
    threshold: request.keyModel === 'bidder' ? 0 : request.custodians.needed,
    recovery_threshold: request.keyModel === 'quorum' ? request.recovery.needed : 0,
    public_point: dealt?.openingKey ?? '',
    release_point: null,
    release_sealed: null,
    release_at: null,
    released_at: null,
    ended_at: null,
    created_at: now,
    updated_at: now,
  };
  const lots = request.lots.map((lot, index): OpeningLotTable => {
    const lotId = newId('lot', random);
    const record = vault.seal('opening_lot', lotId, 'record_sealed', { code: lot.code, name: lot.name });
    return {
      id: lotId,
      opening_id: id,
      lot_index: vault.index.lot(id, lot.code),
      record_sealed: record,
      place: index + 1,
    };
  });
  const persons = offices.map((office) => personRow(room, id, office, shareOf(offices, office, dealt), now));
  return { opening, lots, persons };
}

interface DealtShare extends ShareRecord {
  readonly commitment: string;
}

function shareOf(offices: readonly Office[], office: Office, dealt: Dealing | null): DealtShare | null {
  if (dealt === null || (office.role !== 'custodian' && office.role !== 'deputy')) return null;
  const share = dealt.shares.find((one) => one.custodian === seatName(office.seat));
  const place = ofSeat(offices, office.seat).indexOf(office);
  const wrapped = place === 0 ? share?.wrapped : share?.deputies[place - 1];
  if (share === undefined || wrapped === undefined) throw new HubError('INTERNAL', 'the dealer left a seat out');
  return { wrapped, nonce: dealt.nonce, commitment: share.sm3 };
}

function personRow(
  { vault, random }: Room,
  openingId: string,
  office: Office,
  share: DealtShare | null,
  now: number,
): OpeningPersonTable {
  const id = newId('psn', random);
  const record: PersonRecord = {
    name: office.name,
    signCertificate: base64(office.signCertificate.der),
    encryptionCertificate: office.encryptionCertificate && base64(office.encryptionCertificate.der),
  };
  return {
    id,
    opening_id: openingId,
    role: office.role,
    seat: office.seat,
    sign_index: vault.index.certificate(office.signCertificate.fingerprint),
    encrypt_index: office.encryptionCertificate === null ? '' : vault.index.key(office.encryptionCertificate),
    record_sealed: vault.seal('opening_person', id, 'record_sealed', record),
    share_sealed:
      share && vault.seal('opening_person', id, 'share_sealed', { wrapped: share.wrapped, nonce: share.nonce }),
    share_commitment: share?.commitment ?? null,
    test_sealed: null,
    checked_in_at: null,
    released_at: null,
    created_at: now,
  };
}
