import { refusal, sentence } from '#kernel/errors.ts';
import { ok, type Result, refused } from '#kernel/result.ts';
import type { Unit } from '#relying-party/party.ts';
import type { Handle } from '#store/store.ts';
import { plainCode } from '../texts.ts';
import type { SealFacts } from './facts.ts';
import { isLive } from './for-signer.ts';
import { pictureFault } from './judge.ts';
import type { SealRoom } from './library.ts';
import * as rows from './repository.ts';

/** A seal as those who keep it see it; times in UTC ms. */
export interface SealFile {
  readonly id: string;
  readonly unitId: string;
  readonly kind: SealFacts['kind'];
  /** Personal for a person's seal. */
  readonly name: string;
  readonly source: 'registered' | 'synchronised';
  /** `replaced`: no active enrolment brings it any more. */
  readonly state: 'active' | 'suspended' | 'revoked' | 'replaced';
  /** As said by whoever changed the state; '' for none. */
  readonly reason: string;
  readonly validFrom: number | null;
  readonly validTo: number | null;
  /** Millimetres. */
  readonly width: number;
  readonly height: number;
  readonly ses: SealFacts['ses'];
  /** Why its picture cannot be used, as a sentence; null: it can. */
  readonly fault: string | null;
  readonly powers: readonly SealPowerFact[];
  readonly uses: number;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SealPowerFact {
  readonly power: 'manage' | 'use' | 'audit';
  /** Last four of the certificate's serial; '' where the seal names it by digest only. */
  readonly tail: string;
  readonly givenBy: 'maker' | 'enrolment' | 'grant';
  readonly givenAt: number;
  readonly withdrawnAt: number | null;
}

const PAGE = 100;

export async function listSeals(
  room: SealRoom,
  h: Handle,
  unit: Unit | null,
  filter: { readonly unitCode?: string; readonly after?: string },
): Promise<SealFile[]> {
  const found = await rows.sealsOf(h, {
    limit: PAGE,
    ...(unit !== null && { unitId: unit.id }),
    ...(filter.unitCode !== undefined && { ownerIndex: room.seals.index.owner(plainCode(filter.unitCode)) }),
    ...(filter.after !== undefined && { after: filter.after }),
  });
  return Promise.all(found.map((row) => sealFile(room, h, row)));
}

export async function showSeal(room: SealRoom, h: Handle, unit: Unit | null, id: string): Promise<Result<SealFile>> {
  const row = await rows.sealById(h, id, unit?.id);
  return row === undefined ? refused(refusal('SEAL_UNKNOWN')) : ok(await sealFile(room, h, row));
}

export async function sealFile({ seals }: SealRoom, h: Handle, row: rows.VisibleSeal): Promise<SealFile> {
  const facts = seals.openFacts(row);
  const fault = pictureFault(facts);
  return {
    ...{ id: row.id, unitId: row.unit_id, kind: facts.kind, name: facts.name },
    source: row.registered === 1 ? 'registered' : 'synchronised',
    state: row.state === 'active' && !isLive(row) ? 'replaced' : row.state,
    reason: seals.openReason(row),
    ...{ validFrom: row.valid_from, validTo: row.valid_to },
    ...{ width: facts.width, height: facts.height, ses: facts.ses },
    fault: fault && sentence(fault),
    powers: (await rows.powersOf(h, row.id)).map((one) => ({
      ...{ power: one.power, tail: one.tail, givenBy: one.given_by },
      ...{ givenAt: one.given_at, withdrawnAt: one.withdrawn_at },
    })),
    ...{ uses: row.uses, version: row.version, createdAt: row.created_at, updatedAt: row.updated_at },
  };
}
