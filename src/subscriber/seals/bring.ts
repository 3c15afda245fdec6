import type { Journal } from '#audit/journal.ts';
import type { Clock } from '#kernel/clock.ts';
import { newId } from '#kernel/ids.ts';
import type { Random } from '#kernel/random.ts';
import { type Certificate, tailOf } from '#pki/certificate.ts';
import type { Tx } from '#store/store.ts';
import type { SealMaterial } from './material.ts';
import * as rows from './repository.ts';
import type { SealVault } from './vault.ts';

/** What writing seals takes. */
export interface SealDesk {
  readonly seals: SealVault;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

export const POWERS = ['manage', 'use', 'audit'] as const;
export type Power = (typeof POWERS)[number];

/**
 * The seal that a unit sends along with a key (userSynchro, changeCert) becomes that key's seal in the library; null: it sends none (any more). A seal that was
 * suspended or revoked stays so however often it is sent, and a power that a person withdrew stays withdrawn.
 */
export async function bringSeal(
  desk: SealDesk,
  tx: Tx,
  brought: {
    readonly unitId: string;
    readonly enrolmentId: string;
    readonly ownerIndex: string;
    readonly certificate: Certificate;
    readonly material: SealMaterial | null;
  },
): Promise<void> {
  const { seals, clock, journal } = desk;
  const { unitId, enrolmentId, ownerIndex, certificate, material } = brought;
  const before = (await rows.enrolmentSeal(tx, enrolmentId))?.seal_id ?? null;
  const now = material === null ? null : (await keepSeal(desk, tx, { unitId, ownerIndex, material })).id;
  if (now === before) return;
  const certificateIndex = seals.index.certificate(certificate.fingerprint);
  const at = clock.now();
  if (before !== null) await rows.withdrawPower(tx, { sealId: before, certificateIndex }, { at, who: 'enrolment' });
  await rows.setEnrolmentSeal(tx, enrolmentId, now);
  if (now !== null) {
    await rows.givePowers(
      tx,
      POWERS.map((power) => ({
        ...{ seal_id: now, certificate_index: certificateIndex, power, tail: tailOf(certificate) },
        ...{ given_by: 'enrolment' as const, given_at: at, withdrawn_at: null, withdrawn_by: null },
      })),
    );
  }
  const body = { enrolment: enrolmentId, seal: now, before, tail: tailOf(certificate) };
  await journal.append(tx, { kind: 'seal.synchronised', unitId, body });
}

/** The seal's row, made where this unit has none of this content for this owner yet. */
export async function keepSeal(
  { seals, clock, random }: SealDesk,
  tx: Tx,
  kept: { readonly unitId: string; readonly ownerIndex: string; readonly material: SealMaterial },
): Promise<{ readonly id: string; readonly fresh: boolean; readonly registered: boolean }> {
  const { unitId, ownerIndex, material } = kept;
  const contentIndex = seals.index.content(material.sm3);
  const known = await rows.sealOfUnit(tx, unitId, ownerIndex, contentIndex);
  if (known !== undefined) return { id: known.id, fresh: false, registered: known.registered === 1 };
  const id = newId('sel', random);
  const at = clock.now();
  await rows.insertSeal(tx, {
    ...{ id, unit_id: unitId, owner_index: ownerIndex, content_index: contentIndex },
    content_sealed: seals.sealContent(id, material.content),
    facts_sealed: seals.sealFacts(id, material.facts),
    ...{ registered: 0, state: 'active' as const, reason_sealed: '', uses: 0, version: 1 },
    ...{ valid_from: material.validFrom, valid_to: material.validTo, created_at: at, updated_at: at },
  });
  return { id, fresh: true, registered: false };
}
