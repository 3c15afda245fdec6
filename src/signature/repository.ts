import type { Selectable, Updateable } from 'kysely';
import type { SigningTable } from '#store/schema-signature.ts';
import type { Handle, Tx } from '#store/store.ts';

export type SigningRow = Selectable<SigningTable>;
export type SigningSet = Updateable<SigningTable>;

export async function insertSigning(tx: Tx, row: SigningRow): Promise<void> {
  await tx.db.insertInto('signing').values(row).execute();
}

export const findSigning = (h: Handle, interactionId: string): Promise<SigningRow | undefined> =>
  h.db.selectFrom('signing').selectAll().where('interaction_id', '=', interactionId).executeTakeFirst();

/** One conditional UPDATE; false: somebody wrote after `change` was read. `prepared`: and only while this signing still waits for its answer. */
export async function changeSigning(
  tx: Tx,
  expect: { readonly interactionId: string; readonly change: number; readonly prepared?: string },
  set: SigningSet,
): Promise<boolean> {
  let query = tx.db
    .updateTable('signing')
    .set(set)
    .set({ change: expect.change + 1 })
    .where('interaction_id', '=', expect.interactionId)
    .where('change', '=', expect.change);
  if (expect.prepared !== undefined) query = query.where('prepared_id', '=', expect.prepared);
  const { numUpdatedRows } = await query.executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * The plan alone, beside whatever else is being written: `change` stays, so that no signature fails for a seal that was moved. `revision`: only while nobody
 * has kept another since; left out: whatever the page has kept.
 */
export async function changePlan(
  tx: Tx,
  expect: { readonly interactionId: string; readonly version: number; readonly revision?: number },
  sealed: string | null,
): Promise<boolean> {
  const { interactionId, version, revision } = expect;
  let query = tx.db
    .updateTable('signing')
    .set({ plan_sealed: sealed, ...(revision !== undefined && { plan_revision: revision + 1 }) })
    .where('interaction_id', '=', interactionId)
    .where('version', '=', version);
  if (revision !== undefined) query = query.where('plan_revision', '=', revision);
  const { numUpdatedRows } = await query.executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** From here on the sweeper leaves these files alone. */
export async function keepFiles(tx: Tx, interactionId: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const rows = names.map((name) => ({ name, interaction_id: interactionId }));
  await tx.db.insertInto('signing_file').values(rows).execute();
}

export async function forgetFiles(tx: Tx, names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await tx.db
      .deleteFrom('signing_file')
      .where('name', 'in', [...names])
      .execute();
}

export async function filesOf(h: Handle, interactionId: string): Promise<string[]> {
  const rows = await h.db
    .selectFrom('signing_file')
    .select('name')
    .where('interaction_id', '=', interactionId)
    .execute();
  return rows.map(({ name }) => name);
}

/** Those of `names` that somebody still needs. */
export async function keptAmong(h: Handle, names: readonly string[]): Promise<Set<string>> {
  const kept = new Set<string>();
  for (let at = 0; at < names.length; at += 500) {
    const rows = await h.db
      .selectFrom('signing_file')
      .select('name')
      .where('name', 'in', names.slice(at, at + 500))
      .execute();
    for (const { name } of rows) kept.add(name);
  }
  return kept;
}

/** Interactions whose files' time is over. */
export async function withFilesUntil(h: Handle, now: number, limit: number): Promise<string[]> {
  const rows = await h.db
    .selectFrom('signing')
    .select('interaction_id')
    .where('files_until', '<=', now)
    .limit(limit)
    .execute();
  return rows.map(({ interaction_id }) => interaction_id);
}
