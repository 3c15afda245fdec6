import type { PlatformTable, UnitSecretTable, UnitTable } from '#store/schema.ts';
import type { Handle, Tx } from '#store/store.ts';
import type { Platform, SecretInfo, Unit } from './party.ts';
import { storedProfile } from './profile.ts';

/** Rows of `unit`, `unit_secret` and `platform`, and nothing of policy. */

const toUnit = (row: UnitTable): Unit => ({
  id: row.id,
  name: row.name,
  status: row.status,
  profile: storedProfile.parse(JSON.parse(row.profile)),
});

const toPlatform = (row: PlatformTable): Platform => ({
  unitId: row.unit_id,
  orgcode: row.orgcode,
  name: row.name,
  status: row.status,
  callbackBase: row.callback_base,
  callbackPaths: JSON.parse(row.callback_paths) as Record<string, string>,
  returnUrls: JSON.parse(row.return_urls) as string[],
  homeUrl: row.home_url,
  publicUrl: row.public_url,
  origins: JSON.parse(row.origins) as string[],
  privateRanges: JSON.parse(row.private_ranges) as string[],
});

const platformColumns = (platform: Platform) => ({
  name: platform.name,
  status: platform.status,
  callback_base: platform.callbackBase,
  callback_paths: JSON.stringify(platform.callbackPaths),
  return_urls: JSON.stringify(platform.returnUrls),
  home_url: platform.homeUrl,
  public_url: platform.publicUrl,
  origins: JSON.stringify(platform.origins),
  private_ranges: JSON.stringify(platform.privateRanges),
});

export async function findUnit(h: Handle, id: string): Promise<Unit | undefined> {
  const row = await h.db.selectFrom('unit').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toUnit(row);
}

export async function listUnits(h: Handle): Promise<Unit[]> {
  const rows = await h.db.selectFrom('unit').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toUnit);
}

export async function insertUnit(tx: Tx, unit: Unit, fileKeySealed: string, now: number): Promise<void> {
  const row = { id: unit.id, name: unit.name, status: unit.status, profile: JSON.stringify(unit.profile) };
  await tx.db
    .insertInto('unit')
    .values({ ...row, file_key_sealed: fileKeySealed, created_at: now, updated_at: now })
    .execute();
}

export async function updateUnit(tx: Tx, unit: Unit, now: number): Promise<void> {
  await tx.db
    .updateTable('unit')
    .set({ name: unit.name, status: unit.status, profile: JSON.stringify(unit.profile), updated_at: now })
    .where('id', '=', unit.id)
    .execute();
}

export async function findFileKey(h: Handle, unitId: string): Promise<string | undefined> {
  const row = await h.db.selectFrom('unit').select('file_key_sealed').where('id', '=', unitId).executeTakeFirst();
  return row?.file_key_sealed;
}

type StoredSecret = SecretInfo & { readonly unitId: string; readonly sealed: string };

const toSecret = (row: UnitSecretTable): StoredSecret => ({
  id: row.id,
  unitId: row.unit_id,
  status: row.status,
  createdAt: row.created_at,
  retiredAt: row.retired_at,
  sealed: row.secret_sealed,
});

/** Oldest first. */
export async function listAllSecrets(h: Handle): Promise<StoredSecret[]> {
  const rows = await h.db.selectFrom('unit_secret').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toSecret);
}

/** Oldest first. */
export async function listSecrets(h: Handle, unitId: string): Promise<StoredSecret[]> {
  return (await listAllSecrets(h)).filter((secret) => secret.unitId === unitId);
}

export async function insertSecret(tx: Tx, id: string, unitId: string, sealed: string, now: number): Promise<void> {
  await tx.db
    .insertInto('unit_secret')
    .values({ id, unit_id: unitId, secret_sealed: sealed, status: 'live', created_at: now, retired_at: null })
    .execute();
}

export async function retireSecret(tx: Tx, id: string, now: number): Promise<void> {
  await tx.db.updateTable('unit_secret').set({ status: 'retired', retired_at: now }).where('id', '=', id).execute();
}

export async function findPlatform(h: Handle, unitId: string, orgcode: string): Promise<Platform | undefined> {
  const row = await h.db
    .selectFrom('platform')
    .selectAll()
    .where('unit_id', '=', unitId)
    .where('orgcode', '=', orgcode)
    .executeTakeFirst();
  return row && toPlatform(row);
}

export async function listAllPlatforms(h: Handle): Promise<Platform[]> {
  const rows = await h.db.selectFrom('platform').selectAll().orderBy('created_at').orderBy('orgcode').execute();
  return rows.map(toPlatform);
}

export async function insertPlatform(tx: Tx, platform: Platform, now: number): Promise<void> {
  const key = { unit_id: platform.unitId, orgcode: platform.orgcode };
  await tx.db
    .insertInto('platform')
    .values({ ...key, ...platformColumns(platform), created_at: now, updated_at: now })
    .execute();
}

export async function updatePlatform(tx: Tx, platform: Platform, now: number): Promise<void> {
  await tx.db
    .updateTable('platform')
    .set({ ...platformColumns(platform), updated_at: now })
    .where('unit_id', '=', platform.unitId)
    .where('orgcode', '=', platform.orgcode)
    .execute();
}
