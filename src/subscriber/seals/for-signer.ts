import { HubError, type Refusal, refusal } from '#kernel/errors.ts';
import type { Certificate } from '#pki/certificate.ts';
import { type ESeal, parseSeal } from '#pki/ses.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import { isShared } from '../sharing.ts';
import type { SealFacts } from './facts.ts';
import type { HeldPicture, HeldSeal } from './held-seal.ts';
import { notInList, pictureFault, sealFault } from './judge.ts';
import type { SealRoom } from './library.ts';
import * as rows from './repository.ts';

/**
 * The same seal may stand in several units' libraries: a unit's own row decides at that unit, without one the strictest of the others' does (readings L28).
 * `id`: only this one.
 */
export async function forSigner(
  room: SealRoom,
  h: Handle,
  unit: Unit,
  certificate: Certificate,
  id?: string,
): Promise<HeldSeal[]> {
  const certificateIndex = room.seals.index.certificate(certificate.fingerprint);
  const mine = (await rows.sealsOfSigner(h, certificateIndex, id)).filter((row) => isVisible(unit, row) && isLive(row));
  const same = await rows.sealsWithContent(
    h,
    mine.map((row) => row.content_index),
  );
  const held: HeldSeal[] = [];
  const shown = new Set<string>();
  for (const row of sortOwnFirst(unit, mine)) {
    const key = `${row.owner_index} ${row.content_index}`;
    if (shown.has(key)) continue;
    const siblings = same.filter((one) => `${one.owner_index} ${one.content_index}` === key && isVisible(unit, one));
    const own = siblings.filter((one) => one.unit_id === unit.id && isLive(one));
    // This unit keeps the seal itself and gives this certificate no power over it: what other units give does not matter here.
    if (own.length > 0 && row.unit_id !== unit.id) continue;
    shown.add(key);
    held.push(await heldOf(room, h, unit, certificate, row, stateRefusal(own.length > 0 ? own : siblings)));
  }
  return held;
}

export const isVisible = (unit: Unit, row: Pick<rows.VisibleSeal, 'unit_id' | 'unit_profile'>): boolean =>
  row.unit_id === unit.id || (isShared(unit.profile) && isShared(row.unit_profile));

/** Registered, or brought by an enrolment that is active. */
export const isLive = (row: Pick<rows.VisibleSeal, 'registered' | 'brought_by'>): boolean =>
  row.registered === 1 || row.brought_by !== null;

const sortOwnFirst = (unit: Unit, found: readonly rows.VisibleSeal[]): rows.VisibleSeal[] =>
  [...found].sort((a, b) => Number(b.unit_id === unit.id) - Number(a.unit_id === unit.id));

export function stateRefusal(found: readonly Pick<rows.SealRow, 'state'>[]): Refusal | null {
  if (found.some(({ state }) => state === 'revoked')) return refusal('SEAL_REVOKED');
  return found.some(({ state }) => state === 'suspended') ? refusal('SEAL_SUSPENDED') : null;
}

async function heldOf(
  room: SealRoom,
  h: Handle,
  unit: Unit,
  certificate: Certificate,
  row: rows.VisibleSeal,
  state: Refusal | null,
): Promise<HeldSeal> {
  const { gm, seals, clock } = room;
  const facts = seals.openFacts(row);
  const content = seals.openContent(row.id, (await rows.contentOf(h, row.id)) ?? '');
  const common = {
    ...{ id: row.id, name: facts.name, validTo: row.valid_to },
    source: row.registered === 1 ? ('registered' as const) : ('synchronised' as const),
  };
  if (facts.kind === 'image') {
    const refused = unit.profile.seal === 'ses' ? refusal('SEAL_IMAGE_NOT_TAKEN') : null;
    const picture = pictureOf(facts, content);
    return { ...common, kind: 'image', picture, seal: null, refusal: state ?? pictureFault(facts) ?? refused };
  }
  const seal = parseSeal(gm, content);
  if (seal === undefined) throw new HubError('INTERNAL', `seal ${row.id} does not parse any more`);
  const judged = state ?? (await judgeFor(room, seal, facts, certificate, clock.now()));
  return { ...common, kind: 'ses', picture: pictureOf(facts, seal.picture.data), seal, refusal: judged };
}

/** Everything about a seal and the certificate that wants to use it. */
export async function judgeFor(
  room: Pick<SealRoom, 'gm' | 'makers'>,
  seal: ESeal,
  facts: SealFacts,
  certificate: Certificate,
  now: number,
): Promise<Refusal | null> {
  return notInList(room.gm, seal, certificate) ?? pictureFault(facts) ?? (await sealFault(room, seal, now));
}

export function pictureOf(facts: SealFacts, bytes: Uint8Array): HeldPicture {
  const { width, height } = facts;
  return facts.format === null
    ? { format: 'png', bytes: NOTHING, width, height }
    : { format: facts.format, bytes, width, height };
}

/** One transparent pixel. */
const NOTHING = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=',
  'base64',
);
