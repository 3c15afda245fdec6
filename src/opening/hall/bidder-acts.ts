import { base64, fromBase64 } from '#kernel/bytes.ts';
import { refusal } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import { capsuleOf, wrapsOfCapsule } from '../capsules.ts';
import { rehearsals } from '../rehearsal.ts';
import { findCapsule } from '../repository-capsules.ts';
import { mayDo, ownBids, running } from './may.ts';
import { isOpened, pictureOf } from './picture.ts';
import * as rows from './repository.ts';
import type { Hall } from './room.ts';
import type { Seat } from './seat.ts';
import { whoMay } from './who.ts';

/** A random value wrapped to a certificate that a sealed file of this bidder needs. */
export interface RehearsalTest {
  /** `<capsule>/<rehearsal>/<wrap>` */
  readonly id: string;
  readonly wrapped: string;
  readonly certificate: Certificate;
}

export interface RewrapTask {
  /** `<capsule>/<wrap>` */
  readonly offer: string;
  readonly wrapped: string;
  readonly old: Certificate;
  readonly new: Certificate;
  readonly text: string;
}

/** More files than a bid has; a rehearsal is of keys, not of files. */
const MOST_FILES = 50;

/**
 * 开标前自检 (looks: 演练): one test for each key that his sealed files need; the files are not touched. Refuses CAPSULE_UNKNOWN to whom has sealed nothing here, which
 * tells nobody but himself.
 */
export async function rehearse(hall: Hall, seat: Seat): Promise<Result<readonly RehearsalTest[]>> {
  const own = await sealedOf(hall, seat, 'rehearse');
  if (!own.ok) return own;
  const covered = new Set<string>();
  const tests: RehearsalTest[] = [];
  for (const capsuleId of own.value) {
    const begun = await hall.openings.beginRehearsal(capsuleId);
    if (!begun.ok) return begun;
    for (const { id, wrapped, certificate } of begun.value.wraps) {
      if (covered.has(certificate)) continue;
      covered.add(certificate);
      const read = hall.room.vault.certificate(certificate);
      tests.push({ id: `${capsuleId}/${begun.value.id}/${id}`, wrapped, certificate: read });
    }
  }
  return ok(tests);
}

/** What the key gave back; answers the tests that it passed. */
export async function rehearsed(
  hall: Hall,
  seat: Seat,
  results: readonly { readonly id: string; readonly key: string }[],
): Promise<Result<readonly string[]>> {
  const own = await sealedOf(hall, seat, 'rehearse');
  if (!own.ok) return own;
  const passed: string[] = [];
  for (const { id, key } of results) {
    const [capsuleId = '', rehearsal = '', wrap = ''] = id.split('/');
    const value = fromBase64(key);
    if (value === undefined || !own.value.includes(capsuleId)) continue;
    const done = await hall.openings.finishRehearsal(capsuleId, rehearsal, { wrap, value });
    if (done.ok) passed.push(id);
    else if (done.refusal.code !== 'REHEARSAL_FAILED') return done;
  }
  return passed.length === 0 ? refused(refusal('REHEARSAL_FAILED')) : ok(passed);
}

/** The newest 自检 of any of his files; null: none yet. */
export async function lastRehearsal(hall: Hall, seat: Seat) {
  const own = await sealedOf(hall, seat, 'rehearse');
  if (!own.ok) return null;
  const facts = await Promise.all(
    own.value.map((id) => rehearsals(hall.store.read, id).then(([first]) => first && { ...first, id })),
  );
  const [last] = facts.flatMap((fact) => fact ?? []).sort((a, b) => b.at - a.at);
  if (last === undefined) return null;
  const wraps = await wrapsOfCapsule(hall.room, hall.store.read, last.id);
  const certificate = wraps.find(({ wrap }) => wrap.id === last.wrapId)?.certificate;
  const ok = last.verdict === 'good';
  return {
    at: last.at,
    ok,
    tail: certificate == null ? '' : tailOf(hall.room.vault.certificate(certificate)),
    sentence: ok ? '自检通过，届时可用此证书解密。' : '自检未通过：这把密钥打不开您的文件，请改用密封时的证书再试。',
  };
}

/** What the old key can wrap again for the certificate that the bidder has now; empty when his files are wrapped to it already. */
export async function rewraps(hall: Hall, seat: Seat): Promise<Result<readonly RewrapTask[]>> {
  const own = await sealedOf(hall, seat, 'rewrap');
  if (!own.ok) return own;
  const present = await presentCertificate(hall, seat);
  if (present === undefined) return ok([]);
  const tasks: RewrapTask[] = [];
  for (const capsuleId of own.value) {
    const offer = await hall.openings.beginRewrap(capsuleId, base64(present.der));
    if (!offer.ok) continue;
    const certificates = offer.value.wraps.map((wrap) => hall.room.vault.certificate(wrap.certificate));
    // One that holds the present key already needs nothing.
    if (certificates.some((certificate) => certificate.fingerprint === present.fingerprint)) continue;
    const last = offer.value.wraps.at(-1);
    const old = certificates.at(-1);
    if (last === undefined || old === undefined) continue;
    tasks.push({ offer: `${capsuleId}/${last.id}`, wrapped: last.wrapped, old, new: present, text: last.text });
  }
  return ok(tasks);
}

export async function rewrapped(
  hall: Hall,
  seat: Seat,
  done: { offer: string; wrapped: string; signature: string; certificate: string },
): Promise<Result<void>> {
  const own = await sealedOf(hall, seat, 'rewrap');
  if (!own.ok) return own;
  const present = await presentCertificate(hall, seat);
  const [capsuleId = '', wrap = ''] = done.offer.split('/');
  const unknown = refused(refusal('CAPSULE_UNKNOWN'));
  if (present === undefined || !own.value.includes(capsuleId)) return unknown;
  const fresh = base64(present.der);
  const offer = await hall.openings.beginRewrap(capsuleId, fresh);
  const text = offer.ok ? offer.value.wraps.find((one) => one.id === wrap)?.text : undefined;
  if (text === undefined) return unknown;
  const { wrapped, signature, certificate: signedBy } = done;
  const reply = { wrap, wrapped, text, signature, signedBy };
  const taken = await hall.openings.finishRewrap(capsuleId, fresh, reply);
  return taken.ok ? ok(undefined) : taken;
}

/** A decryption page for all his files that are still closed. */
export async function decryptPage(hall: Hall, seat: Seat): Promise<Result<{ url: string }>> {
  const picture = await pictureOf(hall, seat.openingId);
  const not = refused(refusal('HALL_NOT_YOURS', { who: whoMay('decrypt') }));
  if (picture === undefined || !mayDo(seat, picture).some((may) => may.act === 'decrypt')) return not;
  const { opening } = picture.file;
  const { relyingParties, store, openings, envelopes } = hall;
  const files = running(ownBids(seat, picture.bids), picture)
    .flatMap((bid) => bid.files)
    .filter((file) => !isOpened(file));
  const [first] = files;
  if (first === undefined) return not;
  // A bidder who sealed through two trading systems opens through one at a time.
  const { unitId, orgcode } = first.record;
  const unit = await relyingParties.unit(store.read, unitId);
  const platform = await relyingParties.platform(store.read, unitId, orgcode);
  if (unit === undefined || platform === undefined) return refused(refusal('PLATFORM_UNKNOWN', { orgcode }));
  const items = [];
  for (const file of files.filter((one) => one.record.unitId === unitId && one.record.orgcode === orgcode)) {
    const item = await openings.port.get(store.read, unitId, file.capsuleId);
    if (!item.ok) return item;
    items.push(item.value);
  }
  const taskId = `hall/${opening.id}/${seat.id}`;
  const opened = await envelopes.openCapsules(unit, platform, { taskId, capsules: items });
  return opened.ok ? ok({ url: opened.value.pageUrl }) : opened;
}

/** Sealed capsules of this seat's own company, while it may do such a thing at all. */
async function sealedOf(hall: Hall, seat: Seat, act: 'rehearse' | 'rewrap'): Promise<Result<readonly string[]>> {
  const picture = await pictureOf(hall, seat.openingId);
  if (seat.bidder === null || picture === undefined || !mayDo(seat, picture).some((may) => may.act === act))
    return refused(refusal('HALL_NOT_YOURS', { who: whoMay(act) }));
  const { subscriberId } = seat.bidder;
  const ids = await rows.sealedOfSubscriber(hall.store.read, seat.openingId, subscriberId);
  const own: string[] = [];
  for (const id of ids.slice(0, MOST_FILES)) {
    const row = await findCapsule(hall.store.read, id);
    if (row !== undefined && capsuleOf(hall.room, row).record.subscriberId === subscriberId) own.push(id);
  }
  return own.length === 0 ? refused(refusal('CAPSULE_UNKNOWN')) : ok(own);
}

/** The encryption certificate beside the one he sits here with. */
async function presentCertificate(hall: Hall, seat: Seat): Promise<Certificate | undefined> {
  const file = await hall.openings.file(hall.store.read, seat.openingId);
  const unit = file && (await hall.relyingParties.unit(hall.store.read, file.opening.unitId));
  if (unit === undefined) return undefined;
  const certificate = hall.room.vault.certificate(seat.certificate);
  const enrolled = await hall.subscribers.findForLogin(hall.store.read, unit, certificate);
  return enrolled.ok ? enrolled.value.encryptionCertificate : undefined;
}
