import type { Secret } from '#kernel/secret.ts';
import { prepared } from '#store/prepared.ts';
import type { Handle } from '#store/store.ts';
import type { Platform, Unit } from './party.ts';
import { listAllPlatforms, listAllSecrets, listUnits } from './repository.ts';

/** Everything registered, as of one version of the tables. */
export interface PartySnapshot {
  readonly version: number;
  readonly units: ReadonlyMap<string, Unit>;
  platformsOf(unitId: string): readonly Platform[];
  platform(unitId: string, orgcode: string): Platform | undefined;
  /** Oldest first. */
  liveSecretsOf(unitId: string): readonly Secret<string>[];
}

type OpenSecret = (id: string, sealed: string) => Secret<string>;

const present = prepared((db) => db.selectFrom('party_version').select('version').where('id', '=', 1));

/**
 * The snapshot as of now: kept while the number that every change raises (migration 0006) stays the same. Asked each time, so a suspension holds from its
 * own commit on; inside a transaction its own changes count too.
 */
export function createPartySnapshots(openSecret: OpenSecret): (h: Handle) => Promise<PartySnapshot> {
  let kept: PartySnapshot | undefined;
  return async (h) => {
    const version = (await present.first(h, {}))?.version ?? Number.NaN; // equal to nothing: then nothing is kept
    if (kept?.version === version) return kept;
    const fresh = await readSnapshot(h, version, openSecret);
    if (!('tx' in h)) kept = fresh; // what a transaction sees may be rolled back
    return fresh;
  };
}

async function readSnapshot(h: Handle, version: number, openSecret: OpenSecret): Promise<PartySnapshot> {
  const units = new Map((await listUnits(h)).map((unit) => [unit.id, unit]));
  const platforms = Map.groupBy(await listAllPlatforms(h), (platform) => platform.unitId);
  const byOrgcode = new Map([...platforms.values()].flat().map((one) => [`${one.unitId} ${one.orgcode}`, one]));
  const live = Map.groupBy(
    (await listAllSecrets(h)).filter((secret) => secret.status === 'live'),
    (secret) => secret.unitId,
  );
  /** Opened when first asked for: one that does not open is the trouble of its own unit alone. */
  const opened = new Map<string, readonly Secret<string>[]>();
  const liveSecretsOf = (unitId: string): readonly Secret<string>[] => {
    const known = opened.get(unitId);
    if (known !== undefined) return known;
    const secrets = (live.get(unitId) ?? []).map(({ id, sealed }) => openSecret(id, sealed));
    if (secrets.length > 0) opened.set(unitId, secrets);
    return secrets;
  };
  return {
    version,
    units,
    platformsOf: (unitId) => platforms.get(unitId) ?? [],
    platform: (unitId, orgcode) => byOrgcode.get(`${unitId} ${orgcode}`),
    liveSecretsOf,
  };
}
