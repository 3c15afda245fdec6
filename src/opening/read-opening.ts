import type { OpeningPersonTable, OpeningTable } from '#store/schema-opening.ts';
import type { Handle } from '#store/store.ts';
import type { Lot, Opening, OpeningFile, Person, Terms } from './opening.ts';
import * as rows from './repository.ts';
import type { Vault } from './vault.ts';

export interface PersonRecord {
  readonly name: string;
  /** Base64 DER. */
  readonly signCertificate: string;
  readonly encryptionCertificate: string | null;
}

/** A share as it lies in the database: wrapped for its holder, with the nonce of its commitment. */
export interface ShareRecord {
  /** Base64. */
  readonly wrapped: string;
  readonly nonce: string;
}

export const openingOf = (vault: Vault, row: OpeningTable): Opening => ({
  id: row.id,
  unitId: row.unit_id,
  orgcode: row.orgcode,
  terms: vault.open<Terms>('opening', row.id, 'terms_sealed', row.terms_sealed),
  state: row.state,
  version: row.version,
  closesAt: row.closes_at,
  opensAt: row.opens_at,
  windowMs: row.window_ms,
  windowEndsAt: row.window_ends_at,
  keyModel: row.key_model,
  threshold: row.threshold,
  recoveryThreshold: row.recovery_threshold,
  publicPoint: row.public_point,
  releasePoint: row.release_point,
  releaseBeganAt: row.release_at,
  releasedAt: row.released_at,
  endedAt: row.ended_at,
  createdAt: row.created_at,
});

export function personOf(vault: Vault, row: OpeningPersonTable): Person {
  const record = vault.open<PersonRecord>('opening_person', row.id, 'record_sealed', row.record_sealed);
  return {
    id: row.id,
    role: row.role,
    seat: row.seat,
    name: record.name,
    signCertificate: vault.certificate(record.signCertificate),
    encryptionCertificate:
      record.encryptionCertificate === null ? null : vault.certificate(record.encryptionCertificate),
    checkedInAt: row.checked_in_at,
    releasedAt: row.released_at,
  };
}

export const readOpening = async (vault: Vault, h: Handle, id: string): Promise<Opening | undefined> => {
  const row = await rows.findOpening(h, id);
  return row === undefined ? undefined : openingOf(vault, row);
};

export const readLots = async (vault: Vault, h: Handle, id: string): Promise<Lot[]> =>
  (await rows.lotsOf(h, id)).map((row) => ({
    id: row.id,
    ...vault.open<{ code: string; name: string }>('opening_lot', row.id, 'record_sealed', row.record_sealed),
  }));

export const readPersons = async (vault: Vault, h: Handle, id: string): Promise<Person[]> =>
  (await rows.personsOf(h, id)).map((row) => personOf(vault, row));

export async function readFile(vault: Vault, h: Handle, id: string): Promise<OpeningFile | undefined> {
  const opening = await readOpening(vault, h, id);
  if (opening === undefined) return undefined;
  return { opening, lots: await readLots(vault, h, id), persons: await readPersons(vault, h, id) };
}
