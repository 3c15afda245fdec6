import { hex } from '#kernel/bytes.ts';
import { newId } from '#kernel/ids.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Handle, Tx } from '#store/store.ts';
import { canonicalJson } from './capsule/canonical.ts';
import { type SignedRecord, signRecord } from './capsule/record.ts';
import type { Amendment, OpeningFile } from './opening.ts';
import { amendmentsOf, insertAmendment } from './repository-events.ts';
import type { Room } from './room.ts';

/**
 * What the hub says of an opening over its signature: number 1 the announcement, every later one an amendment that holds in its place. Append-only, so
 * that nobody can say afterwards that the time had been another.
 */
export async function announce(room: Room, tx: Tx, file: OpeningFile, number: number, reason: string): Promise<void> {
  const { gm, vault, signingKey, clock, random } = room;
  const id = newId('amd', random);
  const at = clock.now();
  const signed = await signRecord(gm, signingKey, { ...announcementOf(room, file), number, reason, at });
  await insertAmendment(tx, {
    id,
    opening_id: file.opening.id,
    number,
    record_sealed: vault.seal('opening_amendment', id, 'record_sealed', signed),
    signature: signed.signature,
    key_id: signed.key,
    created_at: at,
  });
}

function announcementOf({ publicUrl }: Room, { opening, lots, persons }: OpeningFile): JsonObject & { type: string } {
  return {
    type: 'opening-announcement',
    v: 1,
    hub: publicUrl,
    opening: opening.id,
    unit: opening.unitId,
    platform: opening.orgcode,
    title: opening.terms.title,
    projectCode: opening.terms.number,
    lots: lots.map(({ code, name }) => ({ code, name })),
    opensAt: opening.opensAt,
    closesAt: opening.closesAt,
    windowMs: opening.windowMs,
    keyModel: opening.keyModel,
    openingKey: opening.publicPoint === '' ? null : opening.publicPoint,
    threshold: opening.threshold,
    recoveryThreshold: opening.recoveryThreshold,
    persons: persons.map(({ role, seat, name, signCertificate, encryptionCertificate }) => ({
      role,
      seat,
      name,
      signCertificate: signCertificate.fingerprint,
      encryptionCertificate: encryptionCertificate?.fingerprint ?? null,
    })),
    rules: { ...opening.terms.rules, remedies: [...opening.terms.rules.remedies] },
  };
}

export interface SignedAmendment extends Amendment {
  readonly signed: SignedRecord;
}

/** Oldest first; the last one holds. */
export async function announcements({ vault }: Room, h: Handle, openingId: string): Promise<SignedAmendment[]> {
  return (await amendmentsOf(h, openingId)).map((row) => {
    const signed = vault.open<SignedRecord>('opening_amendment', row.id, 'record_sealed', row.record_sealed);
    const text = Buffer.from(canonicalJson(signed.record)).toString('utf8');
    const signature = hex(Buffer.from(signed.signature, 'base64'));
    return { number: row.number, text, signature, keyId: row.key_id, at: row.created_at, signed };
  });
}
