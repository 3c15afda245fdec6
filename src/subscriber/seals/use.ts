import { beijingDate } from '#kernel/clock.ts';
import { type Refusal, refusal } from '#kernel/errors.ts';
import { newId } from '#kernel/ids.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { Tx } from '#store/store.ts';
import { BROUGHT } from './brought.ts';
import { isLive, stateRefusal } from './for-signer.ts';
import type { HeldSeal } from './held-seal.ts';
import { notInList } from './judge.ts';
import type { SealRoom } from './library.ts';
import * as rows from './repository.ts';

export interface SealUse {
  readonly seal: HeldSeal;
  readonly interactionId: string;
  readonly unitId: string;
  readonly certificate: Certificate;
  /** SM3 of the document that results, lower hex. */
  readonly documentSm3: string;
  readonly places: number;
}

/** One statement decides and counts, so that a suspension of the same moment comes before it or after it, never beside it. */
export async function claimUse(room: SealRoom, tx: Tx, use: SealUse): Promise<Result<void>> {
  const { clock, gm, journal, random, seals } = room;
  const { seal, unitId, interactionId, certificate, documentSm3, places } = use;
  const at = clock.now();
  const certificateIndex = seals.index.certificate(certificate.fingerprint);
  const named = seal.seal === null ? null : notInList(gm, seal.seal, certificate);
  if (named !== null) return refused(named);
  if (seal.source === 'vendor') {
    const why = await whyNotBrought(room, tx, use, at);
    if (why !== null) return refused(why);
  } else if (!(await rows.countUse(tx, { sealId: seal.id, unitId, certificateIndex, at }))) {
    return refused(await whyNot(tx, seal.id, unitId, at));
  }
  const tail = tailOf(certificate);
  await rows.insertUse(tx, {
    ...{ id: newId('use', random), seal_id: seal.id, unit_id: unitId, interaction_id: interactionId },
    ...{ certificate_index: certificateIndex, tail, document_sm3: documentSm3, places, at },
  });
  const body = { seal: seal.id, tail, document: documentSm3, places };
  await journal.append(tx, { kind: 'seal.used', unitId, interactionId, body });
  return ok(undefined);
}

async function whyNotBrought({ seals }: SealRoom, tx: Tx, use: SealUse, at: number): Promise<Refusal | null> {
  const { seal, validTo } = use.seal;
  if (validTo !== null && validTo < at) return refusal('SEAL_EXPIRED', { date: beijingDate(validTo) });
  if (seal === null || !use.seal.id.startsWith(BROUGHT)) return refusal('SEAL_UNKNOWN');
  const kept = await rows.sealsWithContent(tx, [seals.index.content(use.seal.id.slice(BROUGHT.length))]);
  return stateRefusal(kept.filter((row) => row.unit_id === use.unitId));
}

async function whyNot(tx: Tx, sealId: string, unitId: string, at: number): Promise<Refusal> {
  const row = await rows.sealById(tx, sealId);
  if (row === undefined) return refusal('SEAL_UNKNOWN');
  const own = (await rows.sealsWithContent(tx, [row.content_index])).filter(
    (one) => one.unit_id === unitId && one.owner_index === row.owner_index,
  );
  const state = stateRefusal([row, ...own]);
  if (state !== null) return state;
  if (!isLive(row)) return refusal('SEAL_REPLACED');
  if (row.valid_to !== null && row.valid_to < at) return refusal('SEAL_EXPIRED', { date: beijingDate(row.valid_to) });
  if (row.valid_from !== null && row.valid_from > at)
    return refusal('SEAL_NOT_YET_VALID', { date: beijingDate(row.valid_from) });
  return refusal('SEAL_NOT_YOURS');
}
