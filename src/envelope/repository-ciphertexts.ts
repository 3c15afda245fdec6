import type { CiphertextTable, EncryptionTable } from '#store/schema-envelope.ts';
import type { Handle, Tx } from '#store/store.ts';

export const encryptionOf = (h: Handle, taskIndex: string): Promise<EncryptionTable | undefined> =>
  h.db.selectFrom('encryption').selectAll().where('task_index', '=', taskIndex).executeTakeFirst();

/** Of the given task indexes those that exist, by unit. */
export async function unitsWithTask(h: Handle, taskIndexes: readonly string[]): Promise<string[]> {
  if (taskIndexes.length === 0) return [];
  const rows = await h.db
    .selectFrom('encryption')
    .select('unit_id')
    .where('task_index', 'in', [...taskIndexes])
    .execute();
  return rows.map((row) => row.unit_id);
}

export const insertEncryption = (tx: Tx, row: EncryptionTable): Promise<unknown> =>
  tx.db.insertInto('encryption').values(row).execute();

/** Of a task that came to nothing, and has no ciphertext. */
export const deleteEncryption = (tx: Tx, taskIndex: string): Promise<unknown> =>
  tx.db.deleteFrom('encryption').where('task_index', '=', taskIndex).execute();

export async function insertCiphertext(tx: Tx, row: CiphertextTable, certificateIds: readonly string[]): Promise<void> {
  await tx.db.insertInto('ciphertext').values(row).execute();
  const recipients = certificateIds.map((certificate_id) => ({ ciphertext_id: row.id, certificate_id }));
  if (recipients.length > 0) await tx.db.insertInto('ciphertext_recipient').values(recipients).execute();
}

export type RememberedCiphertext = CiphertextTable & { readonly certificateIds: readonly string[] };

/** The ciphertext of this keyed hash, with whom it is for. */
export async function ciphertextByHash(h: Handle, hashIndex: string): Promise<RememberedCiphertext | undefined> {
  const row = await h.db.selectFrom('ciphertext').selectAll().where('hash_index', '=', hashIndex).executeTakeFirst();
  if (row === undefined) return undefined;
  const recipients = await h.db
    .selectFrom('ciphertext_recipient')
    .select('certificate_id')
    .where('ciphertext_id', '=', row.id)
    .orderBy('certificate_id')
    .execute();
  return { ...row, certificateIds: recipients.map((one) => one.certificate_id) };
}

export const ciphertextById = (h: Handle, id: string): Promise<CiphertextTable | undefined> =>
  h.db.selectFrom('ciphertext').selectAll().where('id', '=', id).executeTakeFirst();

/** Has the hub ever given out a ciphertext under this content key? */
export async function keyIsKnown(h: Handle, keyIndex: string): Promise<boolean> {
  const row = await h.db.selectFrom('ciphertext').select('id').where('key_index', '=', keyIndex).executeTakeFirst();
  return row !== undefined;
}

export const markOpened = (tx: Tx, id: string, at: number): Promise<unknown> =>
  tx.db.updateTable('ciphertext').set({ opened_at: at }).where('id', '=', id).where('opened_at', 'is', null).execute();

/** Ciphertexts for one of these certificates that nobody has opened yet. */
export async function unopenedFor(h: Handle, certificateIds: readonly string[], since: number): Promise<number> {
  if (certificateIds.length === 0) return 0;
  const row = await h.db
    .selectFrom('ciphertext_recipient')
    .innerJoin('ciphertext', 'ciphertext.id', 'ciphertext_recipient.ciphertext_id')
    .select((e) => e.fn.count<number | string>('ciphertext.id').distinct().as('count'))
    .where('ciphertext_recipient.certificate_id', 'in', [...certificateIds])
    .where('ciphertext.opened_at', 'is', null)
    .where('ciphertext.created_at', '>=', since)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}
